"""SQLAlchemy engines, configured for what production does to a database."""

from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import TypeAlias

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from chargehand.storage.patience import make_patient

DatabaseURL: TypeAlias = URL
DatabaseEngine: TypeAlias = Engine
BUSY_TIMEOUT_S = 5
WRITES = "chargehand_writes"
_POOL_SIZE = 8
# A process that stops in the middle of a transaction keeps its locks, and everybody else waits; so
# the server ends that transaction. It has to be shorter than it takes until a worker that does not
# move is taken over: what a stopped worker had begun to write is surely gone by then.
IDLE_TRANSACTION_S = 10
_OPTIONS = (
    f"-c statement_timeout=30000 -c idle_in_transaction_session_timeout={IDLE_TRANSACTION_S}s"
)
# Noticed within seconds on both ends: a machine that vanished must not keep its lease for hours.
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_SERVER_KEEPALIVE = (
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)


def sqlite_url(path: Path) -> URL:
    """The URL of one SQLite file."""
    return URL.create("sqlite", database=str(path))


def postgres_url(url: str) -> URL:
    """A PostgreSQL URL for the one driver we use; `postgres://` is accepted too."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg")


def is_postgres(url: str) -> bool:
    """Whether a database URL names PostgreSQL."""
    return url.startswith(("postgres://", "postgresql://", "postgresql+psycopg://"))


def open_engine(url: URL) -> Engine:
    """The engine for our own tables: explicit BEGIN, and BEGIN IMMEDIATE where we mean to write."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None},
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_SIZE,
        )
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        make_patient(engine)
        return engine
    return create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_SIZE,
        pool_pre_ping=True,
        connect_args={"connect_timeout": BUSY_TIMEOUT_S, "options": _OPTIONS},
    )


def open_durable_engine(url: URL) -> Engine:
    """The durable engine's own engine on the same database.

    It keeps the driver's transactions, IMMEDIATE on SQLite: with ours, whose BEGIN is explicit,
    its writes would fail at start.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": "IMMEDIATE"}
        )
        event.listen(engine, "connect", _set_pragmas)
        make_patient(engine)
        return engine
    return create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": BUSY_TIMEOUT_S,
            "options": f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_S}s",
        },
    )


def open_lease_engine(url: URL) -> Engine:
    """For the one connection that holds a worker's lease; PostgreSQL only.

    It has no transactions: the server would end one that idles, and the lease with it, before the
    worker that stands still counts as frozen.
    """
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={
            "connect_timeout": BUSY_TIMEOUT_S,
            "tcp_user_timeout": 10_000,
            **_KEEPALIVE,
            "options": f"-c statement_timeout=5000 {_SERVER_KEEPALIVE}",
        },
    )


def _set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(connection, SQLiteConnection):
        return
    level = connection.isolation_level
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA wal_autocheckpoint=4000")
    # What is deleted is overwritten: otherwise its bytes stay in free pages for years.
    cursor.execute("PRAGMA secure_delete=ON")
    # From here on `patience` waits; what is above needs SQLite's own waiting at a first start.
    cursor.execute("PRAGMA busy_timeout=0")
    cursor.close()
    connection.isolation_level = level


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
