"""The library's own log lines, as one event of ours."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from structlog.typing import FilteringBoundLogger

from chargehand.engine.errors import TaskFailed

LIBRARY_REPORTED = "engine.library_reported"
_LIBRARY = "dbos"
# A database that is away has it say the same every second.
_SAID_EVERY_S: Final = 60.0
_KEPT: Final = 100


class _Bridge(logging.Handler):
    def __init__(self, log: FilteringBoundLogger, is_stopping: Callable[[], bool]) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._is_stopping = is_stopping
        self._said_at: OrderedDict[str, float] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, TaskFailed):
            # Already logged by the engine, with the error that caused it.
            return
        if self._is_stopping() and record.levelno < logging.ERROR:
            # While stopping, its warnings tell of the tasks that were cancelled on purpose.
            return
        message = record.getMessage()
        if self._was_said(message, record.created):
            return
        fields: dict[str, Any] = {"message": message, "exc_info": error}
        self._log.log(record.levelno, LIBRARY_REPORTED, **fields)

    def _was_said(self, message: str, now_s: float) -> bool:
        """Whether the very same was said within the last minute."""
        said_at = self._said_at.get(message)
        if said_at is not None and abs(now_s - said_at) < _SAID_EVERY_S:
            return True
        self._said_at[message] = now_s
        self._said_at.move_to_end(message)
        if len(self._said_at) > _KEPT:
            self._said_at.popitem(last=False)
        return False


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
