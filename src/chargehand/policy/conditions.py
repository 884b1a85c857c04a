"""The conditions a rule can set: how each is written, when it holds, and how it is told.

A condition on a fact that is not known does not hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chargehand.domain.action import ActionKind
from chargehand.domain.json import JSONValue
from chargehand.domain.member import Role
from chargehand.domain.policy import Origin, PolicyQuestion, Risk, Stage, Trust
from chargehand.policy.globs import LONGEST_GLOB, path_globs, whole_globs
from chargehand.policy.problems import Problems
from chargehand.policy.risks import RISK_OF
from chargehand.policy.sieves import (
    Check,
    Sieve,
    Wanted,
    by_any_word,
    by_asking,
    by_limit,
    by_pattern,
    by_word,
    texts_of,
)

_MOST: Final = 100
_LONGEST_WORD: Final = 64
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME_KEYS: Final = ("days", "from", "until", "zone")
_UNKNOWN: Final = "not known"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule.

    Shape: `read` gives the value in its normal form, None with a fault; `sieve` makes of all
    values what finds those that hold; `fact` tells in words what a question says about it.
    `is_always_known` is false where the fact can be missing.
    """

    name: str
    does: str
    allowed: str
    example: str
    read: Callable[[Problems, str, JSONValue], JSONValue]
    sieve: Callable[[Wanted], Sieve]
    fact: Callable[[PolicyQuestion], str]
    is_always_known: bool = True

    def holds(self, value: JSONValue, question: PolicyQuestion) -> bool:
        """Whether one value of it holds."""
        return self.sieve([(value, 1)])(question, 1) == 1


def kinds_of(patterns: JSONValue) -> frozenset[ActionKind]:
    """The kinds that some patterns, as `jira.*`, stand for."""
    return frozenset().union(*(_kinds_like(pattern) for pattern in texts_of(patterns)))


@lru_cache(maxsize=4096)
def _kinds_like(pattern: str) -> frozenset[ActionKind]:
    fits = whole_globs([pattern])
    return frozenset(kind for kind in ActionKind if fits(kind.value))


def _read_texts(
    problems: Problems, where: str, value: JSONValue, *, what: str, longest: int
) -> list[JSONValue]:
    found: list[JSONValue] = []
    # One value may stand without its list.
    values: JSONValue = [value] if isinstance(value, str) else value
    for n, one in enumerate(problems.items(where, values, what=what, most=_MOST)):
        if isinstance(one, str) and one.strip() == one and 0 < len(one) <= longest:
            found.append(one)
        else:
            problems.add(f"{where}[{n}]", one, f"{what}, of at most {longest} letters")
    return found


def _read_kinds(problems: Problems, where: str, value: JSONValue) -> JSONValue:
    found = _read_texts(problems, where, value, what="action kinds", longest=_LONGEST_WORD)
    for n, one in enumerate(found):
        if isinstance(one, str) and not kinds_of([one]):
            connectors = sorted({f"{kind.connector}.*" for kind in ActionKind})
            allowed = [*[kind.value for kind in ActionKind], *connectors]
            problems.word(f"{where}[{n}]", one, allowed)
    return found


def _words_reader(words: type[StrEnum]) -> Callable[[Problems, str, JSONValue], JSONValue]:
    allowed = tuple(one.value for one in words)

    def read(problems: Problems, where: str, value: JSONValue) -> JSONValue:
        values: JSONValue = [value] if isinstance(value, str) else value
        entries = problems.items(where, values, what=", ".join(allowed), most=_MOST)
        read = [problems.word(f"{where}[{n}]", one, allowed) for n, one in enumerate(entries)]
        return [one for one in read if one is not None]

    return read


def _texts_reader(what: str, longest: int) -> Callable[[Problems, str, JSONValue], JSONValue]:
    def read(problems: Problems, where: str, value: JSONValue) -> JSONValue:
        return _read_texts(problems, where, value, what=what, longest=longest)

    return read


