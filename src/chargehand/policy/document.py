"""A policy as people write it: named rules in order, for the organization and for projects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chargehand.domain.action import Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.member import DECIDERS, Role
from chargehand.domain.policy import Approvers, Cap, Hours

FORMAT: Final = 2


@dataclass(frozen=True, slots=True)
class ApproversPart:
    """What a document says about approvers; None is said by the defaults."""

    roles: frozenset[Role] | None = None
    members: frozenset[MemberId] | None = None
    quorum: int | None = None
    excludes_requester: bool | None = None

    def over(self, below: Approvers) -> Approvers:
        """The approvers, with what is left open filled in.

        Who is named at all replaces who was named below, roles and members together.
        """
        names_anybody = self.roles is not None or self.members is not None
        roles = self.roles or frozenset()
        members = self.members or frozenset()
        excludes = self.excludes_requester
        return Approvers(
            roles=roles if names_anybody else below.roles,
            members=members if names_anybody else below.members,
            quorum=self.quorum if self.quorum is not None else below.quorum,
            excludes_requester=excludes if excludes is not None else below.excludes_requester,
        )

    def to_json(self) -> JSONObject:
        """As it is stored; what is not said is left out."""
        said: dict[str, JSONValue] = {}
        if self.roles is not None:
            said["roles"] = sorted(role.value for role in self.roles)
        if self.members is not None:
            said["members"] = sorted(self.members)
        if self.quorum is not None:
            said["quorum"] = self.quorum
        if self.excludes_requester is not None:
            said["excludes_requester"] = self.excludes_requester
        return said


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule gives beside its mode, or what defaults fill in; None is not said."""

    approvers: ApproversPart | None = None
    caps: tuple[Cap, ...] | None = None
    hours: Hours | None = None

    def to_json(self) -> JSONObject:
        """As it is stored."""
        said: dict[str, JSONValue] = {}
        if self.approvers is not None:
            said["approvers"] = self.approvers.to_json()
        if self.caps is not None:
            said["caps"] = [
                {"scope": cap.scope.value, "most": cap.most, "per": per_text(cap.window_s)}
                for cap in self.caps
            ]
        if self.hours is not None:
            said["hours"] = self.hours.value
        return said


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """One rule; all of its conditions must hold, and one without any always does.

    Shape: `when` by the name of the condition, in the values of `conditions.py`.
    """

    name: str
    mode: Mode
    when: Mapping[str, JSONValue] = field(default_factory=dict)
    given: Given = field(default_factory=Given)

    def to_json(self) -> JSONObject:
        """As it is stored."""
        when = {"when": dict(self.when)} if self.when else {}
        return {"name": self.name, **when, "mode": self.mode.value, **self.given.to_json()}


@dataclass(frozen=True, slots=True)
class Section:
    """The rules of the organization, or of one project."""

    rules: tuple[WrittenRule, ...] = ()
    defaults: Given = field(default_factory=Given)

    def to_json(self) -> dict[str, JSONValue]:
        """As it is stored."""
        defaults = self.defaults.to_json()
        return {
            **({"defaults": defaults} if defaults else {}),
            "rules": [rule.to_json() for rule in self.rules],
        }


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A whole policy.

    Shape: `projects` by key, whose rules are asked before those of the organization; `cohorts` are
    named sets of members.
    """

    organization: Section = field(default_factory=Section)
    projects: Mapping[ProjectKey, Section] = field(default_factory=dict)
    cohorts: Mapping[str, frozenset[MemberId]] = field(default_factory=dict)

    def section(self, project: ProjectKey | None) -> Section:
        """The part for one project, None for the organization; empty where there is none."""
        if project is None:
            return self.organization
        return self.projects.get(project, Section())

    def to_json(self) -> JSONObject:
        """As it is stored and shown."""
        cohorts: dict[str, JSONValue] = {
            name: sorted(members) for name, members in sorted(self.cohorts.items())
        }
        projects: dict[str, JSONValue] = {
            key: one.to_json() for key, one in sorted(self.projects.items())
        }
        return {
            "format": FORMAT,
            **({"cohorts": cohorts} if cohorts else {}),
            **self.organization.to_json(),
            **({"projects": projects} if projects else {}),
        }


FALLBACK: Final = Approvers(DECIDERS)
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def per_text(window_s: int) -> str:
    """A window as people write it: `1h`, `90m`."""
    letter, size = next((letter, size) for letter, size in _UNITS if window_s % size == 0)
    return f"{window_s // size}{letter}"


def per_seconds(text: str) -> int | None:
    """A window in seconds; None where the text is none."""
    number, letter = text[:-1], text[-1:]
    size = dict(_UNITS).get(letter)
    if size is None or not number.isascii() or not number.isdigit() or len(number) > len("100000"):
        return None
    return int(number) * size or None
