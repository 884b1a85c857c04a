"""Takes everything of one moment out of running databases, without holding up a writer.

The two SQLite files can not be read in one transaction, so their order decides. The inbox is
locked for writing for as long as it takes to begin a reading transaction on both files, which is
about a millisecond; copying then goes on from these two views while everybody writes. What is
copied is what a crash at that moment would have left: a delivery that is done has its work in
`main`, and a poll position covers only what the inbox holds. Any other order would break one of
the two.

PostgreSQL is one database, so one transaction sees one moment.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from chargehand.audit.chain import ChainPosition
from chargehand.storage.backup.archive import describe_member
from chargehand.storage.backup.files import INBOX, MAIN
from chargehand.storage.backup.manifest import BackupKind, Member
from chargehand.storage.engines import BUSY_TIMEOUT_S
from chargehand.storage.errors import StoreUnavailable
from chargehand.storage.patience import DEFAULT_PATIENCE_S, patiently
from chargehand.storage.schema import found_revision

if TYPE_CHECKING:
    # Loaded by the engine where there is a PostgreSQL: it is 5 MB of every process.
    import psycopg

# The tables of the durable engine lie in a schema of their own on PostgreSQL.
ENGINE_SCHEMA: Final = "dbos"
_PAGES_PER_STEP: Final = 2048
_LONGEST_READ: Final = "SET LOCAL statement_timeout = 0"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was put into a folder."""

    kind: BackupKind
    main_schema: str
    inbox_schema: str
    audit: dict[str, ChainPosition]
    counts: dict[str, int]
    members: tuple[Member, ...]


def take(main: Engine, inbox: Engine, into: Path) -> Taken:
    """Put everything as it is at one moment into a folder.

    Raises: StoreUnavailable, OSError.
    """
    try:
        if main.dialect.name == "sqlite":
            return _take_sqlite(Path(str(main.url.database)), Path(str(inbox.url.database)), into)
        return _take_postgres(main, into)
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise StoreUnavailable(detail=str(error)) from error


def _take_sqlite(main: Path, inbox: Path, into: Path) -> Taken:
    _copy_pair((main, into / MAIN), (inbox, into / INBOX))
    counts: dict[str, int] = {}
    with _opened(into / MAIN) as main_copy, _opened(into / INBOX) as inbox_copy:
        for connection in (main_copy, inbox_copy):
            for name in sorted(inspect(connection).get_table_names()):
                counts[name] = _count(connection, name)
        return Taken(
            kind=BackupKind.SQLITE,
            main_schema=found_revision(main_copy, "main") or "",
            inbox_schema=found_revision(inbox_copy, "inbox") or "",
            audit=_ends(main_copy),
            counts=counts,
            members=tuple(describe_member(into / name, name) for name in (MAIN, INBOX)),
        )


def _take_postgres(engine: Engine, into: Path) -> Taken:
    """The rows of every table in COPY's own text form.

    Source: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
    """
    (into / "tables").mkdir()
    members: list[Member] = []
    reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**reading) as connection, connection.begin():
        connection.execute(text(_LONGEST_READ))
        main_schema = found_revision(connection, "main") or ""
        inbox_schema = found_revision(connection, "inbox") or ""
        ends = _ends(connection)
        for schema, name in _tables(connection):
            member = f"tables/{schema}.{name}.copy"
            rows = _copy_out(connection, schema, name, into / member)
            members.append(describe_member(into / member, member, rows=rows))
    return Taken(
        kind=BackupKind.POSTGRES,
        main_schema=main_schema,
        inbox_schema=inbox_schema,
        audit=ends,
        counts={one.name[len("tables/") : -len(".copy")]: one.rows or 0 for one in members},
        members=tuple(members),
    )


def _copy_pair(*pairs: tuple[Path, Path]) -> None:
    (main, main_copy), (inbox, inbox_copy) = pairs
    with (
        closing(_connect(inbox)) as gate,
        closing(_connect(main)) as main_view,
        closing(_connect(inbox)) as inbox_view,
    ):
        patiently(lambda: gate.execute("BEGIN IMMEDIATE"), patience_s=DEFAULT_PATIENCE_S)
        try:
            _begin_view(main_view)
            _begin_view(inbox_view)
        finally:
            gate.execute("ROLLBACK")
        _copy_file(inbox_view, inbox_copy)
        _copy_file(main_view, main_copy)


def _connect(path: Path) -> sqlite3.Connection:
    # A missing file must not come into being by being looked at.
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
    )


def _begin_view(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    # SQLite begins to read at the first statement that reads.
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _copy_file(view: sqlite3.Connection, copy: Path) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        # It lies in a folder of our own and is thrown away when anything fails.
        target.execute("PRAGMA synchronous=OFF")
        view.backup(target, pages=_PAGES_PER_STEP)
        # One file that needs no other: with a write-ahead log there would be two more.
        target.execute("PRAGMA journal_mode=DELETE")


def _opened(path: Path) -> Connection:
    return create_engine(f"sqlite:///{path}", poolclass=NullPool).connect()


def _tables(connection: Connection) -> list[tuple[str, str]]:
    looking = inspect(connection)
    own = looking.default_schema_name or "public"
    schemas = [own] + [ENGINE_SCHEMA] * (ENGINE_SCHEMA in looking.get_schema_names())
    return [
        (schema, name) for schema in schemas for name in sorted(looking.get_table_names(schema))
    ]


def _copy_out(connection: Connection, schema: str, name: str, target: Path) -> int:
    columns = ", ".join(
        quoted(one["name"]) for one in inspect(connection).get_columns(name, schema)
    )
    table = f"{quoted(schema)}.{quoted(name)}"
    rows = 0
    driver = cast("psycopg.Connection[tuple[str]]", connection.connection.driver_connection)
    with target.open("wb") as file, driver.cursor() as cursor:
        # The first line names the columns, so that a later schema can take the rows.
        file.write(f"{columns}\n".encode())
        with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as copying:
            for block in copying:
                content = bytes(block)
                file.write(content)
                # Line ends inside a value are escaped.
                rows += content.count(b"\n")
    return rows


def quoted(name: str) -> str:
    """A name of the database as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


def _ends(connection: Connection) -> dict[str, ChainPosition]:
    if not inspect(connection).has_table("audit_heads"):
        return {}
    rows = connection.execute(text("SELECT organization_id, seq, hash FROM audit_heads"))
    return {row.organization_id: ChainPosition(row.seq, row.hash) for row in rows}


def _count(connection: Connection, table: str) -> int:
    # Table names come from the database itself.
    counting = text(f"SELECT count(*) FROM {quoted(table)}")  # noqa: S608
    return int(connection.execute(counting).scalar_one())
