"""Keeps the worker going: dispatch, start due tasks, poll, expire; wakes when there is something.

Nothing here busy-waits: a nudge from the front or a finished task wakes it at once, another
process's write is noticed by a cheap change check, and due times set the alarm.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from chargehand.domain.ids import ActionId, AskId, ConnectionId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.engine.port import StepRunner, TaskBody, TaskEngine
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.account_checks import AccountChecks
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.approving import expire_approvals
from chargehand.pipeline.chat_views import ChatViews
from chargehand.pipeline.connecting import connect, look_again
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.dispatching import Dispatcher
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.flags import end_expired_flags
from chargehand.pipeline.flow import ANSWER, EXECUTE
from chargehand.pipeline.listening import Listening
from chargehand.pipeline.local_stops import LocalStops
from chargehand.pipeline.pacing import SYNC_EVERY_S, Pacing
from chargehand.pipeline.poll_waking import PollWaking
from chargehand.pipeline.polling import Polling
from chargehand.pipeline.pruning import Pruning
from chargehand.pipeline.round_log import RoundLog
from chargehand.pipeline.sharing import (
    ACCOUNTS,
    APPROVALS,
    DISPATCH,
    HOUSEKEEPING,
    OUTGOING,
    PRUNE,
    REMIND,
    SUBSCRIBERS,
    TELL,
    VIEWS,
    WATCH,
    Alone,
    Share,
)
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.starting import Starter, task_subjects
from chargehand.pipeline.taking_over import BEAT_EVERY_S
from chargehand.pipeline.working_signs import WorkingSigns
from chargehand.storage.changes import ChangeCheck
from chargehand.storage.database import Database
from chargehand.storage.errors import LeaseLost, StoreBusy, StoreUnavailable
from chargehand.storage.transaction import Writing

_CHECK_EVERY_S: Final = 0.25
# What arrives within this time shares a round, and with it one transaction; the first never waits.
_DISPATCH_EVERY_S: Final = 0.05
_START_EVERY_S: Final = 0.02
_HOUSEKEEPING_EVERY_S: Final = 5.0
_PRUNE_EVERY_S: Final = 3600.0
# After a start there is more urgent work.
_FIRST_PRUNE_AFTER_S: Final = 60.0
_WATCH_EVERY_S: Final = 15.0
_TELL_EVERY_S: Final = 15.0
_OUTGOING_EVERY_S: Final = 2.0
_REMIND_EVERY_S: Final = 5.0
_SUBSCRIBERS_EVERY_S: Final = 10.0
_APPROVALS_EVERY_S: Final = 10.0
_CONNECT_AGAIN_S: Final = 15.0
_FIRST_POLL_WITHIN_S: Final = 15.0
_LOOK_AGAIN_EVERY_S: Final = 600.0
_ACCOUNTS_EVERY_S: Final = 600.0
_LOOK_FOR_STRANDED_EVERY_S: Final = 30.0
_AFTER_FAILURE_S: Final = 1.0
_log = get_logger()


async def watch_nothing() -> None:
    """Leave the operator alone: what a worker in a test does."""


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What bootstrap hands the worker.

    Shape: `watch` is called now and then for as long as it lives, and so are `tell`, which is None
    when notices go nowhere but into the log, `outgoing`, which is None without outgoing webhooks,
    `remind`, which says how many reminders became deliveries, and `subscribers` and `approvals`,
    which say how many messages they proposed; `views` and `signs` are None where no chat is
    connected, and `accounts` where nobody tells whether accounts work.
    """

    database: Database
    engine: TaskEngine
    dispatcher: Dispatcher
    answering: Answering
    executing: Executing
    spending: Spending
    pollings: Mapping[ConnectionId, Polling]
    connections: Mapping[ConnectionId, LiveConnection]
    changes: ChangeCheck
    pruning: Pruning
    clock: Clock
    watch: Callable[[], Awaitable[None]] = watch_nothing
    tell: Callable[[], Awaitable[None]] | None = None
    outgoing: Callable[[], Awaitable[None]] | None = None
    remind: Callable[[], Awaitable[int]] | None = None
    subscribers: Callable[[], Awaitable[int]] | None = None
    approvals: Callable[[], Awaitable[int]] | None = None
    share: Share = field(default_factory=Alone)
    views: ChatViews | None = None
    signs: WorkingSigns | None = None
    pacing: Pacing | None = None
    accounts: AccountChecks | None = None
    listenings: Mapping[ConnectionId, Listening] = field(default_factory=dict)


