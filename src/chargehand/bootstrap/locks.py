"""One data folder has one worker: a lock the operating system lets go of when its holder dies."""

import fcntl
import os
from pathlib import Path
from typing import IO

from chargehand.bootstrap.errors import AnotherWorkerRuns


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
