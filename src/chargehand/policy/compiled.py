"""A policy document made ready to be asked many times; each version is made ready once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Final

from chargehand.domain.action import COMMENTS, ActionKind, Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.policy import Approvers, Hours, PolicyQuestion, Ruling, Trust
from chargehand.policy.conditions import BY_NAME, kinds_of
from chargehand.policy.document import FALLBACK, Given, PolicyDocument, WrittenRule
from chargehand.policy.generated import generated_name, mode_rule_of, with_generated
from chargehand.policy.modes import DEFAULT_RULE, NAMED_ONLY, ModeRule
from chargehand.policy.risks import RISK_OF
from chargehand.policy.sieves import Sieve, texts_of

_MOST_REMEMBERED: Final = 4_096
# What a rule is looked up by, so that nothing of it is left to be asked.
_LOOKED_UP: Final = frozenset({"kind", "risk", "project"})
ORGANIZATION: Final = "organization"
NOT_NAMED: Final = "what customers read, and a verdict on work, is auto only by its own name"
NOT_TRUSTED: Final = "whoever caused it is not known to be of the team"


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule as it was asked about an action.

    Shape: `unmet` is the first condition that did not hold, empty for the rule that decided;
    `fact` is what is known about it.
    """

    rule: str
    where: str
    unmet: str = ""
    fact: str = ""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule as it stands in one project, whichever kind is asked about.

    Shape: `names` are the conditions that are left once it was looked up.
    """

    rule: WrittenRule
    where: str
    kinds: frozenset[ActionKind]
    names: tuple[str, ...]
    given: Ruling
    not_named: Ruling
    not_trusted: Ruling


@dataclass(frozen=True, slots=True)
class RuledRule:
    """A rule with what it gives in a project, and the kinds it can decide about."""

    rule: WrittenRule
    given: Ruling
    kinds: frozenset[ActionKind]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A rule that can decide about one kind in one project, for the team and for others."""

    ready: _Ready
    ruling: Ruling
    untrusted: Ruling