class Worker:
    """Everything the worker process does until it is told to stop."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._deliveries = asyncio.Event()
        self._work = asyncio.Event()
        self._stopping = asyncio.Event()
        self._was_turned_away = False
        self._waking = PollWaking()
        self._rounds = RoundLog()
        self._local_stops = LocalStops(parts.database, clock=parts.clock)
        self.starter = Starter(
            parts.database,
            parts.engine,
            parts.answering,
            parts.executing,
            clock=parts.clock,
            share=parts.share,
        )

    def nudge(self) -> None:
        """Say that a delivery was stored."""
        self._deliveries.set()

    def stop(self) -> None:
        """Take nothing new; `run` returns when what is under way has ended."""
        self._stopping.set()
        self._deliveries.set()
        self._work.set()
        self._waking.stop()

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
            group.create_task(self._every("check", self._check, _CHECK_EVERY_S))
            group.create_task(self._every("look", self._parts.share.look, BEAT_EVERY_S))
            keep_house = self._on_duty(HOUSEKEEPING, self._keep_house)
            group.create_task(self._every("housekeeping", keep_house, _HOUSEKEEPING_EVERY_S))
            group.create_task(self._prune_for_good())
            group.create_task(
                self._every("stranded", self._take_up_stranded, _LOOK_FOR_STRANDED_EVERY_S)
            )
            watch = self._on_duty(WATCH, self._parts.watch)
            group.create_task(self._every("watch", watch, _WATCH_EVERY_S))
            if (pacing := self._parts.pacing) is not None:
                group.create_task(
                    self._every("limits", lambda: pacing.sync(self._parts.database), SYNC_EVERY_S)
                )
            if self._parts.tell is not None:
                tell = self._on_duty(TELL, self._parts.tell)
                group.create_task(self._every("tell", tell, _TELL_EVERY_S))
            if self._parts.outgoing is not None:
                tell = self._on_duty(OUTGOING, self._parts.outgoing)
                group.create_task(self._every("outgoing", tell, _OUTGOING_EVERY_S))
            if self._parts.remind is not None:
                remind = self._on_duty(REMIND, self._remind)
                group.create_task(self._every("remind", remind, _REMIND_EVERY_S))
            if (subscribers := self._parts.subscribers) is not None:
                tell = self._on_duty(SUBSCRIBERS, lambda: self._proposing(subscribers))
                group.create_task(self._every("subscribers", tell, _SUBSCRIBERS_EVERY_S))
            if (approvals := self._parts.approvals) is not None:
                remind = self._on_duty(APPROVALS, lambda: self._proposing(approvals))
                group.create_task(self._every("approvals", remind, _APPROVALS_EVERY_S))
            if (accounts := self._parts.accounts) is not None:
                group.create_task(self._check_accounts_for_good(accounts))
            for connection in self._parts.connections.values():
                group.create_task(self._attend(connection))

    async def _dispatch(self) -> bool:
        async with self._parts.share.turn(DISPATCH) as is_ours:
            # Whoever has the turn may have looked before the last delivery was stored.
            self._was_turned_away = not is_ours
            closed = await asyncio.to_thread(self._parts.dispatcher.dispatch) if is_ours else 0
        if closed:
            self._work.set()
            self._waking.want(self._parts.dispatcher.take_wanted_polls())
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
            if self._stopping.is_set():
                break
            await self._pause(_AFTER_FAILURE_S)
        # An end of any kind would be recorded as the outcome; the process ends instead.
        never: asyncio.Future[JSONValue] = asyncio.get_running_loop().create_future()
        return await never

    def _on_duty(
        self, duty: str, work: Callable[[], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        """The work, left alone while another worker has its duty."""

        async def run() -> None:
            if await self._parts.share.has(duty):
                await work()

        return run

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

    async def _keep_house(self) -> None:
        now = self._parts.clock.now()

        def work(tx: Writing) -> None:
            expire_approvals(tx, now=now)
            end_expired_flags(tx, now=now)

        await self._parts.database.awrite(work)
        await self._parts.spending.end_expired()

    async def _remind(self) -> None:
        remind = self._parts.remind
        if remind is not None and await remind():
            self._deliveries.set()

    async def _proposing(self, work: Callable[[], Awaitable[int]]) -> None:
        if await work():
            self._work.set()

    async def _prune_for_good(self) -> None:
        await self._pause(_FIRST_PRUNE_AFTER_S)
        await self._every("prune", self._on_duty(PRUNE, self._prune), _PRUNE_EVERY_S)

    async def _check_accounts_for_good(self, accounts: AccountChecks) -> None:
        """Look, after a start and whatever was urgent then, whose day is over."""

        async def look() -> None:
            await accounts.look(self._go_on_after)

        await self._pause(_ACCOUNTS_EVERY_S)
        await self._every("accounts", self._on_duty(ACCOUNTS, look), _ACCOUNTS_EVERY_S)

    async def _go_on_after(self, seconds: float) -> bool:
        await self._pause(seconds)
        return not self._stopping.is_set()

    async def _prune(self) -> None:
        """One run, resting between its steps; what is left when told to stop goes another time."""
        run = self._parts.pruning.begin()
        while await asyncio.to_thread(run.step) and not self._stopping.is_set():
            await self._pause(run.rest_s)
        await asyncio.to_thread(run.finish, by="worker")
        if any(run.removed.values()):
            _log.info("retention.pruned", **{kept.value: n for kept, n in run.removed.items()})

    async def _attend(self, connection: LiveConnection) -> None:
        """Connect, however long it takes; then poll for good, where it is wanted."""
        while not await self._guarded("connect", lambda: self._connect_once(connection)):
            await self._pause(_CONNECT_AGAIN_S)
            if self._stopping.is_set():
                return
        self._deliveries.set()
        async with asyncio.TaskGroup() as group:
            if (listening := self._parts.listenings.get(connection.id)) is not None:
                listen = self._on_duty(
                    f"listen:{connection.id}", lambda: listening.listen(self._stopping)
                )
                group.create_task(self._every("listen", listen, _CONNECT_AGAIN_S))
            group.create_task(self._poll(connection))
            group.create_task(self._look_again(connection))

    async def _poll(self, connection: LiveConnection) -> None:
        polling, interval = self._parts.pollings.get(connection.id), connection.poll_interval
        if polling is not None and interval is not None:
            await self._let_what_was_left_go_first()
            poll = self._on_duty(f"poll:{connection.id}", _discard(polling.poll))
            while not self._stopping.is_set():
                await self._guarded("poll", lambda: _true_after(poll))
                await self._waking.rest(connection.id, interval.total_seconds(), pause=self._pause)

    async def _let_what_was_left_go_first(self) -> None:
        """Wait, but not for long, until nothing is under way any more.

        The first poll after a start looks at everything that changed meanwhile, and whoever
        approved something before the start has waited longer than those it finds.
        """
        until_s = monotonic() + _FIRST_POLL_WITHIN_S
        while self.starter.is_busy and monotonic() < until_s and not self._stopping.is_set():
            await self._pause(_CHECK_EVERY_S)

    async def _look_again(self, connection: LiveConnection) -> None:
        """Ask now and then whether the sign-in still works; polling asks all the time."""
        if connection.id in self._parts.pollings:
            return

        async def look() -> None:
            await look_again(connection, self._parts.database, clock=self._parts.clock)

        await self._pause(_LOOK_AGAIN_EVERY_S)
        await self._every(
            "look again", self._on_duty(f"call:{connection.id}", look), _LOOK_AGAIN_EVERY_S
        )

    async def _connect_once(self, connection: LiveConnection) -> bool:
        return await connect(connection, self._parts.database, clock=self._parts.clock)

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
        while not self._stopping.is_set():
            next_s = monotonic() + every_s
            wake.clear()
            if not await self._guarded(name, work):
                await wake.wait()
            await self._pause(next_s - monotonic())

    async def _every(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        while not self._stopping.is_set():
            await self._guarded(name, lambda: _true_after(work))
            await self._pause(seconds)

    async def _guarded(self, name: str, work: Callable[[], Awaitable[bool]]) -> bool:
        """One round; a failure is told, waits a second, and does not end the worker."""
        try:
            has_more = await work()
        except Exception as error:  # noqa: BLE001 - the worker loop is one of the three edges.
            self._rounds.failed(name, error)
            await self._pause(_AFTER_FAILURE_S)
            return name in ("dispatch", "start")
        self._rounds.worked(name)
        return has_more

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


async def _true_after(work: Callable[[], Awaitable[None]]) -> bool:
    await work()
    return True


def _discard(work: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await work()

    return run
