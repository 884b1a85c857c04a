"""The log file of the settings."""

import os
from pathlib import Path

from chargehand.bootstrap.errors import LogFileUnusable
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock
from chargehand.logs.file import LogFile, LogLimits


def open_log_file(settings: Settings) -> LogFile | None:
    """The file lines go to; None when they go to standard error.

    Raises: LogFileUnusable.
    """
    path = settings.log.file
    if path is None:
        return None
    return _open(path, settings)


def open_present_log_file(settings: Settings) -> LogFile | None:
    """The same for a command, which may be run by another user: only a file it need not make."""
    path = settings.log.file
    if path is None or not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return None
    return _open(path, settings)


def _open(path: Path, settings: Settings) -> LogFile:
    limits = LogLimits(
        max_bytes=settings.log.max_bytes, keep=settings.log.keep, keep_days=settings.log.keep_days
    )
    try:
        return LogFile(path, limits, SystemClock())
    except OSError as error:
        raise LogFileUnusable(path=str(path), detail=error.strerror or str(error)) from error
