"""A small and honest part of JQL; everything else is refused with a sentence, as Jira does.

query      = [clause *("AND" clause)] ["ORDER BY" field ["ASC" | "DESC"] *("," ...)]
clause     = field operator value | field ["NOT"] "IN" "(" value *("," value) ")"
fields     project, key (issuekey, issue, id), status, assignee, creator, updated, created
times      "yyyy-MM-dd HH:mm", "yyyy-MM-dd" (in the caller's time zone), -15m -2h -1d -1w,
           milliseconds since 1970
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chargehand.testing.jira.records import Issue, Person
from chargehand.testing.jira.refusals import JiraRefused
from chargehand.testing.jira.site import Site

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')'
    r"|(?P<sign><=|>=|!=|!~|[=<>~(),])"
    r"|(?P<word>[^\s=<>!~(),\"']+))"
)
_KEY_NAMES: Final = frozenset({"key", "issuekey", "issue", "id"})
_TIME_NAMES: Final = frozenset({"updated", "created", "updateddate", "createddate"})
_NAMES: Final = _KEY_NAMES | _TIME_NAMES | {"project", "status", "assignee", "creator"}
_RELATIVE: Final = re.compile(r"([+-])(\d+)([mhdw])")
_FORMATS: Final = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COMPARE: Final[dict[str, Callable[[datetime, datetime], bool]]] = {
    ">=": lambda found, wanted: found >= wanted,
    ">": lambda found, wanted: found > wanted,
    "<=": lambda found, wanted: found <= wanted,
    "<": lambda found, wanted: found < wanted,
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One restriction; `values` has one entry unless the operator is `in` or `not in`."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `order` names fields with True for descending."""

    clauses: tuple[Clause, ...]
    order: tuple[tuple[str, bool], ...]


def search(site: Site, jql: str, caller: Person) -> list[Issue]:
    """The issues a query finds among those the caller may see, in the order it asks for.

    Raises: JiraRefused(400) for what is no JQL, not supported here, or without a restriction.
    """
    query = parse_jql(jql)
    if not query.clauses:
        raise JiraRefused(
            400,
            "Unbounded JQL queries are not allowed here. "
            "Please add a search restriction to your query.",
        )
    judges = [_judge(site, clause, caller) for clause in query.clauses]
    found = [i for i in site.visible_issues(caller) if all(judge(i) for judge in judges)]
    for name, descending in reversed(query.order):
        found.sort(key=_sort_key(name), reverse=descending)
    return found


def parse_jql(jql: str) -> Query:
    """The query's clauses and order.

    Raises: JiraRefused(400) naming the place that is not understood.
    """
    tokens = _tokens(jql)
    words = [token.casefold() for token in tokens]
    split = next((n for n in range(len(words)) if words[n : n + 2] == ["order", "by"]), len(words))
    return Query(_clauses(tokens[:split]), _order(tokens[split + 2 :]))


