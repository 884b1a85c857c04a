"""The write side of the inbox: one transaction for a whole batch, as few calls as possible.

Both writers speak to the driver itself. On SQLite every call into it lets go of the interpreter
and has to win it back from the event loop, so a batch is one statement, not one for each row.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Protocol, cast

import msgspec
from sqlalchemy import Engine, PoolProxiedConnection

from chargehand.domain.ids import DeliveryId
from chargehand.inbox.ports import NewDelivery, StoreOutcome, StoreStatus
from chargehand.kit.clock import to_micros
from chargehand.storage.inbox.failures import translated
from chargehand.storage.patience import patience_of, patiently

if TYPE_CHECKING:
    # Loaded by the engine where there is a PostgreSQL: it is 5 MB of every process.
    import psycopg

_ROWS_PER_STATEMENT = 64
_COLUMNS = (
    "delivery_id, connection_id, connector, delivery_key, source, lane, "
    "received_at, size_bytes, headers, body, state, attempts, error"
)
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'stored', 0, '')"
_INSERT_ON_POSTGRES = """
INSERT INTO inbox_deliveries (delivery_id, connection_id, connector, delivery_key, source, lane,
    received_at, size_bytes, headers, body, state, attempts, error)
SELECT id, connection, connector, key, source, lane, received_at, size_bytes, headers, body,
    'stored', 0, ''
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
    %s::int[], %s::text[], %s::bytea[]) WITH ORDINALITY
    AS fresh(id, connection, connector, key, source, lane, received_at, size_bytes, headers, body,
        place)
ORDER BY place
ON CONFLICT (connection_id, delivery_key) DO NOTHING
"""
_FIRST_ON_POSTGRES = """
SELECT delivery_id, connection_id, delivery_key FROM inbox_deliveries
WHERE (connection_id, delivery_key) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
_Row = tuple[str, str, str, str, str, str, int, int, str, bytes]
_Key = tuple[str, str]


class InboxWriter(Protocol):
    """Stores batches over a connection of its own, one after the other, for any thread."""

    def store(self, batch: Sequence[NewDelivery], /) -> list[StoreOutcome]:
        """Store deliveries in one transaction; see `inbox.ports.StoreBatch`."""
        ...

    def close(self) -> None:
        """Give the connection back; safe to call twice."""
        ...


def open_inbox_writer(engine: Engine) -> InboxWriter:
    """The writer for an engine made by `open_engine`; connects at the first batch."""
    if engine.dialect.name == "sqlite":
        return SQLiteInboxWriter(engine)
    return PostgresInboxWriter(engine)


class SQLiteInboxWriter:
    """Writes to `inbox.db`."""

    def __init__(self, engine: Engine) -> None:
        self._connection = _KeptConnection(engine)
        self._patience_s = patience_of(engine)

    def store(self, batch: Sequence[NewDelivery], /) -> list[StoreOutcome]:
        """Store deliveries in one transaction; see `inbox.ports.StoreBatch`."""
        rows = [_row_of(new) for new in batch]
        with translated(), self._connection.lent() as driver:
            cursor = cast("sqlite3.Connection", driver).cursor()
            first = _store_on_sqlite(cursor, rows, patience_s=self._patience_s)
        return _outcomes(rows, first)

    def close(self) -> None:
        """Give the connection back; safe to call twice."""
        self._connection.close()


class PostgresInboxWriter:
    """Writes to the table in PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._connection = _KeptConnection(engine)

    def store(self, batch: Sequence[NewDelivery], /) -> list[StoreOutcome]:
        """Store deliveries in one transaction; see `inbox.ports.StoreBatch`."""
        rows = [_row_of(new) for new in batch]
        with translated(), self._connection.lent() as driver:
            connection = cast("psycopg.Connection[tuple[str, str, str]]", driver)
            if not rows:
                connection.execute("SELECT 1")
                connection.commit()
                return []
            columns = [list(column) for column in zip(*rows, strict=True)]
            stored = connection.execute(_INSERT_ON_POSTGRES, columns, prepare=True).rowcount
            first: dict[_Key, str] = {}
            if stored != len(rows):
                # A statement of its own sees what others committed while the first one waited.
                found = connection.execute(_FIRST_ON_POSTGRES, [columns[1], columns[3]])
                first = {(connection_id, key): id_ for id_, connection_id, key in found}
            connection.commit()
        return _outcomes(rows, first)

    def close(self) -> None:
        """Give the connection back; safe to call twice."""
        self._connection.close()


class _KeptConnection:
    """One pooled connection kept between batches, and replaced after any error.

    It is lent to one thread at a time: a worker polls several vendors at once, and what one thread
    closes after an error must not be what another is just calling into.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Lock()
        self._pooled: PoolProxiedConnection | None = None

    @contextmanager
    def lent(self) -> Iterator[object]:
        with self._turn:
            if self._pooled is None:
                self._pooled = self._engine.raw_connection()
            is_whole = False
            try:
                yield self._pooled.driver_connection
                is_whole = True
            finally:
                if not is_whole:
                    self._pooled.invalidate()
                    self._pooled = None

    def close(self) -> None:
        with self._turn:
            if self._pooled is not None:
                self._pooled.close()
                self._pooled = None


