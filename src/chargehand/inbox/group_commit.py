"""The inbox as requests see it: hand in a delivery, wait until it is durable."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.ids import DeliveryId
from chargehand.inbox.errors import InboxFull, InboxUnavailable
from chargehand.inbox.ports import InboxWatcher, StoreBatch, StoreOutcome
from chargehand.inbox.writer import InboxLimits, Waiting, Writer, WriterReports
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id

Outcome: TypeAlias = asyncio.Future[StoreOutcome]
DEFAULT_LIMITS = InboxLimits()
_RETRY_FULL_S = 1
_RETRY_CLOSED_S = 5


class InboxState(StrEnum):
    """Whether deliveries are taken: `unavailable` mends itself, `dead` ends the process."""

    STOPPED = "stopped"
    RUNNING = "running"
    UNAVAILABLE = "unavailable"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class InboxHealth:
    """How the inbox is; `commit_age_s` is None until the first commit, which start makes."""

    state: InboxState
    commit_age_s: float | None
    waiting: int
    waiting_bytes: int
    reason: str


class GroupCommit:
    """A bounded queue in front of one writer thread.

    Every method belongs to the event loop that `start` was called on.
    """

    def __init__(
        self, store: StoreBatch, *, clock: Clock, limits: InboxLimits = DEFAULT_LIMITS
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._watchers: list[InboxWatcher] = []
        self._started: _Started | None = None
        self._state = InboxState.STOPPED
        self._reason = "not started"
        self._last_commit_at: datetime | None = None
        self._waiting: set[Outcome] = set()
        self._waiting_bytes = 0

    def watch(self, watcher: InboxWatcher) -> None:
        """Tell `watcher` what happens from now on."""
        self._watchers.append(watcher)

    def start(self) -> None:
        """Start the writer, which at once proves that the store can be written; once."""
        loop = asyncio.get_running_loop()
        on_loop = loop.call_soon_threadsafe
        reports = WriterReports(
            committed=lambda batch, outcomes, s: on_loop(self._committed, batch, outcomes, s),
            refused=lambda batch, error: on_loop(self._refused, batch, error),
            ended=lambda error: on_loop(self._writer_ended, error),
        )
        writer = Writer(self._store, clock=self._clock, limits=self._limits, reports=reports)
        self._started = _Started(loop, writer, ended=asyncio.Event())
        self._state, self._reason = InboxState.RUNNING, ""
        writer.start()

    async def put(self, delivery: VerifiedDelivery) -> StoreOutcome:
        """Store a delivery; returns after the commit.

        Raises: InboxFull when too much waits, InboxUnavailable when it could not be stored.
        """
        started = self._started
        if started is None or self._state is not InboxState.RUNNING:
            raise InboxUnavailable(reason=self._reason, retry_after_s=_RETRY_CLOSED_S)
        size_bytes = len(delivery.body)
        self._refuse_when_full(size_bytes)
        outcome: Outcome = started.loop.create_future()
        self._waiting.add(outcome)
        self._waiting_bytes += size_bytes
        delivery_id = DeliveryId(new_id("dlv", self._clock.now()))
        started.writer.put(Waiting(delivery_id, delivery, outcome))
        try:
            return await outcome
        finally:
            self._waiting.discard(outcome)
            self._waiting_bytes -= size_bytes

    async def stop(self, *, timeout_s: float = 10.0) -> bool:
        """Take nothing new and write what waits; False when the writer did not end in time.

        Safe to call twice, and at the same time.
        """
        started = self._started
        if started is None:
            return True
        if self._state is not InboxState.DEAD:
            self._state, self._reason = InboxState.STOPPED, "stopped"
        started.writer.stop()
        try:
            async with asyncio.timeout(timeout_s):
                await started.ended.wait()
        except TimeoutError:
            self._fail(list(self._waiting), _unavailable("the writer did not end in time"))
            return False
        started.writer.join()
        return True

    def health(self, now: datetime) -> InboxHealth:
        """How the inbox is at this moment."""
        last = self._last_commit_at
        return InboxHealth(
            state=self._state,
            commit_age_s=None if last is None else max(0.0, (now - last).total_seconds()),
            waiting=len(self._waiting),
            waiting_bytes=self._waiting_bytes,
            reason=self._reason,
        )

    def _refuse_when_full(self, size_bytes: int) -> None:
        limits = self._limits
        if (
            len(self._waiting) >= limits.waiting_deliveries
            or self._waiting_bytes + size_bytes > limits.waiting_bytes
        ):
            raise InboxFull(
                waiting=len(self._waiting),
                waiting_bytes=self._waiting_bytes,
                retry_after_s=_RETRY_FULL_S,
            )

    def _committed(
        self, batch: Sequence[Waiting], outcomes: Sequence[StoreOutcome], took_s: float
    ) -> None:
        self._last_commit_at = self._clock.now()
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if not waiting.outcome.done():
                waiting.outcome.set_result(outcome)
        if self._state is InboxState.UNAVAILABLE:
            self._state, self._reason = InboxState.RUNNING, ""
            for watcher in self._watchers:
                watcher.came_back()
        for watcher in self._watchers:
            watcher.committed(outcomes, took_s=took_s)

    def _refused(self, batch: Sequence[Waiting], error: InboxUnavailable) -> None:
        self._fail([waiting.outcome for waiting in batch], error)
        if self._state is InboxState.RUNNING:
            self._state, self._reason = InboxState.UNAVAILABLE, error.reason
            for watcher in self._watchers:
                watcher.went_away(error)

    def _writer_ended(self, error: BaseException | None) -> None:
        if self._started is not None:
            self._started.ended.set()
        if error is None:
            return
        self._state, self._reason = InboxState.DEAD, "the writer died"
        self._fail(list(self._waiting), _unavailable(self._reason, cause=error))
        for watcher in self._watchers:
            watcher.died(error)

    def _fail(self, outcomes: Sequence[Outcome], error: InboxUnavailable) -> None:
        for outcome in outcomes:
            if not outcome.done():
                # Each request gets an error of its own: a shared one would gather tracebacks.
                own = InboxUnavailable(**error.fields)
                own.__cause__ = error
                outcome.set_exception(own)


@dataclass(frozen=True, slots=True)
class _Started:
    loop: asyncio.AbstractEventLoop
    writer: Writer
    ended: asyncio.Event


def _unavailable(reason: str, *, cause: BaseException | None = None) -> InboxUnavailable:
    error = InboxUnavailable(reason=reason, retry_after_s=_RETRY_CLOSED_S)
    error.__cause__ = cause
    return error
