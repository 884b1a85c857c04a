"""Brings the databases to this program's schema, or says why not."""

from importlib.resources import files

from sqlalchemy import Connection, Engine, insert, inspect, select

from chargehand.storage.engines import WRITES
from chargehand.storage.locks import take_turn_to_write
from chargehand.storage.schema import Branch, found_revision, is_current
from chargehand.storage.tables_holds import schema_history


def migrate(engine: Engine, branch: Branch, *, version: str) -> bool:
    """Apply what is missing; True when anything was.

    Raises: SchemaNewer when a newer program wrote the database.
    """
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name != "sqlite":
            # Machines that share it may be started at the same moment.
            take_turn_to_write(connection)
        if is_current(connection, branch, version=version):
            return False
        if engine.dialect.name != "sqlite":
            _take_all_the_time(connection)
        upgrade(connection, branch, "head")
        note_program(connection, version=version)
        return True


def _take_all_the_time(connection: Connection) -> None:
    """Let this transaction last as long as it must.

    An index of a million rows, or reading them all to fill a new column, takes longer than any
    statement or pause of a running service may.
    """
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def note_program(connection: Connection, *, version: str) -> None:
    """Remember which program brought `main` to its schema, for an older one to name it."""
    revision = found_revision(connection, "main")
    if revision is None or not inspect(connection).has_table(schema_history.name):
        # The inbox of SQLite is a database of its own.
        return
    known = select(schema_history).where(schema_history.c.revision == revision)
    if connection.execute(known).first() is None:
        connection.execute(insert(schema_history).values(revision=revision, program=version))


def upgrade(connection: Connection, branch: Branch, revision: str) -> None:
    """Bring a database to a revision, inside the caller's transaction."""
    # lazy: alembic takes a third of the time a start has, and most starts find nothing to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = files("chargehand.storage") / "migrations" / branch
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
