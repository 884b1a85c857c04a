"""Brings the databases to this program's schema, or says why not."""

from importlib.resources import files

from sqlalchemy import Connection, Engine

from chargehand.storage.engines import WRITES
from chargehand.storage.schema import Branch, is_current


def migrate(engine: Engine, branch: Branch, *, version: str) -> bool:
    """Apply what is missing; True when anything was.

    Raises: SchemaNewer when a newer program wrote the database.
    """
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if is_current(connection, branch, version=version):
            return False
        upgrade(connection, branch, "head")
        return True


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
