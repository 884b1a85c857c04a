"""Reads a policy document, and tells everything that is wrong with it at once."""

from typing import Final

from chargehand.domain.action import Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.member import Role
from chargehand.domain.policy import Cap, CapScope, Hours
from chargehand.policy.conditions import BY_NAME
from chargehand.policy.document import (
    FORMAT,
    ApproversPart,
    Given,
    PolicyDocument,
    Section,
    WrittenRule,
    per_seconds,
)
from chargehand.policy.problems import Problem, Problems, nearest

_TOP: Final = ("format", "cohorts", "defaults", "rules", "projects")
_SECTION: Final = ("defaults", "rules")
_GIVEN: Final = ("approvers", "caps", "hours")
_RULE: Final = ("name", "when", "mode", *_GIVEN)
_APPROVERS: Final = ("roles", "members", "quorum", "excludes_requester")
_CAP: Final = ("scope", "most", "per")
MOST_RULES: Final = 1_000
_MOST_PROJECTS: Final = 1_000
_MOST_MEMBERS: Final = 1_000
_LONGEST_NAME: Final = 80
_LONGEST_WINDOW_S: Final = 31 * 86_400
_LONGEST_ID: Final = 64


def read_document(value: JSONValue) -> tuple[PolicyDocument, tuple[Problem, ...]]:
    """A document, with what is wrong with it; one with a problem is never put in force."""
    problems = Problems()
    table = problems.table("", value, _TOP)
    if isinstance(value, dict) and not value:
        problems.note("the policy", "empty", f"format = {FORMAT} and rules")
    elif table.get("format") != FORMAT:
        problems.add("format", table.get("format"), str(FORMAT))
    cohorts = _cohorts(problems, table.get("cohorts", {}))
    document = PolicyDocument(
        organization=_section(problems, "", table, cohorts, is_project=False),
        projects=_projects(problems, table.get("projects", {}), cohorts),
        cohorts=cohorts,
    )
    _note_doubles(problems, document)
    return document, tuple(problems.found)


def _projects(
    problems: Problems, value: JSONValue, cohorts: dict[str, frozenset[MemberId]]
) -> dict[ProjectKey, Section]:
    if not isinstance(value, dict) or len(value) > _MOST_PROJECTS:
        problems.add("projects", value, f"a table by project key, of at most {_MOST_PROJECTS}")
        return {}
    return {
        ProjectKey(key): _section(
            problems,
            f"projects.{key}.",
            problems.table(f"projects.{key}", part, _SECTION),
            cohorts,
            is_project=True,
        )
        for key, part in value.items()
    }


def _section(
    problems: Problems,
    prefix: str,
    table: dict[str, JSONValue],
    cohorts: dict[str, frozenset[MemberId]],
    *,
    is_project: bool,
) -> Section:
    defaults = problems.table(f"{prefix}defaults", table.get("defaults", {}), _GIVEN)
    rules = table.get("rules", [])
    # A section may stand for its defaults alone.
    entries = (
        []
        if rules in ([], ())
        else problems.items(f"{prefix}rules", rules, what="rules", most=MOST_RULES)
    )
    return Section(
        rules=tuple(
            _rule(problems, f"{prefix}rules[{n}]", rule, cohorts, is_project=is_project)
            for n, rule in enumerate(entries)
        ),
        defaults=_given(problems, f"{prefix}defaults", defaults),
    )


def _rule(
    problems: Problems,
    where: str,
    value: JSONValue,
    cohorts: dict[str, frozenset[MemberId]],
    *,
    is_project: bool,
) -> WrittenRule:
    table = problems.table(where, value, _RULE)
    name = table.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        problems.add(f"{where}.name", name, f"a name of at most {_LONGEST_NAME} letters")
        name = where
    elif not name.isprintable():
        problems.add(f"{where}.name", name, "a name of printable letters on one line")
    mode = problems.word(f"{where}.mode", table.get("mode"), tuple(Mode))
    allowed = [one for one in BY_NAME if not (is_project and one == "project")]
    when = problems.table(f"{where}.when", table.get("when", {}), allowed)
    read = {
        key: BY_NAME[key].read(problems, f"{where}.when.{key}", said) for key, said in when.items()
    }
    _note_unknown_cohorts(problems, f"{where}.when.cohort", read.get("cohort"), cohorts)
    return WrittenRule(
        name=name,
        mode=Mode(mode) if mode is not None else Mode.SIMULATE,
        when=read,
        given=_given(problems, where, table),
    )


