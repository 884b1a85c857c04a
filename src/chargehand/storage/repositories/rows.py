"""What every repository shares: its connection, its organization, and how values become columns."""

import json
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Column, Connection, CursorResult, Insert, Select, Table, Update, update

from chargehand.domain.ids import OrganizationId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.errors import CursorInvalid
from chargehand.storage.repositories.statements import (
    WANTED,
    compiled_for,
    insert_unless_taken,
    select_by,
    select_rows,
    select_with_content,
    select_with_content_by,
    update_by,
)

T = TypeVar("T")
# A row: columns by attribute, their Python types unknown to the checker.
AnyRow: TypeAlias = Any
_MOST_PER_PAGE = 200
_LONGEST_ID = 40
_MOST_SHAPES = 512


class Repository:
    """One organization's rows, through one connection."""

    def __init__(self, connection: Connection, organization_id: OrganizationId) -> None:
        self._connection = connection
        self._organization_id = organization_id

    def _select(self, table: Table) -> Select[Any]:
        return select_rows(table, self._organization_id)

    def _select_with_content(self, table: Table) -> Select[Any]:
        """Rows with the content they refer to, read by `content_of`."""
        return select_with_content(table, self._organization_id)

    def _update(self, table: Table) -> Update:
        return update(table).where(table.c.organization_id == self._organization_id)

    def _one(self, query: Select[Any]) -> AnyRow | None:
        return _first_of(self._connection.execute(query))

    def _rows(self, query: Select[Any], wanted: Mapping[str, object] | None = None) -> list[AnyRow]:
        return _rows_of(self._connection.execute(query, wanted))

    def _one_by(self, column: "Column[Any]", wanted: str) -> AnyRow | None:
        """The row in which a column holds a value."""
        query = select_by(column, self._organization_id)
        return _first_of(self._connection.execute(query, {WANTED: wanted}))

    def _rows_by(self, column: "Column[Any]", wanted: str) -> list[AnyRow]:
        """Every row in which a column holds a value."""
        query = select_by(column, self._organization_id)
        return _rows_of(self._connection.execute(query, {WANTED: wanted}))

    def _one_with_content_by(self, column: "Column[Any]", wanted: str) -> AnyRow | None:
        """The same with its content."""
        found = self._rows_with_content_by(column, wanted)
        return found[0] if found else None

    def _rows_with_content_by(self, column: "Column[Any]", wanted: str) -> list[AnyRow]:
        """Every row in which a column holds a value, with its content."""
        query = select_with_content_by(column, self._organization_id)
        return _rows_of(self._connection.execute(query, {WANTED: wanted}))

    def _change(self, column: "Column[Any]", wanted: str, values: Mapping[str, object]) -> None:
        """Give columns new values where a column holds a value."""
        statement = update_by(column, self._organization_id, tuple(values))
        new = {f"new_{name}": value for name, value in values.items()}
        self._connection.execute(statement, {WANTED: wanted, **new})

    def _change_many(
        self, column: "Column[Any]", changes: Mapping[str, Mapping[str, object]]
    ) -> None:
        """Give columns new values in several rows at once; every change names the same columns."""
        if not changes:
            return
        names = tuple(next(iter(changes.values())))
        rows = [
            {WANTED: wanted, **{f"new_{name}": values[name] for name in names}}
            for wanted, values in changes.items()
        ]
        self._connection.execute(update_by(column, self._organization_id, names), rows)

    def _run_many(self, statement: Insert | Update, rows: Sequence[Mapping[str, object]]) -> None:
        """One statement for many rows of texts and whole numbers, which drivers take as they are.

        The statement must be one that is built once. Every row names the same parameters.
        """
        if not rows:
            return
        text, names = compiled_for(statement, tuple(rows[0]), self._connection.dialect)
        self._connection.exec_driver_sql(
            text, [*rows] if names is None else [tuple(map(row.__getitem__, names)) for row in rows]
        )

    def _insert(self, table: Table, values: Mapping[str, object]) -> bool:
        """Insert unless the key is taken; False when it was."""
        outcome = self._connection.execute(
            insert_unless_taken(table, self._connection.dialect.name),
            {"organization_id": self._organization_id, **values},
            # Of an insert SQLAlchemy forgets the count unless told, and with psycopg then says -1.
            execution_options={"preserve_rowcount": True},
        )
        return outcome.rowcount == 1

    def _page(
        self,
        query: Select[Any],
        id_column: "Column[Any]",
        read: Callable[[AnyRow], T],
        *,
        cursor: str | None,
        limit: int,
    ) -> Page[T]:
        """Newest first by id; the cursor is the last id of the page before.

        Raises: CursorInvalid for a cursor that is no id.
        """
        if cursor is not None:
            if not cursor or len(cursor) > _LONGEST_ID or not cursor.replace("_", "").isalnum():
                raise CursorInvalid(cursor=cursor[:60])
            query = query.where(id_column < cursor)
        size = max(1, min(limit, _MOST_PER_PAGE))
        rows = self._rows(query.order_by(id_column.desc()).limit(size + 1))
        items = tuple(read(row) for row in rows[:size])
        following = str(getattr(rows[size - 1], id_column.name)) if len(rows) > size else None
        return Page(items=items, next_cursor=following)


