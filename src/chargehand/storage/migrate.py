"""Brings the databases to this program's schema, or says why not."""

from functools import cache
from importlib.resources import files
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from chargehand.storage.engines import WRITES
from chargehand.storage.errors import SchemaMissing, SchemaNewer

Branch = Literal["main", "inbox"]


def migrate(engine: Engine, branch: Branch, *, version: str) -> bool:
    """Apply what is missing; True when anything was.

    Raises: SchemaNewer when a newer program wrote the database.
    """
    config = _config(branch)
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        found, known = _found(connection, branch), _known(branch)
        if found == known[0]:
            return False
        if found is not None and found not in known:
            raise _newer(engine, found, known[0], version)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return True


def require_schema(engine: Engine, branch: Branch, *, version: str) -> None:
    """Make sure that a database is at this program's schema, without changing it.

    Raises: SchemaMissing, SchemaNewer.
    """
    with engine.connect() as connection:
        found, known = _found(connection, branch), _known(branch)
    if found == known[0]:
        return
    if found is not None and found not in known:
        raise _newer(engine, found, known[0], version)
    raise SchemaMissing(database=_name(engine))


def _found(connection: Connection, branch: Branch) -> str | None:
    """What a database is at; None when it was never migrated."""
    context = MigrationContext.configure(
        connection, opts={"version_table": f"chargehand_{branch}_version"}
    )
    return context.get_current_revision()


@cache
def _known(branch: Branch) -> tuple[str, ...]:
    """What this program knows, newest first; reading it compiles every migration."""
    scripts = ScriptDirectory.from_config(_config(branch)).walk_revisions()
    return tuple(script.revision for script in scripts)


def _config(branch: Branch) -> Config:
    config = Config()
    folder = files("chargehand.storage") / "migrations" / branch
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    return config


def _newer(engine: Engine, found: str, known: str, version: str) -> SchemaNewer:
    return SchemaNewer(database=_name(engine), found=found, known=known, version=version)


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
