"""Starts the durable tasks whose rows are due, each once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from enum import Enum
from time import monotonic
from typing import Final

from chargehand.domain.ids import ActionId, AskId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.engine.port import MOST_TAKEOVERS, Task, TaskEngine
from chargehand.kit.clock import Clock
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.flow import answer_task, execute_task
from chargehand.pipeline.sharing import Alone, Share
from chargehand.storage.database import Database
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Reading

MOST_ASKS: Final = 16
# The rest is for the others: what one project's questions wait for may not answer for long.
MOST_ASKS_OF_A_PROJECT: Final = 8
MOST_ACTIONS: Final = 96
ACTIONS_PER_TASK: Final = 24
# Behind the asks of a project that is full those of others may be due; the rest goes next time.
_MOST_LOOKS: Final = 4
_AGAIN_AFTER: Final = timedelta(seconds=5)
# Another worker is at it; how it ends is seen by its row.
_ASK_AGAIN_AFTER_S: Final = 2.0
_FAILED: Final = frozenset({"failed", "cancelled"})
_DONE: Final = "done"

_Due = tuple[tuple[StoredAsk, ...], tuple[tuple[ActionId, int], ...]]


class _Ended(Enum):
    WITHOUT_OUTCOME = "without_outcome"
    IN_FAILURE = "in_failure"
    GIVEN_UP = "given_up"


_PROBLEMS: Final = {
    _Ended.IN_FAILURE: "task_failed",
    # It was under way each time a worker died, so it is most likely why.
    _Ended.GIVEN_UP: "taken_over_too_often",
}


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
        share: Share | None = None,
    ) -> None:
        self._share: Share = share if share is not None else Alone()
        self._elsewhere: dict[str, float] = {}
        self._database = database
        self._engine = engine
        self._answering = answering
        self._executing = executing
        self._clock = clock
        self._asks: dict[str, ProjectKey] = {}
        self._actions: set[str] = set()
        self._next_due_at: datetime | None = None
        self._has_looked = False

    @property
    def is_busy(self) -> bool:
        """Whether something that was begun here has not ended, or nobody looked for work yet."""
        return not self._has_looked or bool(self._asks or self._actions)

    def is_due(self, now: datetime) -> bool:
        """Whether a postponed row's time has come."""
        return self._next_due_at is not None and self._next_due_at <= now

    def ended(self, arguments: JSONObject) -> None:
        """Hear that the task of some rows has ended."""
        for subject in task_subjects(arguments):
            self._asks.pop(subject, None)
        self._actions.difference_update(task_subjects(arguments))

    async def start_due(self) -> None:
        """Start what is due and fits; what does not fit starts when something ends."""
        asks, actions = await self._database.aread(self._find_due)
        is_mine = self._share.is_mine
        fresh = [due for due in actions if due[0] not in self._actions and is_mine(due[0])]
        room = MOST_ACTIONS - len(self._actions)
        for start in range(0, min(room, len(fresh)), ACTIONS_PER_TASK):
            await self._start_actions(dict(fresh[start : start + ACTIONS_PER_TASK]))
        for _ in range(_MOST_LOOKS):
            if not await self._start_asks(asks):
                break
            asks = await self._database.aread(self._find_due_asks)
        self._has_looked = True

    async def _start_asks(self, due: Sequence[StoredAsk]) -> bool:
        """Start asks that fit; whether others may be due behind those of projects that are full."""
        is_mine, full = self._share.is_mine, self._full_projects()
        has_left_out = False
        for stored in due:
            ask = stored.ask
            # What is asked about one item is answered by one worker, who sees what it said before.
            if ask.id in self._asks or not is_mine(ask.subject):
                continue
            if len(self._asks) >= MOST_ASKS:
                return False
            if ask.project in self._full_projects():
                has_left_out = has_left_out or ask.project not in full
                continue
            await self._start_ask(stored)
        return has_left_out

    def _full_projects(self) -> frozenset[ProjectKey]:
        """The projects of which as many asks are worked on as may be."""
        running = Counter(self._asks.values())
        return frozenset(one for one, n in running.items() if n >= MOST_ASKS_OF_A_PROJECT)

    def _find_due(self, tx: Reading) -> _Due:
        now = self._clock.now()
        # After a restore the gate lets nothing through, so actions wait here for its lifting.
        is_held = tx.holds.current() is not None
        next_action_at = None if is_held else tx.actions.next_due_at()
        waiting = [at for at in (tx.asks.next_due_at(), next_action_at) if at is not None]
        self._next_due_at = min(waiting, default=None)
        # Rows whose task is running are still due, and so are those of other workers: as many more
        # have to be read.
        actions = _readable(MOST_ACTIONS + len(self._actions), self._share.workers)
        return (
            self._find_due_asks(tx),
            () if is_held else tx.actions.due(now=now, limit=actions),
        )

    def _find_due_asks(self, tx: Reading) -> tuple[StoredAsk, ...]:
        limit = _readable(MOST_ASKS + len(self._asks), self._share.workers)
        full = self._full_projects()
        return tx.asks.due(now=self._clock.now(), limit=limit, leave_out=full)

    async def _start_actions(self, attempts: Mapping[ActionId, int]) -> None:
        self._actions.update(attempts)
        match await self._start(execute_task(attempts)):
            case _Ended.WITHOUT_OUTCOME:
                for action_id in attempts:
                    await self._postpone_action(action_id)
            case _Ended.IN_FAILURE | _Ended.GIVEN_UP if len(attempts) > 1:
                # One of them broke the task; alone, each shows which.
                for action_id, attempt in attempts.items():
                    await self._start_actions({action_id: attempt})
            case _Ended.IN_FAILURE | _Ended.GIVEN_UP as ended:
                for action_id in attempts:
                    await self._executing.report_failed_task(action_id, _PROBLEMS[ended])
            case None:
                return

    async def _start_ask(self, stored: StoredAsk) -> None:
        ask = stored.ask
        self._asks[ask.id] = ask.project
        match await self._start(
            answer_task(ask.id, revision=ask.revision, attempt=stored.attempts)
        ):
            case _Ended.WITHOUT_OUTCOME:
                await self._postpone_ask(ask.id)
            case _Ended.IN_FAILURE | _Ended.GIVEN_UP as ended:
                await self._answering.report_failed_task(ask.id, _PROBLEMS[ended])
            case None:
                return

    async def _start(self, task: Task) -> "_Ended | None":
        """Start a task; tells when this very attempt had ended before, and how."""
        if self._elsewhere.get(task.id, 0.0) > monotonic():
            self.ended(task.arguments)
            return None
        with ExitStack() as undo:
            # Its rows stay due; noted as running, nobody would look at them again.
            undo.callback(self.ended, task.arguments)
            if await self._engine.start(task):
                undo.pop_all()
                return None
        # The engine has seen this attempt before: it is being recovered, or it ended without
        # moving its row on, which a database that went away in its last step can do.
        state = await self._engine.state_of(task.id)
        if state is None or state.status not in (*_FAILED, _DONE):
            self._note_elsewhere(task.id)
            return None
        if state.status == _DONE:
            return _Ended.WITHOUT_OUTCOME
        is_given_up = state.recovery_attempts >= MOST_TAKEOVERS
        return _Ended.GIVEN_UP if is_given_up else _Ended.IN_FAILURE

    def _note_elsewhere(self, task_id: str) -> None:
        now_s = monotonic()
        self._elsewhere = {one: at for one, at in self._elsewhere.items() if at > now_s}
        self._elsewhere[task_id] = now_s + _ASK_AGAIN_AFTER_S

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


def _readable(wanted: int, workers: int) -> int:
    """How many due rows to read so that this worker's share of them is surely large enough."""
    return wanted if workers == 1 else 2 * workers * wanted


def task_subjects(arguments: JSONObject) -> tuple[str, ...]:
    """The rows a task is about."""
    if "ask_id" in arguments:
        return (str(arguments["ask_id"]),)
    action_ids = arguments.get("action_ids")
    return tuple(str(one) for one in action_ids) if isinstance(action_ids, list | tuple) else ()
