"""One data folder has one worker: a lock the operating system lets go of when its holder dies."""

import fcntl
import os
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, text

from chargehand.bootstrap.errors import AnotherWorkerRuns

# Any number will do as long as every chargehand takes the same one.
_ADVISORY_KEY = 0x0C8A26E_4A2D


class FolderLock:
    """Held for as long as this object is open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock without waiting.

        Raises: AnotherWorkerRuns naming the process that holds it.
        """
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read().strip()
            file.close()
            named = f" (process {holder})" if holder else ""
            raise AnotherWorkerRuns(holder=named, path=str(self._path)) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None


class DatabaseLock:
    """The same for PostgreSQL, where workers may run on different machines."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take the lock without waiting.

        Raises: AnotherWorkerRuns.
        """
        connection = self._engine.connect()
        query = text("SELECT pg_try_advisory_lock(:key)")
        is_ours = connection.execute(query, {"key": _ADVISORY_KEY}).scalar_one()
        connection.commit()
        if not is_ours:
            connection.close()
            raise AnotherWorkerRuns(holder="", path="the database")
        self._connection = connection

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