def _given(problems: Problems, where: str, table: dict[str, JSONValue]) -> Given:
    hours = table.get("hours")
    word = problems.word(f"{where}.hours", hours, tuple(Hours)) if hours is not None else None
    return Given(
        approvers=_approvers(problems, f"{where}.approvers", table["approvers"])
        if "approvers" in table
        else None,
        caps=_caps(problems, f"{where}.caps", table["caps"]) if "caps" in table else None,
        hours=Hours(word) if word is not None else None,
    )


def _approvers(problems: Problems, where: str, value: JSONValue) -> ApproversPart:
    table = problems.table(where, value, _APPROVERS)
    roles = members = None
    if "roles" in table:
        entries = problems.items(f"{where}.roles", table["roles"], what="roles", most=len(Role))
        words = [
            problems.word(f"{where}.roles[{n}]", e, tuple(Role)) for n, e in enumerate(entries)
        ]
        roles = frozenset(Role(word) for word in words if word is not None)
    if "members" in table:
        members = _members(problems, f"{where}.members", table["members"])
    quorum = excludes = None
    if "quorum" in table:
        quorum = problems.number(f"{where}.quorum", table["quorum"], least=1, most=20)
    if "excludes_requester" in table:
        excludes = problems.flag(f"{where}.excludes_requester", table["excludes_requester"])
    return ApproversPart(roles, members, quorum, excludes)


def _members(problems: Problems, where: str, value: JSONValue) -> frozenset[MemberId]:
    found = set()
    for n, one in enumerate(problems.items(where, value, what="member ids", most=_MOST_MEMBERS)):
        if isinstance(one, str) and one.strip() and len(one) <= _LONGEST_ID:
            found.add(MemberId(one))
        else:
            problems.add(f"{where}[{n}]", one, "an id that `chargehand members list` shows")
    return frozenset(found)


def _caps(problems: Problems, where: str, value: JSONValue) -> tuple[Cap, ...]:
    if value == []:
        # What the defaults cap is not capped here.
        return ()
    found: list[Cap] = []
    for n, one in enumerate(problems.items(where, value, what="caps", most=len(CapScope))):
        here = f"{where}[{n}]"
        table = problems.table(here, one, _CAP)
        scope = problems.word(f"{here}.scope", table.get("scope"), tuple(CapScope))
        most = problems.number(f"{here}.most", table.get("most"), least=1, most=1_000_000)
        per = table.get("per")
        window = per_seconds(per) if isinstance(per, str) else None
        if window is None or window > _LONGEST_WINDOW_S:
            problems.add(f"{here}.per", per, "a span as 10m, 1h or 1d, of at most 31d")
        elif scope is not None and most is not None:
            found.append(Cap(CapScope(scope), most, window))
    if len({cap.scope for cap in found}) < len(found):
        problems.note(where, "two caps of one scope", "one cap for each scope")
    return tuple(found)


def _cohorts(problems: Problems, value: JSONValue) -> dict[str, frozenset[MemberId]]:
    if not isinstance(value, dict) or len(value) > _MOST_PROJECTS:
        problems.add("cohorts", value, "a table of lists of member ids, by the cohort's name")
        return {}
    read = {name: _members(problems, f"cohorts.{name}", members) for name, members in value.items()}
    seen: dict[MemberId, str] = {}
    for name, members in read.items():
        if len(name) > _LONGEST_ID or not name.strip():
            problems.add(f"cohorts.{name[:_LONGEST_ID]}", name, "a name of at most 64 letters")
        for member in sorted(members):
            if member in seen:
                told = f"{member}, who is in {seen[member]} already"
                problems.note(f"cohorts.{name}", told, "each member in one cohort")
            seen[member] = name
    return read


def _note_unknown_cohorts(
    problems: Problems, where: str, value: JSONValue, cohorts: dict[str, frozenset[MemberId]]
) -> None:
    for n, name in enumerate(value if isinstance(value, list) else []):
        if isinstance(name, str) and name not in cohorts:
            allowed = ", ".join(cohorts) or "none, since the policy has no [cohorts]"
            problems.add(f"{where}[{n}]", name, allowed, near=nearest(name, cohorts))


def _note_doubles(problems: Problems, document: PolicyDocument) -> None:
    """Rules are told apart by their names, so each name stands for one."""
    seen: dict[str, str] = {}
    sections = [("", document.organization)]
    sections += [(f"projects.{key}.", one) for key, one in document.projects.items()]
    for prefix, section in sections:
        for n, rule in enumerate(section.rules):
            where = f"{prefix}rules[{n}].name"
            if rule.name in seen:
                told = f"{rule.name!r}, which {seen[rule.name]} is called already"
                problems.note(where, told, "a name of its own for each rule")
            seen.setdefault(rule.name, where.removesuffix(".name"))