def _tokens(jql: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    text = jql.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unclear(text[at:].strip() or text, f"at character {at + 1}")
        tokens.append(match.group().strip())
        at = match.end()
    return tokens


def _clauses(tokens: Sequence[str]) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    at = 0
    while at < len(tokens):
        if clauses:
            if tokens[at].casefold() != "and":
                raise _unclear(tokens[at], "expected AND or ORDER BY")
            at += 1
        clause, at = _clause(tokens, at)
        clauses.append(clause)
    return tuple(clauses)


def _clause(tokens: Sequence[str], at: int) -> tuple[Clause, int]:
    head = [token.casefold() for token in tokens[at : at + 3]]
    name = head[0] if head else ""
    if name not in _NAMES:
        raise JiraRefused(
            400, f"Field '{name}' does not exist or you do not have permission to view it."
        )
    operator, length = (head[1], 2) if len(head) > 1 else ("", 2)
    if head[1:3] == ["not", "in"]:
        operator, length = "not in", 3
    start = at + length
    if operator in {"in", "not in"}:
        values, end = _list(tokens, start)
    else:
        values, end = (_value(tokens, start),), start + 1
    return Clause(name, operator, values), end


def _list(tokens: Sequence[str], at: int) -> tuple[tuple[str, ...], int]:
    if at >= len(tokens) or tokens[at] != "(":
        raise _unclear(tokens[at] if at < len(tokens) else "end of query", "expected '('")
    values: list[str] = []
    while at < len(tokens) and tokens[at] in {"(", ","}:
        values.append(_value(tokens, at + 1))
        at += 2
    if at >= len(tokens) or tokens[at] != ")":
        raise _unclear(tokens[at] if at < len(tokens) else "end of query", "expected ')'")
    return tuple(values), at + 1


def _value(tokens: Sequence[str], at: int) -> str:
    if at >= len(tokens) or tokens[at] in {"(", ")", ",", "=", "<", ">", "<=", ">="}:
        raise _unclear(tokens[at] if at < len(tokens) else "end of query", "expected a value")
    token = tokens[at]
    if token[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if at + 1 < len(tokens) and tokens[at + 1] == "(":
        raise JiraRefused(400, f"Unable to find JQL function '{token}()'.")
    return token


def _order(tokens: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    order: list[tuple[str, bool]] = []
    at = 0
    while at < len(tokens):
        name = tokens[at].casefold()
        if name not in {"updated", "created", "key", "issuekey"}:
            raise JiraRefused(400, f"Not able to sort using field '{tokens[at]}'.")
        following = tokens[at + 1].casefold() if at + 1 < len(tokens) else ""
        order.append((name, following == "desc"))
        at += 2 if following in {"asc", "desc"} else 1
        if at < len(tokens) and tokens[at] != ",":
            raise _unclear(tokens[at], "expected ',' or the end")
        at += 1
    return tuple(order)


def _unclear(token: str, detail: str) -> JiraRefused:
    return JiraRefused(400, f"Error in the JQL Query: '{token}' is not understood: {detail}.")


def _judge(site: Site, clause: Clause, caller: Person) -> Callable[[Issue], bool]:
    if clause.field in _TIME_NAMES:
        return _time_judge(site, clause, caller)
    if clause.operator not in {"=", "in", "!=", "not in"}:
        raise JiraRefused(
            400,
            f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.",
        )
    wanted = _wanted(site, clause, caller)
    is_positive = clause.operator in {"=", "in"}
    return lambda issue: (_identity(site, clause.field, issue) in wanted) is is_positive


def _wanted(site: Site, clause: Clause, caller: Person) -> set[str]:
    if clause.field == "project":
        keys = {project.key: project.key for project in site.visible_projects(caller)}
        by_id = {project.id: project.key for project in site.visible_projects(caller)}
        return {_known(value, keys | by_id, clause.field) for value in clause.values}
    if clause.field in _KEY_NAMES:
        return {_known_issue(site, value, caller) for value in clause.values}
    # Data Center names people by their user names, and remembers their keys.
    keys = {p.username: p.account_id for p in site.state.people.values() if p.username}
    return {keys.get(value, value).casefold() for value in clause.values}


def _known(value: str, keys: dict[str, str], field: str) -> str:
    found = keys.get(value.upper())
    if found is None:
        raise JiraRefused(400, f"The value '{value}' does not exist for the field '{field}'.")
    return found


def _known_issue(site: Site, value: str, caller: Person) -> str:
    try:
        return site.visible_issue(value, caller).key
    except JiraRefused as refusal:
        text = f"An issue with key '{value}' does not exist for field 'key'."
        raise JiraRefused(400, text) from refusal


def _identity(site: Site, field: str, issue: Issue) -> str:
    if field == "project":
        return issue.project
    if field in _KEY_NAMES:
        return issue.key
    if field == "status":
        return site.project_of(issue).workflow.status(issue.status).name.casefold()
    if field == "creator":
        return (issue.creator or issue.reporter or "empty").casefold()
    return (issue.assignee or "empty").casefold()


def _time_judge(site: Site, clause: Clause, caller: Person) -> Callable[[Issue], bool]:
    compare = _COMPARE.get(clause.operator)
    if compare is None:
        raise JiraRefused(
            400,
            f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.",
        )
    moment = _moment(clause.values[0], site.clock.now(), ZoneInfo(caller.time_zone))
    if moment is None:
        raise JiraRefused(
            400,
            f"Date value '{clause.values[0]}' for field '{clause.field}' is invalid. "
            "Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', "
            "'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
        )
    if clause.field.startswith("updated"):
        return lambda issue: compare(issue.updated_at, moment)
    return lambda issue: compare(issue.created_at, moment)


def _moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    relative = _RELATIVE.fullmatch(text)
    if relative:
        sign, amount, unit = relative.groups()
        distance = timedelta(**{_UNITS[unit]: int(amount)})
        return now - distance if sign == "-" else now + distance
    if re.fullmatch(r"-?\d{5,14}", text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
    for form in _FORMATS:
        parsed = _parsed(text, form, zone)
        if parsed is not None:
            return parsed
    return None


def _parsed(text: str, form: str, zone: ZoneInfo) -> datetime | None:
    try:
        # The zone follows at once; the format of JQL itself carries none.
        return datetime.strptime(text, form).replace(tzinfo=zone)
    except ValueError:
        return None


def _sort_key(name: str) -> Callable[[Issue], tuple[str, float]]:
    if name == "updated":
        return lambda issue: ("", issue.updated_at.timestamp())
    if name == "created":
        return lambda issue: ("", issue.created_at.timestamp())
    return lambda issue: (issue.project, float(issue.key.rpartition("-")[2]))