def plain_rows(result: "CursorResult[Any]") -> list[tuple[Any, ...]]:
    """Every row as the driver gives it: for hundreds of thousands of rows of texts and numbers."""
    rows = [*result.cursor.fetchall()]
    result.close()
    return rows


def _rows_of(result: "CursorResult[Any]") -> list[AnyRow]:
    make = _maker(tuple(result.keys()))
    # All at once: asking the cursor for each row by itself takes as long as making it.
    return [make(row) for row in result.fetchall()]


def _first_of(result: "CursorResult[Any]") -> AnyRow | None:
    row = result.first()
    return _maker(tuple(result.keys()))(row) if row is not None else None


@lru_cache(maxsize=_MOST_SHAPES)
def _maker(names: tuple[str, ...]) -> Callable[[Iterable[object]], AnyRow]:
    """Makes rows of some columns.

    A library's row takes two microseconds to find a column by its name, which was a quarter of
    what a page of a list costs; a named tuple takes a fiftieth of that.
    """
    columns = list(names)
    shape: Any = namedtuple("AnyRow", columns)  # type: ignore[misc]  # noqa: PYI024 - known at run time.
    make: Callable[[Iterable[object]], AnyRow] = shape._make
    return make


def micros(moment: datetime | None) -> int | None:
    """The column value of an optional moment."""
    return to_micros(moment) if moment is not None else None


def moment(value: int | None) -> datetime | None:
    """The optional moment of a column value."""
    return from_micros(value) if value is not None else None


def content_of(row: AnyRow) -> dict[str, Any]:
    """The content of a row read with it; empty when there is none or it was erased."""
    return dict(load_object(row.content)) if row.content is not None else {}


def is_erased(row: AnyRow) -> bool:
    """Whether a row read with its content had one that is gone for good."""
    return row.content_id is not None and row.content is None


def load_object(text: str) -> JSONObject:
    """A JSON object that we wrote ourselves."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        # Half of a surrogate pair, which vendors cut texts to, is only JSON for a milder reader.
        value = json.loads(text)
    if not isinstance(value, dict):
        message = "a JSON column holds something else than an object"
        raise TypeError(message)
    return value


def load_part(text: str, name: str) -> JSONObject:
    """One object in a JSON object that we wrote ourselves; empty where there is none of the name.

    What is beside it, such as the whole text of a comment, is only skipped.
    """
    try:
        part = _decoder_of(name).decode(text).part
    except msgspec.DecodeError:
        part = load_object(text).get(name)
    return part if isinstance(part, dict) else {}


@cache
def _decoder_of(name: str) -> "msgspec.json.Decoder[Any]":
    shape = msgspec.defstruct("Part", [("part", Any, None)], rename={"part": name}, gc=False)
    return msgspec.json.Decoder(shape)


def among(query: Select[Any], column: "Column[Any]", wanted: Collection[str] | None) -> Select[Any]:
    """A query for the rows in which a column holds one of some words; None asks for all rows."""
    return query if wanted is None else query.where(column.in_(sorted(wanted)))
