"""A cheap answer to the question whether anything was stored since it was last asked."""

import threading
from typing import Protocol

from sqlalchemy import Engine, PoolProxiedConnection, text


class VersionSource(Protocol):
    """Reads the version of the data."""

    def read(self) -> str:
        """Equal texts mean that nothing was committed in between."""
        ...

    def close(self) -> None:
        """Let go of what is kept; safe to call twice."""
        ...


def open_version_source(engine: Engine) -> VersionSource:
    """The source for an engine's kind of database."""
    if engine.dialect.name == "sqlite":
        return _SQLiteVersion(engine)
    return _PostgresVersion(engine)


class _SQLiteVersion:
    """Keeps one connection, since the number means something on that connection only.

    Source: https://www.sqlite.org/pragma.html#pragma_data_version, 2026-11-20.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pooled: PoolProxiedConnection | None = None
        self._opened = 0

    def read(self) -> str:
        with self._lock:
            if self._pooled is None:
                self._pooled = self._engine.raw_connection()
                self._opened += 1
            cursor = self._pooled.cursor()
            cursor.execute("PRAGMA data_version")
            (version,) = cursor.fetchone() or (None,)
            cursor.close()
        return f"{self._opened}:{version}"

    def close(self) -> None:
        with self._lock:
            if self._pooled is not None:
                self._pooled.close()
                self._pooled = None


class _PostgresVersion:
    """Two equal snapshots see the same data; any write transaction makes a new one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> str:
        with self._engine.connect() as connection:
            return str(connection.execute(text("SELECT pg_current_snapshot()::text")).scalar_one())

    def close(self) -> None:
        """Nothing is kept."""
