"""Every engine that stands behind the port, opened the way production opens it.

To plug in another one, add its opener to `OPENERS` and its name to `CASES`: the whole contract then
runs on it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from sqlalchemy import Engine, make_url

from chargehand.engine.dbos_engine.engine import DBOSEngine
from chargehand.engine.port import TaskEngine
from chargehand.storage.engines import open_durable_engine

DEADLINE_S = 60.0
_PAUSE_S = 0.01


class Opener(Protocol):
    def __call__(
        self,
        url: str,
        *,
        executor_id: str = "worker-1",
        max_recovery_attempts: int = 5,
        max_running: int = 16,
    ) -> tuple[TaskEngine, Engine]: ...


def open_dbos(
    url: str,
    *,
    executor_id: str = "worker-1",
    max_recovery_attempts: int = 5,
    max_running: int = 16,
) -> tuple[TaskEngine, Engine]:
    database = open_durable_engine(make_url(url))
    engine = DBOSEngine(
        engine=database,
        executor_id=executor_id,
        application_version="1",
        max_recovery_attempts=max_recovery_attempts,
        max_running=max_running,
    )
    return engine, database


OPENERS: dict[str, Opener] = {"dbos": open_dbos}


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; a deadline instead of a hang when it never comes."""

    async def holds() -> bool:
        return condition()

    await until_async(holds)


async def until_async(condition: Callable[[], Awaitable[bool]]) -> None:
    """As `until`, for a condition that has to be asked for."""
    async with asyncio.timeout(DEADLINE_S):
        while not await condition():  # noqa: ASYNC110 -- the engine under test offers no event for it.
            # lint: allow test-sleep — the one waiting loop of these tests, and it has a deadline.
            await asyncio.sleep(_PAUSE_S)


async def until_ended(engine: TaskEngine, *task_ids: str) -> list[str]:
    """Wait until every task has an outcome; how each ended, in the order asked."""
    ended: dict[str, str] = {}

    async def all_ended() -> bool:
        for task_id in task_ids:
            if task_id not in ended:
                state = await engine.state_of(task_id)
                if state is None or state.status == "pending":
                    return False
                ended[task_id] = state.status
        return True

    await until_async(all_ended)
    return [ended[task_id] for task_id in task_ids]
