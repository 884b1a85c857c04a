"""The budget door on our database: what is not reserved here is not sent to a model.

Requests of one process that come while a transaction runs are reserved together in the next one:
they share its commit, and each is told only afterwards.

Nobody waits long. Within half a second there is a reservation, a refusal, or a retryable error; and
what was spent is written later when the database is busy now. Whoever is cancelled while waiting
leaves no reservation behind.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

from chargehand.budgets.caps import BudgetRules, Refusal, refused
from chargehand.budgets.money import to_usd
from chargehand.domain.budget import ReservationRecord, SettledBy
from chargehand.domain.errors import ChargehandError, Rejected, Retryable
from chargehand.domain.ids import ReservationId
from chargehand.domain.switches import Subject
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.barriers import barriers
from chargehand.pipeline.reserving import (
    Reserved,
    ReserveOutcome,
    cost_of,
    end_expired,
    release,
    reserve_all,
    settle,
    settle_at_worst,
)
from chargehand.plugins.budget import ModelsStopped, SpendRequest, Spent
from chargehand.storage.database import Database
from chargehand.storage.errors import StoreBusy
from chargehand.storage.transaction import Writing

# Longer than any model request may take, so that nobody is still waiting for an answer by then.
EXPIRES_AFTER: Final = timedelta(minutes=15)
# Below half a second together with what the transaction itself takes on a busy machine.
_WAIT_S: Final = 0.25
_LEAST_WAIT_S: Final = 0.05
# What reserves together takes far less than the 50 ms a write may last.
_MOST_TOGETHER: Final = 16
_MOST_WAITING: Final = 1000
_MOST_AT_ONCE: Final = 50
_TRY_AGAIN_S: Final = 1.0
_MOST_TRIES: Final = 300
_log = get_logger()

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """A request that waits for its turn, until a moment of the monotonic clock."""

    request: SpendRequest
    until_s: float
    outcome: "asyncio.Future[ReserveOutcome]"

    def fail(self, error: ChargehandError) -> None:
        """Tell whoever waits, if anybody still does."""
        self.outcome.set_exception(error)
        # Whoever was cancelled meanwhile does not ask any more.
        self.outcome.exception()


class Spending:
    """The budget door on our database; safe to use from any number of processes."""

    def __init__(
        self,
        database: Database,
        *,
        rules: BudgetRules,
        clock: Clock,
        expires_after: timedelta = EXPIRES_AFTER,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._expires_after = expires_after
        self._under_way: set[asyncio.Task[Any]] = set()
        self._waiting: list[_Wanted] = []
        self._is_reserving = False

    async def reserve(self, request: SpendRequest) -> Decimal:
        """Take the worst case out of every budget it counts against, within half a second.

        Raises: BudgetExceeded, ModelsStopped, ReservationClosed, ReservationDiffers, AmountInvalid,
        all Rejected; StoreBusy and StoreUnavailable, retryable, after which nothing may be sent.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise StoreBusy
        outcome: asyncio.Future[ReserveOutcome] = asyncio.get_running_loop().create_future()
        wanted = _Wanted(request, monotonic() + _WAIT_S, outcome)
        self._waiting.append(wanted)
        if not self._is_reserving:
            self._is_reserving = True
            self._start(self._reserve_waiting())
        try:
            found = await asyncio.shield(outcome)
        except asyncio.CancelledError:
            if wanted in self._waiting:
                self._waiting.remove(wanted)
            else:
                # A transaction can not be stopped, and whoever asked will send nothing.
                self._start(self._undo(outcome, request.reservation_id))
            raise
        if isinstance(found, Refusal):
            raise refused(found, self._rules.zone)
        if isinstance(found, Rejected):
            raise found
        return to_usd(found.micro_usd)

    async def _reserve_waiting(self) -> None:
        """Reserve what waits, as much as one transaction takes at a time, until none is left."""
        try:
            while self._waiting:
                part = self._waiting[:_MOST_TOGETHER]
                del self._waiting[:_MOST_TOGETHER]
                await self._reserve_part(part)
        finally:
            self._is_reserving = False

    async def _reserve_part(self, part: "list[_Wanted]") -> None:
        requests = [one.request for one in part]
        now = self._clock.now()
        expires_at = now + self._expires_after

        def work(tx: Writing) -> list[ReserveOutcome]:
            in_force = barriers(tx, now=now)
            why = [
                in_force.before_model(Subject(project=one.project, agent=one.agent))
                for one in requests
            ]
            free = [one for one, word in zip(requests, why, strict=True) if not word]
            reserved = iter(
                reserve_all(tx, free, rules=self._rules, expires_at=expires_at, now=now)
            )
            return [ModelsStopped(why=word) if word else next(reserved) for word in why]

        # Who came first has waited for the transaction before already.
        wait_s = max(part[0].until_s - monotonic(), _LEAST_WAIT_S)
        try:
            outcomes = await self._database.awrite_within(wait_s, work)
        except ChargehandError as error:
            for one in part:
                one.fail(error)
        else:
            for one, outcome in zip(part, outcomes, strict=True):
                one.outcome.set_result(outcome)
        finally:
            # Whatever ended this, nobody may wait for ever.
            for one in part:
                if not one.outcome.done():
                    one.fail(StoreBusy())

    async def settle(self, reservation_id: ReservationId, spent: Spent) -> Decimal:
        """Replace a reservation by what it cost; settling twice is settling once.

        Raises: ReservationUnknown, ReservationClosed when it was released; StoreUnavailable.
        """
        now, rules = self._clock.now(), self._rules
        return await self._finish(
            reservation_id,
            lambda tx: settle(tx, reservation_id, spent, rules=rules, now=now),
            lambda record: cost_of(record, spent),
        )

    async def settle_unknown(self, reservation_id: ReservationId) -> Decimal:
        """Settle at the worst case, when a request may have been sent and nothing is known of it.

        Raises: as `settle`.
        """
        now, rules = self._clock.now(), self._rules
        return await self._finish(
            reservation_id,
            lambda tx: settle_at_worst(
                tx, reservation_id, by=SettledBy.ASSUMED, rules=rules, now=now
            ),
            lambda record: record.reserved_micro_usd,
        )

    async def release(self, reservation_id: ReservationId) -> None:
        """Give a reservation back, when nothing was sent; releasing twice is releasing once.

        Raises: ReservationUnknown, ReservationClosed when it was settled; StoreUnavailable.
        """
        now, rules = self._clock.now(), self._rules
        await self._finish(
            reservation_id,
            lambda tx: release(tx, reservation_id, rules=rules, now=now),
            lambda _record: 0,
        )

    async def end_expired(self) -> int:
        """Settle at their worst case the reservations whose owners never came back; how many."""
        now = self._clock.now()
        found = await self._database.aread(
            lambda tx: tx.reservations.expired(now, limit=_MOST_AT_ONCE)
        )
        for reservation_id in found:
            await self._database.awrite(
                partial(end_expired, reservation_id=reservation_id, rules=self._rules, now=now)
            )
        return len(found)

    async def idle(self) -> None:
        """Return when nothing that callers left behind is under way any more."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _finish(
        self,
        reservation_id: ReservationId,
        work: Callable[[Writing], int],
        expect: Callable[[ReservationRecord], int],
    ) -> Decimal:
        """Do what must happen to a reservation, whatever becomes of the caller.

        A database that stays busy is not waited for: reading needs no lock, so the caller hears
        what it will be, and it is written as soon as that is possible.
        """
        finishing = self._start(self._database.awrite_within(_WAIT_S, work))
        try:
            return to_usd(await asyncio.shield(finishing))
        except StoreBusy:
            record = await self._database.aread(lambda tx: tx.reservations.find(reservation_id))
            if record is None:
                raise
        self._start(self._finish_later(reservation_id, work))
        return to_usd(expect(record))

    async def _finish_later(
        self, reservation_id: ReservationId, work: Callable[[Writing], int]
    ) -> None:
        for _ in range(_MOST_TRIES):
            try:
                await self._database.awrite(work)
            except Retryable:
                await asyncio.sleep(_TRY_AGAIN_S)
            except Rejected as error:
                _log.warning("spending.reservation_not_ended", id=reservation_id, code=error.code)
                return
            else:
                return
        # It expires then, at its worst case.
        _log.warning("spending.reservation_not_ended", id=reservation_id, code=StoreBusy.code)

    async def _undo(
        self, reserving: "asyncio.Future[ReserveOutcome]", reservation_id: ReservationId
    ) -> None:
        try:
            outcome = await reserving
            if isinstance(outcome, Reserved) and outcome.is_new:
                await self.release(reservation_id)
        except (Rejected, Retryable):
            # Nothing was reserved, or it will expire.
            return

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(work)
        # The event loop itself holds tasks only weakly.
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task
