"""Starts the durable tasks whose rows are due, each once."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from chargehand.domain.ids import ActionId, AskId
from chargehand.domain.json import JSONObject
from chargehand.engine.port import Task, TaskEngine
from chargehand.kit.clock import Clock
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.flow import answer_task, execute_task
from chargehand.storage.database import Database
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Reading

MOST_RUNNING: Final = 16
_AGAIN_AFTER: Final = timedelta(seconds=5)
_FAILED: Final = frozenset({"failed", "cancelled"})
_DONE: Final = "done"

_Due = tuple[tuple[StoredAsk, ...], tuple[tuple[ActionId, int], ...]]


class _Ended(Enum):
    WITHOUT_OUTCOME = "without_outcome"
    IN_FAILURE = "in_failure"


class Starter:
    """Turns due rows into running tasks, at most a fixed number at a time."""

    def __init__(
        self,
        database: Database,
        engine: TaskEngine,
        answering: Answering,
        executing: Executing,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._answering = answering
        self._executing = executing
        self._clock = clock
        self._running: set[str] = set()
        self._next_due_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether a postponed row's time has come."""
        return self._next_due_at is not None and self._next_due_at <= now

    def ended(self, arguments: JSONObject) -> None:
        """Hear that the task of a row has ended."""
        self._running.discard(_subject(arguments))

    async def start_due(self) -> None:
        """Start what is due and fits; what does not fit starts when something ends."""
        asks, actions = await self._database.aread(self._find_due)
        for action_id, attempts in actions:
            await self._start_action(action_id, attempts)
        for stored in asks:
            await self._start_ask(stored)

    async def _start_action(self, action_id: ActionId, attempts: int) -> None:
        match await self._start(execute_task(action_id, attempt=attempts)):
            case _Ended.WITHOUT_OUTCOME:
                await self._postpone_action(action_id)
            case _Ended.IN_FAILURE:
                await self._executing.report_failed_task(action_id, "task_failed")
            case None:
                return

    async def _start_ask(self, stored: StoredAsk) -> None:
        ask = stored.ask
        match await self._start(
            answer_task(ask.id, revision=ask.revision, attempt=stored.attempts)
        ):
            case _Ended.WITHOUT_OUTCOME:
                await self._postpone_ask(ask.id)
            case _Ended.IN_FAILURE:
                await self._answering.report_failed_task(ask.id, "task_failed")
            case None:
                return

    def _find_due(self, tx: Reading) -> _Due:
        now = self._clock.now()
        # Rows whose task is running are still due, so as many more have to be read.
        limit = MOST_RUNNING + len(self._running)
        waiting = [at for at in (tx.asks.next_due_at(), tx.actions.next_due_at()) if at is not None]
        self._next_due_at = min(waiting, default=None)
        return tx.asks.due(now=now, limit=limit), tx.actions.due(now=now, limit=limit)

    async def _start(self, task: Task) -> "_Ended | None":
        """Start a task; tells when this very attempt had ended before, and how."""
        subject = _subject(task.arguments)
        if subject in self._running or len(self._running) >= MOST_RUNNING:
            return None
        self._running.add(subject)
        if await self._engine.start(task):
            return None
        # The engine has seen this attempt before: it is being recovered, or it ended without
        # moving its row on, which a database that went away in its last step can do.
        self._running.discard(subject)
        state = await self._engine.state_of(task.id)
        if state is None or state.status not in (*_FAILED, _DONE):
            return None
        return _Ended.WITHOUT_OUTCOME if state.status == _DONE else _Ended.IN_FAILURE

    async def _postpone_ask(self, ask_id: AskId) -> None:
        until = self._clock.now() + _AGAIN_AFTER
        await self._database.awrite(
            lambda tx: tx.asks.postpone(ask_id, until=until, problem="task_without_outcome")
        )

    async def _postpone_action(self, action_id: ActionId) -> None:
        until = self._clock.now() + _AGAIN_AFTER
        await self._database.awrite(
            lambda tx: tx.actions.postpone(action_id, until=until, problem="task_without_outcome")
        )


def _subject(arguments: JSONObject) -> str:
    return "|".join(str(value) for value in arguments.values())
