"""What the database engine handed in must be, checked before the first task is trusted to it."""

from dbos import DBOS
from sqlalchemy import URL, Engine, column, func, inspect, select, table

from chargehand.engine.errors import EngineMisconfigured

# As the library names them.
_SCHEMA = "dbos"
_TASKS = "workflow_status"
_UNFINISHED = ("PENDING", "ENQUEUED", "DELAYED")
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def require_durable(engine: Engine) -> None:
    """Refuse a SQLite engine that would lose acknowledged work or stand in its own way.

    The library sets none of this on an engine handed in: journal in WAL, so that readers do not
    stop the writer; synchronous FULL, so that a power cut keeps what was recorded; the driver's
    IMMEDIATE, since two transactions that began by reading can not both go on to write.
    Raises: EngineMisconfigured, naming the setting.
    Source: docs/decisions/0002-two-sqlite-files.md
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        _require("isolation_level", getattr(driver, "isolation_level", None), "IMMEDIATE")
        for setting, wanted in _PRAGMAS.items():
            found = connection.exec_driver_sql(f"PRAGMA {setting}").scalar()
            _require(setting, found, wanted)


def make_tables(url: URL) -> None:
    """Make the library's tables in a PostgreSQL database, before anything is launched on it.

    Source: https://docs.dbos.dev/python/reference/cli, `dbos migrate`
    """
    DBOS.migrate(url.render_as_string(hide_password=False))


def count_unfinished(engine: Engine) -> int:
    """How many tasks of any process are unfinished; 0 where the library made no tables yet."""
    schema = None if engine.dialect.name == "sqlite" else _SCHEMA
    with engine.connect() as connection:
        if not inspect(connection).has_table(_TASKS, schema):
            return 0
        states = table(_TASKS, column("status"), schema=schema)
        unfinished = select(func.count()).where(states.c.status.in_(_UNFINISHED))
        return connection.execute(unfinished.select_from(states)).scalar_one()


def _require(setting: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise EngineMisconfigured(setting=setting, found=found, wanted=wanted)
