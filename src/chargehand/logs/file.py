"""A log file that several processes write, and that is put aside each day and when it is large.

Every line is one append, so lines of different processes never mix. Whoever finds the file too
large, or from yesterday, renames it while holding a lock; the others notice that the name leads to
another file and open that one.
"""

import fcntl
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chargehand.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class LogLimits:
    """When a file is put aside, and how much of the past is kept.

    Shape: `keep` older files stay, and none of them longer than `keep_days`.
    """

    max_bytes: int
    keep: int
    keep_days: int


class LogFile:
    """What a logger writes to; a file that can not be written lets its lines go to stderr."""

    def __init__(self, path: Path, limits: LogLimits, clock: Clock) -> None:
        """Open the file.

        Raises: OSError.
        """
        self._path = path
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = self._open()

    def write(self, text: str) -> int:
        """Append whole lines."""
        raw = text.encode("utf-8", "backslashreplace")
        try:
            with self._lock:
                self._follow()
                if self._is_due(len(raw)):
                    self._put_aside(len(raw))
                os.write(self._descriptor, raw)
        except OSError:
            # A full disk must not take the service along, nor the line.
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Nothing: a line is with the operating system when `write` returns."""

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            os.close(self._descriptor)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _follow(self) -> None:
        """Open the file anew when its name leads to another one."""
        ours = os.fstat(self._descriptor)
        try:
            named = self._path.stat()
        except FileNotFoundError:
            self._reopen()
            return
        if (ours.st_dev, ours.st_ino) != (named.st_dev, named.st_ino):
            self._reopen()

    def _reopen(self) -> None:
        descriptor = self._open()
        os.close(self._descriptor)
        self._descriptor = descriptor

    def _is_due(self, more_bytes: int) -> bool:
        found = os.fstat(self._descriptor)
        if not found.st_size:
            return False
        written_on = datetime.fromtimestamp(found.st_mtime, UTC).date()
        is_old = written_on < self._clock.now().date()
        return is_old or found.st_size + more_bytes > self._limits.max_bytes

    def _put_aside(self, more_bytes: int) -> None:
        with self._alone():
            # Another process may have done it while we waited.
            self._follow()
            if not self._is_due(more_bytes):
                return
            for number in range(self._limits.keep, 0, -1):
                younger = self._aside(number - 1) if number > 1 else self._path
                with suppress(FileNotFoundError):
                    younger.replace(self._aside(number))
            if not self._limits.keep:
                self._path.unlink(missing_ok=True)
            self._reopen()
            self._forget_old()

    def _forget_old(self) -> None:
        bound = self._clock.now() - timedelta(days=self._limits.keep_days)
        for file in self._path.parent.glob(f"{self._path.name}.*"):
            number = file.name.removeprefix(f"{self._path.name}.")
            if not number.isdigit():
                continue
            with suppress(FileNotFoundError):
                is_old = datetime.fromtimestamp(file.stat().st_mtime, UTC) < bound
                if is_old or int(number) > self._limits.keep:
                    file.unlink()

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(
            self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
