"""Puts the rows of a backup into an empty PostgreSQL database, all of them or none.

Restoring never writes over rows on PostgreSQL: the old database stays as it is under its own name.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import Connection, Engine, MetaData, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from chargehand.audit.chain import ChainPosition
from chargehand.domain.ids import OrganizationId
from chargehand.storage.backup.errors import BackupDamaged, DatabaseNotEmpty
from chargehand.storage.backup.manifest import Manifest, Member
from chargehand.storage.backup.taking import ENGINE_SCHEMA, quoted
from chargehand.storage.errors import StoreUnavailable
from chargehand.storage.migrate import note_program, upgrade
from chargehand.storage.schema import found_revision, version_table
from chargehand.storage.tables_looking import COUNTED_BY_TRIGGERS
from chargehand.storage.transaction import Writing

if TYPE_CHECKING:
    # Loaded by the engine where there is a PostgreSQL: it is 5 MB of every process.
    import psycopg

_CHUNK: Final = 1 << 20
# What migrating writes, and what says which form the engine's own tables have.
_NOT_ROWS: Final = frozenset({version_table("main"), version_table("inbox"), "dbos_migrations"})


def require_empty(engine: Engine, *, version: str) -> None:
    """Refuse a database with anything of chargehand's in it.

    Raises: DatabaseNotEmpty naming the schema that was found and this program's version.
    """
    with engine.connect() as connection:
        found = found_revision(connection, "main")
        if found is not None:
            url = engine.url.render_as_string(hide_password=True)
            raise DatabaseNotEmpty(database=url, found=f"schema {found}", version=version)


def load(
    engine: Engine,
    folder: Path,
    manifest: Manifest,
    *,
    path: Path,
    version: str,
    finish: Mapping[OrganizationId, Callable[[Writing], None]],
) -> dict[OrganizationId, ChainPosition]:
    """Make the tables as they were, fill them, bring them to this program's schema, and finish.

    Shape: the engine's own tables are there already, empty; `finish` runs in the same transaction
    for each organization, and the ends of their audit chains come back.
    Raises: BackupDamaged, StoreUnavailable.
    """
    try:
        with engine.connect() as connection, connection.begin():
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            upgrade(connection, "main", manifest.main_schema)
            upgrade(connection, "inbox", manifest.inbox_schema)
            _fill(connection, folder, manifest, path)
            upgrade(connection, "main", "head")
            upgrade(connection, "inbox", "head")
            note_program(connection, version=version)
            return _finish(connection, finish)
    except SQLAlchemyError as error:
        raise StoreUnavailable(detail=str(error)) from error


def _finish(
    connection: Connection, finish: Mapping[OrganizationId, Callable[[Writing], None]]
) -> dict[OrganizationId, ChainPosition]:
    ends = {}
    for organization_id, work in finish.items():
        transaction = Writing(connection, organization_id)
        work(transaction)
        end = transaction.audit.flush()
        if end is not None:
            ends[organization_id] = end
    return ends


def _fill(connection: Connection, folder: Path, manifest: Manifest, path: Path) -> None:
    own = inspect(connection).default_schema_name or "public"
    waiting: dict[tuple[str, str], Member] = {}
    for member in manifest.members:
        schema, _, name = member.name.removeprefix("tables/").removesuffix(".copy").partition(".")
        if member.rows is not None and name not in _NOT_ROWS:
            # The schema of our own tables may have another name in the new database.
            waiting[(ENGINE_SCHEMA if schema == ENGINE_SCHEMA else own, name)] = member
    for schema, name in _in_order(connection, {schema for schema, _ in waiting}):
        if (schema, name) in waiting:
            if name in COUNTED_BY_TRIGGERS:
                connection.execute(text(f"DELETE FROM {quoted(schema)}.{quoted(name)}"))  # noqa: S608
            member = waiting.pop((schema, name))
            _copy_in(connection, schema, name, folder / member.name)
    if any(member.rows for member in waiting.values()):
        names = ", ".join(f"{schema}.{name}" for schema, name in waiting)
        raise BackupDamaged(path=str(path), detail=f"nothing here can hold its tables {names}")


def _in_order(connection: Connection, schemas: set[str]) -> list[tuple[str, str]]:
    """Every table, those first that others refer to."""
    found = []
    for schema in sorted(schemas):
        reflected = MetaData(schema=schema)
        reflected.reflect(connection)
        found += [(schema, table.name) for table in reflected.sorted_tables]
    # Rows that are put in are counted by triggers, so what was counted comes last and anew.
    return sorted(found, key=lambda one: one[1] in COUNTED_BY_TRIGGERS)


def _copy_in(connection: Connection, schema: str, name: str, source: Path) -> None:
    table = f"{quoted(schema)}.{quoted(name)}"
    driver = cast("psycopg.Connection[tuple[str]]", connection.connection.driver_connection)
    with source.open("rb") as file, driver.cursor() as cursor:
        columns = file.readline().decode().rstrip("\n")
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copying:
            while chunk := file.read(_CHUNK):
                copying.write(chunk)
    go_on_counting(connection, schema, name)


def go_on_counting(connection: Connection, schema: str, name: str) -> None:
    """Have the numbers that PostgreSQL gives rows go on after those that were put in."""
    for column in inspect(connection).get_columns(name, schema):
        if column.get("autoincrement") and str(column["default"] or "").startswith("nextval"):
            table = f"{quoted(schema)}.{quoted(name)}"
            _go_on_counting(connection, table, column["name"])


def _go_on_counting(connection: Connection, table: str, column: str) -> None:
    # Names come from the database itself.
    highest = f"coalesce((SELECT max({quoted(column)}) FROM {table}), 0) + 1"  # noqa: S608
    sequence = "pg_get_serial_sequence(:table, :column)"
    connection.execute(
        text(f"SELECT setval({sequence}, {highest}, false)"), {"table": table, "column": column}
    )
