"""The log file of the settings."""

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
    limits = LogLimits(
        max_bytes=settings.log.max_bytes, keep=settings.log.keep, keep_days=settings.log.keep_days
    )
    try:
        return LogFile(path, limits, SystemClock())
    except OSError as error:
        raise LogFileUnusable(path=str(path), detail=error.strerror or str(error)) from error
