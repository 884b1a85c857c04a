"""Puts a history into the databases of an installation, fast, and says how far it is.

Rows are written as an older program kept them, and the migration then makes of them what looking
back needs: that is several times faster than to keep indexes while a million rows arrive in no
order, and shows what an upgrade of a large database takes.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from history import LASTS, History, Row, Rows, raw_deliveries
from sqlalchemy import Connection, Engine, Table, inspect, text

from chargehand import __version__
from chargehand.bootstrap.databases import database_url, inbox_url
from chargehand.bootstrap.stores import migrate_stores, use_folder
from chargehand.config.settings import Settings
from chargehand.kit.clock import Clock
from chargehand.storage.engines import WRITES, open_engine
from chargehand.storage.inbox.tables import inbox_deliveries
from chargehand.storage.migrate import migrate, note_program, upgrade
from chargehand.storage.tables import metadata

_OLDER: Final = "m0009"
_PART: Final = 5000
_TELL_EVERY: Final = 100_000
# Raw deliveries are of the first third of the history, which is what pruning takes.
RAW_SHARE: Final = 0.3
# The database counts by itself.
_INBOX_COLUMNS: Final = [one.name for one in inbox_deliveries.columns if one.name != "seq"]


def fill(settings: Settings, events: int, *, now: datetime, clock: Clock) -> History:
    """Make databases with a whole history in them; what it was made with."""
    use_folder(settings.storage.data_dir).release()
    main, inbox = open_engine(database_url(settings)), open_engine(inbox_url(settings))
    history, started_s = History(events, until=now), time.monotonic()
    with main.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        upgrade(connection, "main", _OLDER)
        note_program(connection, version=__version__)
    migrate(inbox, "inbox", version=__version__)
    _fill_main(main, history, started_s)
    _fill_inbox(inbox, int(events * RAW_SHARE), now=now)
    print(f"fill: every row is there after {_since(started_s)}", flush=True)
    migrate(main, "main", version=__version__)
    print(f"fill: migrated after {_since(started_s)}", flush=True)
    for engine in (main, inbox):
        _settle(engine)
        engine.dispose()
    migrate_stores(settings, clock=clock)
    print(f"fill: done after {_since(started_s)}", flush=True)
    return history


def _fill_main(engine: Engine, history: History, started_s: float) -> None:
    done = 0
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A crash would only cost this run; everybody else opens the file as shipped.
            for pragma in ("synchronous=OFF", "cache_size=-500000", "secure_delete=OFF"):
                _driver(connection).execute(f"PRAGMA {pragma}")
        known = _columns_there(connection)
        connection.rollback()
        for rows in history.parts(_PART):
            _write(connection, rows, known)
            done += len(rows.by_table.get("events", ()))
            if done % _TELL_EVERY < _PART:
                print(f"fill: {done:,} events after {_since(started_s)}", flush=True)
        connection.invalidate()


def _columns_there(connection: Connection) -> dict[str, list[str]]:
    """The columns by table, without those that only later migrations add."""
    looking = inspect(connection)
    return {
        name: [
            column.name
            for column in table.columns
            if column.name in {one["name"] for one in looking.get_columns(name)}
        ]
        for name, table in metadata.tables.items()
        if looking.has_table(name)
    }


def _write(connection: Connection, rows: Rows, known: Mapping[str, Sequence[str]]) -> None:
    with connection.begin():
        for name, found in rows.by_table.items():
            _put(connection, metadata.tables[name], found, known[name])


def _fill_inbox(engine: Engine, count: int, *, now: datetime) -> None:
    first = now - LASTS
    rows = raw_deliveries(count, first=first, until=first + timedelta(days=30))
    for part in _parts(rows):
        with engine.connect() as connection, connection.begin():
            _put(connection, inbox_deliveries, part, _INBOX_COLUMNS)


def _put(connection: Connection, table: Table, rows: Sequence[Row], names: Sequence[str]) -> None:
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        adding = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
        _driver(connection).executemany(adding, rows)
        return
    with _driver(connection).cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _settle(engine: Engine) -> None:
    """What a running installation does by itself while it grows."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            return
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
        connection.invalidate()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _since(started_s: float) -> str:
    return f"{time.monotonic() - started_s:.0f} s"


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    every = iter(rows)
    while part := list(islice(every, _PART)):
        yield part
