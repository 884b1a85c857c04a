"""Waits for SQLite's write lock by looking often.

SQLite's own waiting doubles the pause between two looks until it is 100 ms, so a lock that is taken
again and again for a millisecond is found free after a twentieth of a second or later. Under load
that was most of the time a webhook waited for its answer.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

T = TypeVar("T")
PATIENCE_S: Final = "chargehand_patience_s"
DEFAULT_PATIENCE_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.001
# Of the kinds of busy these end by waiting; a snapshot that is too old stays so.
_WAITING_HELPS: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY})


def patiently(call: Callable[[], T], *, patience_s: float) -> T:
    """What a call gives once the lock is free.

    Raises: sqlite3.OperationalError when it is not within the patience, and what the call raises.
    """
    started_s = time.monotonic()
    while True:
        try:
            return call()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _WAITING_HELPS:
                raise
            if time.monotonic() - started_s >= patience_s:
                raise
        time.sleep(_LOOK_EVERY_S)


def patience_of(engine: Engine) -> float:
    """How long calls through an engine wait for the lock, in seconds."""
    patience_s: float = engine.get_execution_options().get(PATIENCE_S, DEFAULT_PATIENCE_S)
    return patience_s


def make_patient(engine: Engine) -> None:
    """Have every statement of a SQLite engine wait so.

    Whatever waits is the first statement of its transaction, which has not begun when it is
    refused, so giving it again is safe.
    """

    @event.listens_for(engine, "do_execute")
    def _execute(
        cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext
    ) -> bool:
        patience_s = context.execution_options.get(PATIENCE_S, DEFAULT_PATIENCE_S)
        patiently(lambda: cursor.execute(statement, parameters), patience_s=patience_s)
        return True

    @event.listens_for(engine, "do_executemany")
    def _execute_many(
        cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext
    ) -> bool:
        patience_s = context.execution_options.get(PATIENCE_S, DEFAULT_PATIENCE_S)
        patiently(lambda: cursor.executemany(statement, parameters), patience_s=patience_s)
        return True
