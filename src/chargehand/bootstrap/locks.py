"""Locks on the data folder, which the operating system lets go of when their holder dies.

One data folder has one worker, and on PostgreSQL may have one clock. Whoever opens the databases
shares their use; whoever replaces them has it alone.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from chargehand.bootstrap.errors import (
    AnotherWorkerRuns,
    DataFolderFull,
    DataFolderInUse,
    DataFolderUnusable,
    RestoreUnderWay,
)
from chargehand.domain.errors import ChargehandError

WORKER: Final = "worker.lock"
_USE: Final = "use.lock"
_RESTORE: Final = "restore.lock"


class FolderLock:
    """Held for as long as this object is open."""

    def __init__(self, path: Path, *, role: str = "worker") -> None:
        self._path = path
        self._role = role
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock without waiting.

        Raises: AnotherWorkerRuns naming the process that holds it, DataFolderUnusable,
        DataFolderFull.
        """
        file = _opened(self._path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            named = _holder(file)
            file.close()
            raise AnotherWorkerRuns(role=self._role, holder=named, path=str(self._path)) from error
        _name_holder(file)
        self._file = file

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None


class FolderUse:
    """A share in the use of the databases of a data folder; any number of processes have one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None

    def share(self) -> None:
        """Take a share without waiting.

        Raises: DataFolderInUse while the databases are being replaced, DataFolderUnusable,
        DataFolderFull.
        """
        file = _opened(self._folder / _USE)
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            detail = "they are being replaced by a restore or a copy"
            raise DataFolderInUse(path=str(self._folder), detail=detail) from error
        self._file = file

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Have the databases of a data folder alone, to replace them.

    Raises: RestoreUnderWay, AnotherWorkerRuns, DataFolderInUse.
    """
    with ExitStack() as held:
        restore = held.enter_context(_opened(folder / _RESTORE))
        try:
            fcntl.flock(restore, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RestoreUnderWay(holder=_holder(restore), path=str(folder)) from error
        _name_holder(restore)
        worker = FolderLock(folder / WORKER)
        worker.take()
        held.callback(worker.release)
        use = held.enter_context(_opened(folder / _USE))
        try:
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            detail = "the front or a command has them open"
            raise DataFolderInUse(path=str(folder), detail=detail) from error
        yield


def _opened(path: Path) -> IO[str]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unusable(path.parent, error, name=path.name) from error
    return os.fdopen(descriptor, "r+", encoding="utf-8")


def _name_holder(file: IO[str]) -> None:
    # The lock holds without it: on a full disk nobody is named, and the service goes on.
    with suppress(OSError):
        os.ftruncate(file.fileno(), 0)
        os.pwrite(file.fileno(), str(os.getpid()).encode(), 0)


def unusable(folder: Path, error: OSError, *, name: str = "") -> ChargehandError:
    """What is wrong with a data folder, by what the operating system said of it, or of a file."""
    detail = error.strerror or str(error)
    detail = f"{name}: {detail}" if name else detail
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DataFolderFull(path=str(folder), detail=detail)
    return DataFolderUnusable(path=str(folder), detail=detail)


def _holder(file: IO[str]) -> str:
    holder = file.read().strip()
    return f" (process {holder})" if holder else ""
