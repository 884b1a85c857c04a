"""Reads a roster: a table of people as a spreadsheet or another system writes it.

Nothing is guessed: a column or a cell that can not be used is told with its line, and the rest is
read on, so that a person mends a file once and not line by line.
"""

import codecs
import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from chargehand.domain.account import AccountRef
from chargehand.domain.ids import ConnectionId, MemberId, ProjectKey
from chargehand.members.errors import FieldWrong, RosterUnreadable
from chargehand.members.fields import (
    Roles,
    read_account,
    read_email,
    read_name,
    read_projects,
    read_roles,
    read_time_zone,
)

T = TypeVar("T")
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 20_000
ACCOUNT_PREFIX: Final = "account:"
COLUMNS: Final = ("id", "name", "email", "roles", "projects", "time_zone")
# What the roster of an older assistant calls the same.
_OLD_COLUMNS: Final[Mapping[str, str]] = {
    "display_name": "name",
    "e-mail": "email",
    "timezone": "time_zone",
    "member_id": "id",
}
_OLD_ACCOUNT: Final = "_id"
_DELIMITERS: Final = ",;\t"
_WHOLE_LINE: Final = "line"
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """A cell or a column that can not be used, and what can."""

    line: int
    column: str
    found: str
    allowed: str


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person of a roster; what the file has no column for is empty here."""

    line: int
    name: str
    id: MemberId | None = None
    email: str | None = None
    time_zone: str | None = None
    roles: Roles = ()
    accounts: tuple[AccountRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster as it was read.

    Shape: `columns` are the fields the file speaks of; what it does not speak of is left as it is.
    """

    columns: frozenset[str]
    rows: tuple[RosterRow, ...]
    problems: tuple[RosterProblem, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a roster may name: connections with their connectors, and projects."""

    connections: Mapping[ConnectionId, str]
    projects: Collection[ProjectKey]


def read_roster(content: bytes, known: Known) -> Roster:
    """The people of a CSV file: with or without a mark at its beginning, any line ends.

    Raises: RosterUnreadable for what is no table at all.
    """
    if len(content) > MOST_BYTES:
        raise RosterUnreadable(problem=f"it is larger than {MOST_BYTES // 1024**2} MiB; split it")
    text = _decoded(content)
    delimiter, skipped, text = _delimiter(text)
    lines = _lines(text, delimiter, skipped)
    first = next(lines, None)
    if first is None:
        raise RosterUnreadable(problem=f"it is empty; its first line names {_columns_allowed()}")
    fields, problems = _read_header(first, known)
    if problems:
        return Roster(frozenset(), (), tuple(problems))
    rows: list[RosterRow] = []
    for number, (line, cells) in enumerate(lines, start=1):
        if number > MOST_ROWS:
            raise RosterUnreadable(problem=f"it has more than {MOST_ROWS} people; split it")
        row = _Row(line, dict(zip(fields, cells, strict=False)), known)
        if len(cells) != len(fields):
            allowed = f"{len(fields)} cells, as many as the first line has"
            problems.append(RosterProblem(line, _WHOLE_LINE, f"{len(cells)} cells", allowed))
        elif (person := row.read()) is not None:
            rows.append(person)
        problems += row.problems
    if not rows and not problems:
        raise RosterUnreadable(problem="it names nobody")
    return Roster(frozenset(fields), tuple(rows), tuple(problems))


class _Row:
    """One line; problems are kept and do not keep the other cells from being looked at."""

    def __init__(self, line: int, cells: Mapping[str, str], known: Known) -> None:
        self._line = line
        self._cells = cells
        self._known = known
        self.problems: list[RosterProblem] = []

    def read(self) -> RosterRow | None:
        projects = self._take("projects", lambda text: read_projects(text, self._known.projects))
        row = RosterRow(
            line=self._line,
            name=self._take("name", read_name) or "",
            id=MemberId(self._cells.get("id", "").strip()) or None,
            email=self._take("email", read_email),
            time_zone=self._take("time_zone", read_time_zone),
            roles=self._take(
                "roles", lambda text: read_roles(text, projects or (), self._known.projects)
            )
            or (),
            accounts=tuple(self._accounts()),
        )
        if not self.problems and not (row.id or row.email or row.accounts):
            allowed = "an e-mail address or an account, to tell the person from others"
            self.problems.append(RosterProblem(self._line, "email", "", allowed))
        return None if self.problems else row

    def _accounts(self) -> Iterator[AccountRef]:
        for field in self._cells:
            if field.startswith(ACCOUNT_PREFIX):
                account = self._take(field, partial(read_account, field=field))
                if account is not None:
                    connection_id = ConnectionId(field.removeprefix(ACCOUNT_PREFIX))
                    yield AccountRef(connection_id, account)

    def _take(self, field: str, read: Callable[[str], T]) -> T | None:
        if field not in self._cells:
            return None
        try:
            return read(self._cells[field])
        except FieldWrong as error:
            found, allowed = str(error.fields["found"]), str(error.fields["allowed"])
            self.problems.append(RosterProblem(self._line, field, found, allowed))
            return None


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"line {line} is not {encoding.removesuffix('-sig')}; save it as CSV UTF-8"
        raise RosterUnreadable(problem=problem) from error
    if text.lstrip().startswith(("{", "[")):
        raise RosterUnreadable(
            problem="it is JSON; write it as CSV, one person a line, with a first line such as "
            "name,email,roles,account:jira"
        )
    return text


def _delimiter(text: str) -> tuple[str, int, str]:
    """What separates cells, how many lines say only that, and the rest."""
    first, _, rest = text.partition("\n")
    told = first.strip()
    if told.lower().startswith("sep=") and len(told) == len("sep=;"):
        # A spreadsheet's own way to say it.
        return told[-1], 1, rest
    unquoted = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count), 0, text


def _lines(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """The lines with cells in them, each with the number of its first line in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = skipped + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        raise RosterUnreadable(problem=f"line {line} is no line of a table ({error})") from error


def _read_header(
    first: tuple[int, list[str]], known: Known
) -> tuple[list[str], list[RosterProblem]]:
    line, cells = first
    fields: list[str] = []
    problems: list[RosterProblem] = []
    for cell in cells:
        name = cell.strip().lower().replace(" ", "_")
        field = _field(name, known)
        if field is None:
            allowed = _columns_allowed(known)
            problems.append(RosterProblem(line, cell.strip(), cell.strip(), allowed))
        elif field in fields:
            problems.append(RosterProblem(line, cell.strip(), cell.strip(), f"{field} once"))
        fields.append(field or name)
    if "name" not in fields:
        problems.append(RosterProblem(line, "name", "", "a column of that name"))
    if "projects" in fields and "roles" not in fields:
        allowed = "a column roles beside it, since projects say where roles hold"
        problems.append(RosterProblem(line, "projects", "projects", allowed))
    return fields, problems


def _field(name: str, known: Known) -> str | None:
    """The field a column means; None for one that means nothing, or several things."""
    if name in COLUMNS:
        return name
    if name in _OLD_COLUMNS:
        return _OLD_COLUMNS[name]
    connection_id = ConnectionId(name.removeprefix(ACCOUNT_PREFIX))
    if connection_id in known.connections:
        return ACCOUNT_PREFIX + connection_id
    of_kind = [one for one, kind in known.connections.items() if name == f"{kind}{_OLD_ACCOUNT}"]
    return ACCOUNT_PREFIX + of_kind[0] if len(of_kind) == 1 else None


def _columns_allowed(known: Known | None = None) -> str:
    accounts = [ACCOUNT_PREFIX + one for one in sorted(known.connections)] if known else []
    return ", ".join([*COLUMNS, *(accounts or [f"{ACCOUNT_PREFIX}CONNECTION"])])