@dataclass(frozen=True, slots=True)
class _Asked:
    """The rules about one kind in one project.

    Shape: one sieve for each condition, with the bits of the rules that have it, and of those that
    have not; those that decide about most rules come first.
    """

    candidates: tuple[_Candidate, ...]
    sieves: tuple[tuple[Sieve, int, int], ...]

    @property
    def everybody(self) -> int:
        """The bits of all rules."""
        return (1 << len(self.candidates)) - 1


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """One version of a policy document, in force or about to be."""

    version: int
    document: PolicyDocument
    _ready: dict[tuple[ProjectKey, ActionKind], _Asked] = field(
        default_factory=dict, repr=False, compare=False
    )
    _rules: dict[ProjectKey, tuple[_Ready, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _cohort_of: dict[MemberId, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Turn the cohorts around."""
        for name, members in self.document.cohorts.items():
            self._cohort_of.update(dict.fromkeys(members, name))

    def cohort_of(self, member_id: MemberId) -> str:
        """The cohort of a member; empty where they are in none."""
        return self._cohort_of.get(member_id, "")

    def rule_on(self, question: PolicyQuestion) -> Ruling:
        """What the first rule says whose conditions all hold; without one, nothing is sent."""
        asked = self._candidates(question.project, question.kind)
        # One bit for each rule; a condition is asked about once for all of them.
        alive = asked.everybody
        for holding, with_it, without_it in asked.sieves:
            if alive & with_it:
                alive &= without_it | holding(question, alive)
        if alive:
            first = asked.candidates[(alive & -alive).bit_length() - 1]
            is_team = question.cause.trust is Trust.TEAM
            return first.ruling if is_team else first.untrusted
        return self._nothing(question.project)

    def tried(self, question: PolicyQuestion) -> tuple[Tried, ...]:
        """Every rule in the order it is asked, up to the one that decides."""
        found = []
        for one in self._every_rule(question.project):
            unmet = _first_unmet(one[0], question)
            fact = BY_NAME[unmet].fact(question) if unmet else ""
            found.append(Tried(one[0].name, one[1], unmet, fact))
            if not unmet:
                break
        return tuple(found)

    def ruled_in(self, project: ProjectKey) -> tuple[RuledRule, ...]:
        """Every rule that can decide in a project, with what it gives there."""
        found = self._rules_in(project)
        return tuple(RuledRule(one.rule, one.given, one.kinds) for one in found)

    def mode_for(self, project: ProjectKey, kind: ActionKind) -> Mode:
        """The mode of a kind when the team asks and no further condition holds."""
        found = self._plain(project, kind)
        return found.ruling.mode if found is not None else Mode.SIMULATE

    def explain(self, project: ProjectKey, kind: ActionKind) -> tuple[Mode, ModeRule | None]:
        """The mode of a kind, and the rule of `modes set` that gave it; None where none did."""
        found = self._plain(project, kind)
        if found is None:
            return Mode.SIMULATE, None
        where = project if found.ready.where != ORGANIZATION else None
        return found.ruling.mode, mode_rule_of(found.ready.rule, where)

    def rule_name(self, project: ProjectKey, kind: ActionKind) -> str:
        """The rule that gives a kind its mode when no further condition holds."""
        found = self._plain(project, kind)
        return found.ready.rule.name if found is not None else DEFAULT_RULE

    def unless(self, project: ProjectKey, kind: ActionKind) -> tuple[str, ...]:
        """The rules that decide before that one, each in cases of its own."""
        found, plain = [], self._plain(project, kind)
        for one in self._candidates(project, kind).candidates:
            if one is plain:
                break
            found.append(one.ready.rule.name)
        return tuple(found)

    def modes_of(self, project: ProjectKey, kind: ActionKind) -> tuple[Mode, ...]:
        """The modes that a kind can get, in the order its rules are asked; the plain one last."""
        found: list[Mode] = []
        plain = self._plain(project, kind)
        for one in self._candidates(project, kind).candidates:
            found.append(one.ruling.mode)
            if one is plain:
                return tuple(found)
        return (*found, Mode.SIMULATE)

    @property
    def default(self) -> Mode:
        """The mode that `modes set` gave to everything; nothing is sent where it gave none."""
        name = generated_name(None, None)
        rules = self.document.organization.rules
        return next((rule.mode for rule in rules if rule.name == name), Mode.SIMULATE)

    @property
    def rules(self) -> tuple[ModeRule, ...]:
        """The rules that `modes set` wrote, as it tells them."""
        sections = [(None, self.document.organization), *self.document.projects.items()]
        pairs = [(project, rule) for project, section in sections for rule in section.rules]
        found = (mode_rule_of(rule, project) for project, rule in pairs)
        return tuple(one for one in found if one is not None and one.scope != (None, None))

    def with_mode(
        self, mode: Mode, *, project: ProjectKey | None, kind: ActionKind | None
    ) -> "CompiledPolicy":
        """The next version, with the rule that `modes set` writes for one scope."""
        document = with_generated(self.document, mode, project=project, kind=kind)
        return CompiledPolicy(self.version + 1, document)

    def to_document(self) -> JSONObject:
        """The policy as the JSON that is stored."""
        return self.document.to_json()

    def _every_rule(self, project: ProjectKey) -> list[tuple[WrittenRule, str]]:
        own = self.document.section(project).rules
        return [
            *((rule, f"projects.{project}") for rule in own),
            *((rule, ORGANIZATION) for rule in self.document.organization.rules),
        ]

    def _plain(self, project: ProjectKey, kind: ActionKind) -> _Candidate | None:
        for one in self._candidates(project, kind).candidates:
            said = one.ready.rule.when.get("trust")
            is_for_team = isinstance(said, list) and Trust.TEAM.value in said
            if all(name == "trust" and is_for_team for name in one.ready.names):
                return one
        return None

    def _candidates(self, project: ProjectKey, kind: ActionKind) -> _Asked:
        ready = self._ready.get((project, kind))
        if ready is None:
            if len(self._ready) >= _MOST_REMEMBERED:
                self._ready.clear()
                self._rules.clear()
            rules = self._rules_in(project)
            ready = _asked([one for one in rules if kind in one.kinds], kind)
            self._ready[project, kind] = ready
        return ready

    def _rules_in(self, project: ProjectKey) -> tuple[_Ready, ...]:
        """Every rule that can decide in a project, in the order they are asked."""
        found = self._rules.get(project)
        if found is None:
            own, general = self.document.section(project), self.document.organization
            found = (
                *(self._made_ready(rule, f"projects.{project}", project) for rule in own.rules),
                *(
                    self._made_ready(rule, ORGANIZATION, project)
                    for rule in general.rules
                    if "project" not in rule.when or project in texts_of(rule.when["project"])
                ),
            )
            self._rules[project] = found
        return found

    def _made_ready(self, rule: WrittenRule, where: str, project: ProjectKey) -> _Ready:
        names = tuple(name for name in rule.when if name not in _LOOKED_UP)
        said = (
            rule.given,
            self.document.section(project).defaults,
            self.document.organization.defaults,
        )
        given = Ruling(
            mode=rule.mode,
            approvers=self._approvers(rule.given, project),
            version=self.version,
            rule=rule.name,
            caps=next((one.caps for one in said if one.caps is not None), ()),
            hours=next((one.hours for one in said if one.hours is not None), Hours.ALWAYS),
        )
        return _Ready(
            rule,
            where,
            _kinds_of(rule),
            names,
            given,
            not_named=replace(given, mode=Mode.APPROVE, reason=NOT_NAMED),
            not_trusted=replace(given, mode=Mode.APPROVE, reason=NOT_TRUSTED),
        )

    def _nothing(self, project: ProjectKey) -> Ruling:
        approvers = self._approvers(Given(), project)
        return Ruling(Mode.SIMULATE, approvers, self.version, DEFAULT_RULE)

    def _approvers(self, given: Given, project: ProjectKey) -> Approvers:
        found = FALLBACK
        for part in (
            self.document.organization.defaults.approvers,
            self.document.section(project).defaults.approvers,
            given.approvers,
        ):
            found = part.over(found) if part is not None else found
        return found


def _kinds_of(rule: WrittenRule) -> frozenset[ActionKind]:
    kinds = kinds_of(rule.when["kind"]) if "kind" in rule.when else frozenset(ActionKind)
    if "risk" not in rule.when:
        return kinds
    risks = texts_of(rule.when["risk"])
    return frozenset(kind for kind in kinds if RISK_OF[kind] in risks)


def _asked(rules: Sequence[_Ready], kind: ActionKind) -> _Asked:
    wanted: dict[str, dict[str, tuple[JSONValue, int]]] = defaultdict(dict)
    for n, one in enumerate(rules):
        for name in one.names:
            value = one.rule.when[name]
            _, bits = wanted[name].get(repr(value), (value, 0))
            wanted[name][repr(value)] = value, bits | 1 << n
    everybody = (1 << len(rules)) - 1
    sieves = []
    for name, values in wanted.items():
        with_it = reduce(or_, (bits for _, bits in values.values()))
        sieve = BY_NAME[name].sieve([*values.values()])
        sieves.append((sieve, with_it, everybody & ~with_it))
    sieves.sort(key=lambda one: -one[1].bit_count())
    return _Asked(tuple(_candidate(one, kind) for one in rules), tuple(sieves))


def _candidate(ready: _Ready, kind: ActionKind) -> _Candidate:
    rule, given = ready.rule, ready.given
    ruling = untrusted = given
    is_named = kind.value in texts_of(rule.when.get("kind"))
    if rule.mode is Mode.AUTO and kind in NAMED_ONLY and not is_named:
        ruling = untrusted = ready.not_named
    elif rule.mode is Mode.AUTO and kind not in COMMENTS and "trust" not in rule.when:
        untrusted = ready.not_trusted
    return _Candidate(ready, ruling, untrusted)


def _holds(rule: WrittenRule, name: str, question: PolicyQuestion) -> bool:
    return BY_NAME[name].holds(rule.when[name], question)


def _first_unmet(rule: WrittenRule, question: PolicyQuestion) -> str:
    return next((name for name in rule.when if not _holds(rule, name, question)), "")
