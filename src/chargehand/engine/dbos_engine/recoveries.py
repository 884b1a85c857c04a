"""How often a task was taken up after a crash, and when to stop trying.

The library counts as well, but it counts every task it hands back at a start, whether it ran or
not: one task that kills its process would use up the attempts of all that stood beside it. So the
library's limit is off, only runs that began are counted, a stop on purpose is not, and a task that
was cut off twice runs apart from others like it, so that the next death names the one to blame.

The count stands with the task, so it is the same whether one worker starts again and again or one
worker after the other takes the task over. A task that was cut off three times rests before it is
tried once more, or a supervisor would see too many deaths in a minute and give everything up.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from typing import Any, TypeVar

from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")

_ATTRIBUTE = "recoveries"
_SUSPECT_FROM = 2
_RESTS_FROM = 3
# With the deaths before and after, never five of them fall into one minute.
SUSPECT_PAUSE_S = 45.0


class Recoveries:
    """Counts, for one engine, the runs that began because an earlier one was cut off."""

    def __init__(self, limit: int, *, pause_s: float = SUSPECT_PAUSE_S) -> None:
        self._limit = limit
        self._pause_s = pause_s
        self._suspects = asyncio.Lock()

    async def next_of(self, task_id: str) -> int:
        """The number the recovery about to begin would have; the first is 1."""
        status = await detached(DBOS.get_workflow_status_async(task_id))
        return 1 + recoveries_in(status.attributes if status else None)

    def are_too_many(self, recoveries: int) -> bool:
        """Whether this recovery is one beyond the limit."""
        return recoveries > self._limit

    @asynccontextmanager
    async def apart(self, recoveries: int) -> AsyncIterator[None]:
        """Hold back while another suspect runs, if this task is a suspect itself."""
        if recoveries < _SUSPECT_FROM:
            yield
            return
        if recoveries >= _RESTS_FROM:
            await asyncio.sleep(self._pause_s)
        async with self._suspects:
            yield

    async def note_begun(self, task_id: str, recoveries: int) -> None:
        """Count this recovery, before the body can do harm; a first run needs no note."""
        if recoveries:
            await self._note(task_id, recoveries)

    async def note_stopped(self, task_id: str, recoveries: int) -> None:
        """Give the count back: the run was cut off on purpose, and will be recovered once more."""
        # A stop must not turn into a failure of the task for want of this note.
        with suppress(SQLAlchemyError):
            await self._note(task_id, recoveries - 1)

    async def _note(self, task_id: str, recoveries: int) -> None:
        await detached(DBOS.update_workflow_attributes_async(task_id, {_ATTRIBUTE: recoveries}))


def recoveries_in(attributes: dict[str, Any] | None) -> int:
    """The count among a task's attributes; after a stop in the first run it is -1."""
    return int((attributes or {}).get(_ATTRIBUTE, 0))


def detached(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """Run apart from the caller's context.

    Inside a task body the library would take the call for a step of that task, and a task started
    there for its child.
    """
    return asyncio.get_running_loop().create_task(work, context=Context())
