"""The library's own log lines, as one event of ours."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from structlog.typing import FilteringBoundLogger

from chargehand.engine.errors import TaskFailed

LIBRARY_REPORTED = "engine.library_reported"
_LIBRARY = "dbos"


class _Bridge(logging.Handler):
    def __init__(self, log: FilteringBoundLogger, is_stopping: Callable[[], bool]) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._is_stopping = is_stopping

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, TaskFailed):
            # Already logged by the engine, with the error that caused it.
            return
        if self._is_stopping() and record.levelno < logging.ERROR:
            # While stopping, its warnings tell of the tasks that were cancelled on purpose.
            return
        fields: dict[str, Any] = {"message": record.getMessage(), "exc_info": error}
        self._log.log(record.levelno, LIBRARY_REPORTED, **fields)


@contextmanager
def library_log(log: FilteringBoundLogger, *, is_stopping: Callable[[], bool]) -> Iterator[None]:
    """Send what the library logs to `log` while open, instead of to its own console handler."""
    logger = logging.getLogger(_LIBRARY)
    before = logger.handlers[:], logger.propagate
    logger.handlers, logger.propagate = [_Bridge(log, is_stopping)], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before