def _row_of(new: NewDelivery) -> _Row:
    delivery_id, delivery = new
    return (
        delivery_id,
        delivery.connection_id,
        delivery.connector,
        delivery.delivery_key,
        delivery.source.value,
        delivery.lane.value,
        to_micros(delivery.received_at),
        len(delivery.body),
        msgspec.json.encode(dict(delivery.headers)).decode(),
        delivery.body,
    )


def _store_on_sqlite(
    cursor: sqlite3.Cursor, rows: Sequence[_Row], *, patience_s: float
) -> dict[_Key, str]:
    first: dict[_Key, str] = {}
    waiting = rows
    while True:
        if _insert_on_sqlite(cursor, waiting, patience_s=patience_s) == len(waiting):
            return first
        first |= _first_on_sqlite(cursor, waiting)
        # A row that was there a moment ago and is not now was pruned: its key is free again.
        waiting = [row for row in waiting if (row[1], row[3]) not in first]


def _insert_on_sqlite(cursor: sqlite3.Cursor, rows: Sequence[_Row], *, patience_s: float) -> int:
    if 0 < len(rows) <= _ROWS_PER_STATEMENT:
        # One statement is a transaction of its own, begun and committed without leaving SQLite.
        return patiently(lambda: _insert_part(cursor, rows), patience_s=patience_s)
    patiently(lambda: cursor.execute("BEGIN IMMEDIATE"), patience_s=patience_s)
    starts = range(0, len(rows), _ROWS_PER_STATEMENT)
    stored = sum(_insert_part(cursor, rows[at : at + _ROWS_PER_STATEMENT]) for at in starts)
    cursor.execute("COMMIT")
    return stored


def _insert_part(cursor: sqlite3.Cursor, rows: Sequence[_Row]) -> int:
    values = [value for row in rows for value in row]
    return cursor.execute(_insert_statement(len(rows)), values).rowcount


def _first_on_sqlite(cursor: sqlite3.Cursor, rows: Sequence[_Row]) -> dict[_Key, str]:
    wanted = msgspec.json.encode([(row[1], row[3]) for row in rows]).decode()
    # One row with everything in it, for the same reason as the single statement above.
    (text,) = cursor.execute(
        "SELECT json_group_array(json_array(delivery_id, connection_id, delivery_key)) "
        "FROM inbox_deliveries WHERE (connection_id, delivery_key) IN "
        "(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))",
        (wanted,),
    ).fetchone()
    found = msgspec.json.decode(text, type=list[tuple[str, str, str]])
    return {(connection_id, key): delivery_id for delivery_id, connection_id, key in found}


@lru_cache(maxsize=_ROWS_PER_STATEMENT)
def _insert_statement(count: int) -> str:
    return " ".join(
        (
            "INSERT INTO inbox_deliveries (",
            _COLUMNS,
            ") VALUES",
            ", ".join([_ROW] * count),
            "ON CONFLICT (connection_id, delivery_key) DO NOTHING",
        )
    )


def _outcomes(rows: Sequence[_Row], first: dict[_Key, str]) -> list[StoreOutcome]:
    """Whose id the table holds decides: an own row met again after a failure is still new."""
    outcomes = []
    for row in rows:
        delivery_id = DeliveryId(first.get((row[1], row[3]), row[0]))
        is_new = delivery_id == row[0]
        status = StoreStatus.STORED if is_new else StoreStatus.DUPLICATE
        outcomes.append(StoreOutcome(status, delivery_id))
    return outcomes