def _read_lines(problems: Problems, where: str, value: JSONValue) -> JSONValue:
    return problems.number(where, value, least=0, most=1_000_000)


def _read_time(problems: Problems, where: str, value: JSONValue) -> JSONValue:
    table = problems.table(where, value, _TIME_KEYS)
    if not isinstance(value, dict):
        return None
    read: dict[str, JSONValue] = {}
    if "days" in table:
        entries = problems.items(f"{where}.days", table["days"], what=", ".join(_DAYS), most=7)
        days = [problems.word(f"{where}.days[{n}]", d, _DAYS) for n, d in enumerate(entries)]
        read["days"] = [day for day in days if day is not None]
    for key in ("from", "until"):
        if key in table and _clock_time(table[key]) is None:
            problems.add(f"{where}.{key}", table[key], "a time of day as 09:00")
        elif key in table:
            read[key] = table[key]
    if ("from" in table) is not ("until" in table):
        problems.note(where, "half a span", "from and until together")
    if "from" in table and table.get("from") == table.get("until"):
        problems.note(where, "an empty span", "from and until that differ")
    zone = table.get("zone")
    if not isinstance(zone, str) or _zone(zone) is None:
        problems.add(f"{where}.zone", zone, "an IANA time zone as Europe/Madrid")
    else:
        read["zone"] = zone
    if "days" not in table and "from" not in table:
        problems.note(where, "without days and hours", "days, or from and until, or both")
    return read


def _clock_time(value: JSONValue) -> time | None:
    if not isinstance(value, str) or len(value) != len("09:00"):
        return None
    try:
        return time.fromisoformat(value)
    except ValueError:
        return None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _check_all_paths(value: JSONValue) -> Check:
    fits = path_globs(texts_of(value))
    return lambda question: bool(question.paths) and None not in map(fits, question.paths)


def _check_time(value: JSONValue) -> Check:
    table = value if isinstance(value, dict) else {}
    zone = _zone(str(table.get("zone"))) or ZoneInfo("UTC")
    days = frozenset(_DAYS.index(day) for day in texts_of(table.get("days"))) or frozenset(range(7))
    begin, end = _clock_time(table.get("from")), _clock_time(table.get("until"))

    def holds(question: PolicyQuestion) -> bool:
        here = question.at.astimezone(zone)
        if here.weekday() not in days:
            return False
        if begin is None or end is None:
            return True
        now = here.time()
        return begin <= now < end if begin < end else now >= begin or now < end

    return holds


def _fact(get: Callable[[PolicyQuestion], str | None]) -> Callable[[PolicyQuestion], str]:
    return lambda question: get(question) or _UNKNOWN


def _stage(question: PolicyQuestion) -> str | None:
    return question.stage.value if question.stage is not None else None


def _roles(question: PolicyQuestion) -> str:
    return ", ".join(sorted(role.value for role in question.requester_roles)) or _UNKNOWN


def _lines(question: PolicyQuestion) -> str:
    return str(question.diff_lines) if question.diff_lines is not None else _UNKNOWN


def _paths(question: PolicyQuestion) -> str:
    shown = ", ".join(question.paths[:3])
    return f"{shown}, ..." if len(question.paths) > len(question.paths[:3]) else shown or _UNKNOWN


