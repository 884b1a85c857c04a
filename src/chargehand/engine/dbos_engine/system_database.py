"""What the database engine handed in must be, checked before the first task is trusted to it."""

from dbos import DBOS
from sqlalchemy import URL, Engine

from chargehand.engine.errors import EngineMisconfigured

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


def _require(setting: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise EngineMisconfigured(setting=setting, found=found, wanted=wanted)
