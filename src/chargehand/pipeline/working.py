"""Keeps the worker going: dispatch, start due tasks, do duties; wakes when there is something.

Nothing here busy-waits: a nudge from the front or a finished task wakes it at once, another
process's write is noticed by a cheap change check, and due times set the alarm.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from chargehand.domain.ids import ActionId, AskId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.engine.port import StepRunner, TaskBody, TaskEngine
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.chat_views import ChatViews
from chargehand.pipeline.dispatching import Dispatcher
from chargehand.pipeline.duties import Duties, DutyParts
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.flow import ANSWER, EXECUTE
from chargehand.pipeline.local_stops import LocalStops
from chargehand.pipeline.rounds import AFTER_FAILURE_S, Rounds
from chargehand.pipeline.sharing import DISPATCH, VIEWS, Alone, Share
from chargehand.pipeline.starting import Starter, task_subjects
from chargehand.pipeline.working_signs import WorkingSigns
from chargehand.storage.changes import ChangeCheck
from chargehand.storage.database import Database
from chargehand.storage.errors import LeaseLost, StoreBusy, StoreUnavailable

_CHECK_EVERY_S: Final = 0.25
# What arrives within this time shares a round, and with it one transaction; the first never waits.
_DISPATCH_EVERY_S: Final = 0.05
_START_EVERY_S: Final = 0.02
_LOOK_FOR_STRANDED_EVERY_S: Final = 30.0
_log = get_logger()


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What bootstrap hands the worker.

    Shape: `views` and `signs` are None where no chat is connected.
    """

    database: Database
    engine: TaskEngine
    dispatcher: Dispatcher
    answering: Answering
    executing: Executing
    changes: ChangeCheck
    clock: Clock
    duties: DutyParts
    share: Share = field(default_factory=Alone)
    views: ChatViews | None = None
    signs: WorkingSigns | None = None


class Worker:
    """Everything the worker process does until it is told to stop."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._deliveries = asyncio.Event()
        self._work = asyncio.Event()
        self._was_turned_away = False
        self._rounds = Rounds()
        self._local_stops = LocalStops(parts.database, clock=parts.clock)
        self.starter = Starter(
            parts.database,
            parts.engine,
            parts.answering,
            parts.executing,
            clock=parts.clock,
            share=parts.share,
        )
        self._duties = Duties(parts.duties, self._rounds, beside=self)

    @property
    def is_busy(self) -> bool:
        """Whether something that was begun here has not ended, or nobody looked for work yet."""
        return self.starter.is_busy

    def deliveries_stored(self) -> None:
        """Say that a delivery was stored."""
        self._deliveries.set()

    def work_proposed(self) -> None:
        """Say that there may be something to start."""
        self._work.set()

    def stop(self) -> None:
        """Take nothing new; `run` returns when what is under way has ended."""
        self._duties.stop()
        self._deliveries.set()
        self._work.set()

    def task_bodies(self) -> Mapping[str, TaskBody]:
        """The durable tasks this worker can run."""
        answering, executing = self._parts.answering, self._parts.executing

        async def answer(steps: StepRunner, arguments: JSONObject) -> JSONValue:
            ask_id = AskId(str(arguments["ask_id"]))
            return await steps.step(
                "answer", lambda: self._outlasting(lambda: answering.answer(ask_id))
            )

        async def execute(steps: StepRunner, arguments: JSONObject) -> JSONValue:
            action_ids = [ActionId(action_id) for action_id in task_subjects(arguments)]
            return await steps.step(
                "execute", lambda: self._outlasting(lambda: executing.execute(action_ids))
            )

        return {ANSWER: self._ending(answer), EXECUTE: self._ending(execute)}

    async def run(self) -> None:
        """Work until `stop`; every loop outlives the failures of a single round."""
        async with asyncio.TaskGroup() as group:
            group.create_task(
                self._repeat("dispatch", self._dispatch, self._deliveries, _DISPATCH_EVERY_S)
            )
            group.create_task(self._repeat("start", self._start, self._work, _START_EVERY_S))
            group.create_task(self._rounds.every("check", self._check, _CHECK_EVERY_S))
            group.create_task(
                self._rounds.every("stranded", self._take_up_stranded, _LOOK_FOR_STRANDED_EVERY_S)
            )
            group.create_task(self._duties.run())

    async def _dispatch(self) -> bool:
        async with self._parts.share.turn(DISPATCH) as is_ours:
            # Whoever has the turn may have looked before the last delivery was stored.
            self._was_turned_away = not is_ours
            closed = await asyncio.to_thread(self._parts.dispatcher.dispatch) if is_ours else 0
        if closed:
            self._work.set()
            await self._duties.want_polls(self._parts.dispatcher.take_wanted_polls())
        return closed > 0

    async def _start(self) -> bool:
        if self._parts.share.may_begin():
            await self._refresh_views()
            await self.starter.start_due()
            await self._look_at_signs()
        return False

    async def _refresh_views(self) -> None:
        """Propose the edits of messages that show approvals which were decided."""
        if self._parts.views is None or not await self._parts.share.has(VIEWS):
            return
        while await self._parts.views.refresh():
            pass

    async def _look_at_signs(self) -> None:
        """Propose that signs of work come and go; after what is due, which they must not delay."""
        signs = self._parts.signs
        if signs is not None and await self._parts.share.has(VIEWS) and await signs.look():
            self._work.set()

    async def _take_up_stranded(self) -> None:
        if self._parts.share.may_begin():
            await self._parts.engine.take_up_stranded()

    async def _outlasting(self, work: Callable[[], Awaitable[JSONValue]]) -> JSONValue:
        """The outcome of `work`, tried again for as long as the database is away.

        What was done before it went away is not done twice: this is a step, and a step may run
        again. A worker that stops meanwhile leaves it unfinished.
        """
        while True:
            try:
                return await work()
            except (StoreUnavailable, StoreBusy) as error:
                _log.warning("worker.step_waits_for_store", code=error.code)
            except LeaseLost:
                break
            if self._rounds.is_stopping:
                break
            await self._rounds.pause(AFTER_FAILURE_S)
        # An end of any kind would be recorded as the outcome; the process ends instead.
        never: asyncio.Future[JSONValue] = asyncio.get_running_loop().create_future()
        return await never

    async def _check(self) -> None:
        changes = self._parts.changes
        # Four times a second for ever: a thread would cost more than the look.
        seen = changes.look() if changes.is_instant else await asyncio.to_thread(changes.look)
        if seen.inbox or self._was_turned_away:
            self._deliveries.set()
        now, signs = self._parts.clock.now(), self._parts.signs
        is_due = self.starter.is_due(now) or (signs is not None and signs.is_due(now))
        if seen.main or is_due:
            self._work.set()
        await self._local_stops.look()

    def _ending(self, body: TaskBody) -> TaskBody:
        """The body, waking the starter when it ends, however it ends."""

        async def run(steps: StepRunner, arguments: JSONObject) -> JSONValue:
            try:
                return await body(steps, arguments)
            finally:
                self.starter.ended(arguments)
                self._work.set()

        return run

    async def _repeat(
        self, name: str, work: Callable[[], Awaitable[bool]], wake: asyncio.Event, every_s: float
    ) -> None:
        """Run rounds for as long as there is work, then sleep until woken."""
        while not self._rounds.is_stopping:
            next_s = monotonic() + every_s
            wake.clear()
            # A round that failed is tried again at once.
            if await self._rounds.guarded(name, work) is False:
                await wake.wait()
            await self._rounds.pause(next_s - monotonic())