CONDITIONS: Final[Sequence[Condition]] = (
    Condition(
        "kind",
        "The kind of action; a star stands for any letters.",
        "kinds of docs/reference/actions.md, or patterns of them",
        'kind = ["jira.*", "github.add_comment"]',
        _read_kinds,
        by_pattern(lambda question: (question.kind,), whole_globs),
        lambda question: question.kind.value,
    ),
    Condition(
        "risk",
        "How much an action of that kind can break.",
        ", ".join(Risk),
        'risk = ["reversible"]',
        _words_reader(Risk),
        by_word(lambda question: RISK_OF[question.kind]),
        lambda question: RISK_OF[question.kind].value,
    ),
    Condition(
        "project",
        "The project it belongs to; not within the rules of a project.",
        "project keys",
        'project = ["PAY", "OPS"]',
        _texts_reader("project keys", _LONGEST_WORD),
        by_word(lambda question: question.project),
        lambda question: question.project,
    ),
    Condition(
        "target",
        "What is changed, by its name at the vendor; `*` stands for any text, `?` for one letter.",
        f"patterns of at most {LONGEST_GLOB} letters",
        'target = ["PAY-1*"]',
        _texts_reader("patterns of targets", LONGEST_GLOB),
        by_pattern(lambda question: (question.target,), whole_globs),
        lambda question: question.target or _UNKNOWN,
        is_always_known=False,
    ),
    Condition(
        "requester_roles",
        "A role that whoever asked has in the project; only confirmed members have one.",
        ", ".join(Role),
        'requester_roles = ["developer"]',
        _words_reader(Role),
        by_any_word(lambda question: question.requester_roles),
        _roles,
        is_always_known=False,
    ),
    Condition(
        "cohort",
        "The cohort of the document that whoever asked belongs to.",
        "names under [cohorts]",
        'cohort = ["pilots"]',
        _texts_reader("names of cohorts", _LONGEST_WORD),
        by_word(lambda question: question.cohort),
        _fact(lambda question: question.cohort),
        is_always_known=False,
    ),
    Condition(
        "agent",
        "The agent that proposed it.",
        "names of agents",
        'agent = ["chargehand"]',
        _texts_reader("names of agents", _LONGEST_WORD),
        by_word(lambda question: question.cause.agent),
        lambda question: question.cause.agent,
    ),
    Condition(
        "origin",
        "Where the text that caused it was written.",
        ", ".join(Origin),
        'origin = ["ticket", "chat"]',
        _words_reader(Origin),
        by_word(lambda question: question.cause.origin),
        lambda question: question.cause.origin.value,
    ),
    Condition(
        "trust",
        "Whose words caused it: the team's, an outsider's, or nobody can tell whose.",
        ", ".join(Trust),
        'trust = ["team"]',
        _words_reader(Trust),
        by_word(lambda question: question.cause.trust),
        lambda question: question.cause.trust.value,
    ),
    Condition(
        "diff_lines_at_most",
        "At most so many lines are added and removed together.",
        "a whole number",
        "diff_lines_at_most = 50",
        _read_lines,
        by_limit(lambda question: question.diff_lines),
        _lines,
        is_always_known=False,
    ),
    Condition(
        "all_paths",
        "Every changed path fits one of the patterns; `*` stays in its folder, `**` does not.",
        f"patterns of at most {LONGEST_GLOB} letters",
        'all_paths = ["docs/**"]',
        _texts_reader("patterns of paths", LONGEST_GLOB),
        by_asking(_check_all_paths),
        _paths,
        is_always_known=False,
    ),
    Condition(
        "any_path",
        "At least one changed path fits one of the patterns.",
        f"patterns of at most {LONGEST_GLOB} letters",
        'any_path = ["migrations/**"]',
        _texts_reader("patterns of paths", LONGEST_GLOB),
        by_pattern(lambda question: question.paths, path_globs),
        _paths,
        is_always_known=False,
    ),
    Condition(
        "time",
        "The local time of day and weekday; a span may go over midnight.",
        "a table of days, from, until, zone",
        'time = { days = ["mon", "tue"], from = "09:00", until = "17:00", zone = "Europe/Madrid" }',
        _read_time,
        by_asking(_check_time),
        lambda question: f"{question.at:%a %H:%M} UTC",
    ),
    Condition(
        "stage",
        "The stage of this installation, as the setting `stage` says.",
        ", ".join(Stage),
        'stage = ["dev", "staging"]',
        _words_reader(Stage),
        by_word(lambda question: question.stage),
        _fact(_stage),
        is_always_known=False,
    ),
)
BY_NAME: Final = {one.name: one for one in CONDITIONS}
