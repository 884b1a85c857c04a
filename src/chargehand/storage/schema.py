"""Which schema a database is at, read without the library that migrates.

Every process looks, few ever migrate: the library is a tenth of the memory of the others.
"""

from importlib.resources import files
from typing import Literal

from sqlalchemy import Connection, Engine, column, inspect, select, table

from chargehand.storage.errors import SchemaMissing, SchemaNewer

Branch = Literal["main", "inbox"]
_MODULE = ".py"
_HISTORY = "schema_history"


def known_revisions(branch: Branch) -> list[str]:
    """The revisions this program knows, newest first; a migration's file begins with its own."""
    folder = files("chargehand.storage") / "migrations" / branch / "versions"
    names = [one.name for one in folder.iterdir() if one.name.endswith(_MODULE)]
    return sorted((n.partition("_")[0] for n in names if not n.startswith("_")), reverse=True)


def found_revision(connection: Connection, branch: Branch) -> str | None:
    """The revision a database is at; None before the first migration."""
    name = version_table(branch)
    if not inspect(connection).has_table(name):
        return None
    revision: str | None = connection.scalar(select(column("version_num")).select_from(table(name)))
    return revision


def require_schema(engine: Engine, branch: Branch, *, version: str) -> None:
    """Make sure that a database is at this program's schema, without changing it.

    Raises: SchemaMissing, SchemaNewer.
    """
    with engine.connect() as connection:
        if not is_current(connection, branch, version=version):
            raise SchemaMissing(database=_name(engine))


def require_known(engine: Engine, branch: Branch, *, version: str) -> str:
    """The revision of a database that this program or an older one migrated.

    Raises: SchemaMissing, SchemaNewer.
    """
    with engine.connect() as connection:
        found = found_revision(connection, branch)
        if found is None:
            raise SchemaMissing(database=_name(engine))
        is_current(connection, branch, version=version)
    return found


def has_older(engine: Engine, branch: Branch, *, version: str) -> bool:
    """Whether a database was migrated before, by an older program.

    Raises: SchemaNewer.
    """
    with engine.connect() as connection:
        is_there = found_revision(connection, branch) is not None
        return not is_current(connection, branch, version=version) and is_there


def is_current(connection: Connection, branch: Branch, *, version: str) -> bool:
    """Whether a database is at this program's schema.

    Raises: SchemaNewer when a newer program wrote the database.
    """
    found, known = found_revision(connection, branch), known_revisions(branch)
    if found is not None and found not in known:
        raise SchemaNewer(
            database=_name(connection.engine),
            writer=_writer_of(connection, found),
            found=found,
            known=known[0],
            version=version,
        )
    return found == known[0]


def version_table(branch: Branch) -> str:
    """Where a branch keeps its revision."""
    return f"chargehand_{branch}_version"


def _writer_of(connection: Connection, revision: str) -> str:
    """The program that brought a database to a revision, in words."""
    if not inspect(connection).has_table(_HISTORY):
        return "a newer chargehand"
    columns = table(_HISTORY, column("revision"), column("program"))
    query = select(columns.c.program).where(columns.c.revision == revision)
    program = connection.scalar(query)
    return f"chargehand {program}" if program else "a newer chargehand"


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
