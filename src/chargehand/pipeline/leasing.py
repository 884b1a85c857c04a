"""Keeps the lease of a worker or a clock, knows the others, and sees to those that are gone.

Whoever's lease is gone does not try to get it back: it stops beginning anything, waits until the
database answers, and has the process ended at once. Ending like that is what every part of the
pipeline is made for, and a fresh start is sure to know nothing that is over.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import datetime
from time import monotonic
from typing import Final, TypeVar

from chargehand.domain.errors import Retryable
from chargehand.domain.ids import ProcessId
from chargehand.domain.process import LEASED_ROLES, ProcessRecord, ProcessRole, ProcessState
from chargehand.engine.port import TaskEngine
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.sharing import OF_WORKERS, TAKE_OVER, is_of
from chargehand.pipeline.taking_over import (
    BEAT_EVERY_S,
    DEAD_AFTER_S,
    FROZEN_AFTER_S,
    SURE_FOR_S,
    Watch,
)
from chargehand.storage.database import Database
from chargehand.storage.errors import LeaseLost
from chargehand.storage.leases import Lease
from chargehand.storage.transaction import Writing

T = TypeVar("T")
_LONGEST_BEAT_S: Final = 8.0
_LOOK_FOR_LEFT_S: Final = 5.0
_AGAIN_AFTER_S: Final = 0.5
_log = get_logger()


class Leasing:
    """The share of one process among several; keeps `pipeline.sharing.Share`.

    Shape: `engine` is None in a clock, which takes nobody's tasks over; `lost` ends the process; it
    is called once, with the reason.
    """

    def __init__(
        self,
        lease: Lease,
        process: ProcessRecord,
        database: Database,
        engine: TaskEngine | None,
        *,
        clock: Clock,
        lost: Callable[[str], None],
    ) -> None:
        self._lease = lease
        self._process_id = process.id
        self._is_clock = process.role is ProcessRole.CLOCK
        self._database = database
        self._engine = engine
        self._clock = clock
        self._lost = lost
        self._watch = Watch()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chargehand-lease")
        self._seen: Sequence[ProcessRecord] = ()
        self._workers: Sequence[ProcessId] = ()
        self._clocks = 0
        self._living: frozenset[ProcessId] = frozenset()
        self._duties: set[str] = set()
        self._wishes: set[str] = set()
        # The lease was just taken.
        self._confirmed_s = monotonic()
        self._looked_for_left_s = 0.0
        self._is_lost = False
        self._is_draining = False

    @property
    def workers(self) -> int:
        """Among how many workers the work is divided."""
        return max(1, len(self._workers))

    @property
    def callers(self) -> int:
        """How many processes ask vendors, and have to stay within their limits together."""
        return max(1, len(self._workers) + self._clocks)

    def may_begin(self) -> bool:
        """Whether the lease is surely still ours; after a stop of this process it is not."""
        is_sure = monotonic() - self._confirmed_s < SURE_FOR_S
        return is_sure and not self._is_lost and not self._is_draining

    def is_mine(self, key: str) -> bool:
        """Whether the work with this key is for this worker to begin."""
        return is_of(self._process_id, key, self._workers)

    async def has(self, duty: str) -> bool:
        """Whether this process has a duty, which it takes for good when nobody has it.

        Shape: a worker leaves a duty to a clock that wishes for it, between two rounds; a clock
        whose own machine can not do it never wishes for it, and one that died wishes no more.
        """
        if not self.may_begin():
            return False
        if not self._is_clock and await self._is_for_a_clock(duty):
            await self._drop(duty)
            return False
        if duty not in self._duties and await self._in_thread(lambda: self._lease.take_duty(duty)):
            self._duties.add(duty)
        if self._is_clock:
            await self._wish(duty)
        return duty in self._duties

    @asynccontextmanager
    async def turn(self, duty: str) -> AsyncIterator[bool]:
        """Have a duty for a moment; False when another worker has it."""
        has_it = self.may_begin() and await self._in_thread(lambda: self._lease.take_duty(duty))
        try:
            yield has_it
        finally:
            if has_it:
                await self._in_thread(lambda: self._lease.drop_duty(duty))

    @asynccontextmanager
    async def alone(self, duty: str) -> AsyncIterator[None]:
        """Wait for a duty and have it for a moment."""
        while not await self._in_thread(lambda: self._lease.take_duty(duty)):  # noqa: ASYNC110 - another process lets go of it.
            await asyncio.sleep(_AGAIN_AFTER_S)
        try:
            yield
        finally:
            await self._in_thread(lambda: self._lease.drop_duty(duty))

    async def begin(self) -> None:
        """Let the others know that this worker takes its share."""
        await self._move(ProcessState.WORKING)
        await self._beat()

    async def keep(self) -> None:
        """Beat, until cancelled or until the lease is gone."""
        while True:
            try:
                async with asyncio.timeout(_LONGEST_BEAT_S):
                    await self._beat()
            except LeaseLost as error:
                self._lose(str(error))
                return
            except (Retryable, TimeoutError) as error:
                await self._wait_for_database(error)
                return
            await asyncio.sleep(BEAT_EVERY_S)

    async def look(self) -> None:
        """See to the others that are gone, and to what they left; called about once a beat."""
        with ExitStack() as undo:
            # Whoever can not look has seen nothing, and must not think that the others stood still.
            undo.callback(self._watch.forget)
            if self.may_begin():
                await self._see_to_the_gone()
                undo.pop_all()

    async def drain(self) -> None:
        """Leave everything new, and every duty, to the others at once."""
        self._is_draining = True
        if self._is_lost:
            return
        await self._move(ProcessState.DRAINING)
        for duty in sorted(self._wishes):
            await self._drop_wish(duty)
        for duty in sorted(self._duties):
            await self._drop(duty)

    async def end(self) -> None:
        """Hand back what is left: whoever sees that this worker has ended goes on with it."""
        if not self._is_lost:
            # When the database is away, the others see it by the lease.
            with suppress(Retryable):
                await self._move(ProcessState.ENDED)
        self._thread.shutdown(wait=True)

    async def _beat(self) -> None:
        asked_s, now = monotonic(), self._clock.now()
        seen = await self._in_thread(lambda: self._lease.beat(now=now))
        self._confirmed_s = asked_s
        self._seen = [one for one in seen if one.role in LEASED_ROLES]
        working = [one for one in self._seen if one.state is ProcessState.WORKING]
        self._workers = [one.id for one in working if one.role is ProcessRole.WORKER]
        self._clocks = len(working) - len(self._workers)

    async def _is_for_a_clock(self, duty: str) -> bool:
        if self._clocks == 0 or duty in OF_WORKERS:
            return False
        return await self._in_thread(lambda: self._lease.is_wished_for(duty))

    async def _wish(self, duty: str) -> None:
        """Have a worker leave a duty to this clock, for as long as this clock does not have it."""
        if duty in self._duties:
            await self._drop_wish(duty)
        elif duty not in self._wishes and await self._in_thread(lambda: self._lease.wish_for(duty)):
            self._wishes.add(duty)

    async def _drop(self, duty: str) -> None:
        if duty in self._duties:
            self._duties.discard(duty)
            await self._in_thread(lambda: self._lease.drop_duty(duty))

    async def _drop_wish(self, duty: str) -> None:
        if duty in self._wishes:
            self._wishes.discard(duty)
            await self._in_thread(lambda: self._lease.drop_wish(duty))

    async def _see_to_the_gone(self) -> None:
        others = self._seen
        living = frozenset(one.id for one in others if one.is_live)
        has_changed, self._living = bool(self._living - living), living
        silent = self._watch.look(others, me=self._process_id, now_s=monotonic())
        for process_id, silent_s in silent.items():
            if silent_s >= DEAD_AFTER_S and await self._is_gone(process_id, silent_s):
                await self._declare_dead(process_id, others)
                has_changed = True
        if has_changed or monotonic() - self._looked_for_left_s > _LOOK_FOR_LEFT_S:
            await self._take_over_left()

    async def _is_gone(self, process_id: ProcessId, silent_s: float) -> bool:
        if await self._in_thread(lambda: self._lease.is_free(process_id)):
            return True
        if silent_s < FROZEN_AFTER_S:
            return False
        # It holds its lease and its duties, and will not let go of them by itself.
        await self._in_thread(lambda: self._lease.cut(process_id))
        return True

    async def _declare_dead(self, process_id: ProcessId, others: Sequence[ProcessRecord]) -> None:
        """From here on nothing of it is written any more, should it still live."""
        now = self._clock.now()
        is_first = await self._in_thread(
            lambda: self._lease.move(process_id, ProcessState.TAKEN_OVER, now=now)
        )
        if not is_first:
            return
        [dead] = [one for one in others if one.id == process_id]
        if dead.role is ProcessRole.CLOCK:
            _log.warning("clock.taken_over", process_id=process_id, host=dead.host, pid=dead.pid)
            tell = _tell_of_clock
        else:
            _log.warning("worker.taken_over", process_id=process_id, host=dead.host, pid=dead.pid)
            tell = _tell_of_worker
        await self._database.awrite(lambda tx: tell(tx, dead, now=now))

    async def _take_over_left(self) -> None:
        """Go on with what stands under workers that are not among the living."""
        if self._engine is None or not await self.has(TAKE_OVER):
            return
        self._looked_for_left_s = monotonic()
        # In this order: a worker is written down before it begins anything.
        at_work = await self._engine.executors_at_work()
        seen = await self._in_thread(self._lease.look)
        left = at_work - {one.id for one in seen if one.is_live}
        if left:
            tasks = await self._engine.take_over(left)
            _log.warning("worker.tasks_taken_over", executors=sorted(left), tasks=tasks)

    async def _wait_for_database(self, error: BaseException) -> None:
        self._is_lost = True
        _log.error("worker.lease_lost", detail=str(error) or type(error).__name__)
        while True:
            await asyncio.sleep(_AGAIN_AFTER_S)
            try:
                async with asyncio.timeout(_LONGEST_BEAT_S):
                    await asyncio.to_thread(self._lease.answers)
            except (Retryable, TimeoutError):
                continue
            self._lost("the connection to the database was cut, and it answers again")
            return

    def _lose(self, why: str) -> None:
        self._is_lost = True
        self._lost(why)

    async def _move(self, state: ProcessState) -> None:
        now = self._clock.now()
        moved = await self._in_thread(lambda: self._lease.move(self._process_id, state, now=now))
        if not moved:
            self._lose("it was not heard of for too long")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _tell_of_worker(tx: Writing, dead: ProcessRecord, *, now: datetime) -> None:
    tell_operator(
        tx,
        "worker_taken_over",
        subject_id=dead.id,
        text=f"The worker on {dead.host} (process {dead.pid}) was not heard of any more; "
        "the others go on with its work. See `chargehand status`.",
        now=now,
    )


def _tell_of_clock(tx: Writing, dead: ProcessRecord, *, now: datetime) -> None:
    tell_operator(
        tx,
        "clock_taken_over",
        subject_id=dead.id,
        text=f"The clock on {dead.host} (process {dead.pid}) was not heard of any more; "
        "the others have its duties. See `chargehand status`.",
        now=now,
    )
