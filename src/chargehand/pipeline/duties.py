"""Does what has its time: the duties that one process at a time has for all of them.

A worker does them beside its tasks, and a clock does nothing else. Whoever does not have a duty
asks for it every few seconds, so one whose holder died does not wait for its next round.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Protocol

from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.account_checks import AccountChecks
from chargehand.pipeline.address_matching import AddressMatching
from chargehand.pipeline.approving import expire_approvals
from chargehand.pipeline.connecting import connect, look_again
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.flags import end_expired_flags
from chargehand.pipeline.listening import Listening
from chargehand.pipeline.pacing import SYNC_EVERY_S, Pacing
from chargehand.pipeline.poll_waking import PollWaking
from chargehand.pipeline.polling import Polling
from chargehand.pipeline.pruning import Pruning
from chargehand.pipeline.rounds import Rounds
from chargehand.pipeline.sharing import (
    ACCOUNTS,
    APPROVALS,
    HOUSEKEEPING,
    OUTGOING,
    PRUNE,
    REMIND,
    SUBSCRIBERS,
    TELL,
    WATCH,
    Alone,
    Share,
)
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.taking_over import BEAT_EVERY_S
from chargehand.pipeline.wanted_polls import LOOK_EVERY_S, WantedPolls
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

# Whoever does not have a duty asks for it at least this often.
ASK_EVERY_S: Final = 5.0
_HOUSEKEEPING_EVERY_S: Final = 5.0
_PRUNE_EVERY_S: Final = 3600.0
# After a start there is more urgent work.
_FIRST_PRUNE_AFTER_S: Final = 60.0
_WATCH_EVERY_S: Final = 15.0
_COUNT_EVERY_S: Final = 15.0
_TELL_EVERY_S: Final = 15.0
_OUTGOING_EVERY_S: Final = 2.0
_REMIND_EVERY_S: Final = 5.0
_SUBSCRIBERS_EVERY_S: Final = 10.0
_APPROVALS_EVERY_S: Final = 10.0
_CONNECT_AGAIN_S: Final = 15.0
_FIRST_POLL_WITHIN_S: Final = 15.0
_LOOK_IF_BUSY_EVERY_S: Final = 0.25
_LOOK_AGAIN_EVERY_S: Final = 600.0
_ACCOUNTS_EVERY_S: Final = 600.0
_log = get_logger()


async def do_nothing() -> None:
    """What a worker in a test does of what is no part of the test."""


@dataclass(frozen=True, slots=True)
class DutyParts:
    """What bootstrap hands whoever does the duties.

    Shape: `count` keeps what this process counted by itself, whoever has which duty; `watch` is
    called now and then for as long as it lives, and so are `tell`, which is None
    when notices go nowhere but into the log, `outgoing`, which is None without outgoing webhooks,
    `remind`, which says how many reminders became deliveries, and `subscribers` and `approvals`,
    which say how many messages they proposed; `accounts` is None where nobody tells whether
    accounts work, and `addresses` where nobody is matched by theirs.
    """

    database: Database
    spending: Spending
    pruning: Pruning
    clock: Clock
    connections: Mapping[ConnectionId, LiveConnection]
    pollings: Mapping[ConnectionId, Polling]
    listenings: Mapping[ConnectionId, Listening] = field(default_factory=dict)
    watch: Callable[[], Awaitable[None]] = do_nothing
    count: Callable[[], Awaitable[None]] = do_nothing
    tell: Callable[[], Awaitable[None]] | None = None
    outgoing: Callable[[], Awaitable[None]] | None = None
    remind: Callable[[], Awaitable[int]] | None = None
    subscribers: Callable[[], Awaitable[int]] | None = None
    approvals: Callable[[], Awaitable[int]] | None = None
    accounts: AccountChecks | None = None
    addresses: AddressMatching | None = None
    pacing: Pacing | None = None
    share: Share = field(default_factory=Alone)


class Beside(Protocol):
    """What else the process does that has the duties."""

    @property
    def is_busy(self) -> bool:
        """Whether work that was left is still under way."""
        ...

    def deliveries_stored(self) -> None:
        """Hear that deliveries wait."""
        ...

    def work_proposed(self) -> None:
        """Hear that there may be something to start."""
        ...


class NothingBeside:
    """A clock has nothing else to do; the workers see by themselves what it brought about."""

    is_busy = False

    def deliveries_stored(self) -> None:
        """The workers look for them."""

    def work_proposed(self) -> None:
        """The workers look for it."""


class Duties:
    """Every duty of one process, and what it takes to share them with others."""

    def __init__(self, parts: DutyParts, rounds: Rounds, *, beside: Beside) -> None:
        self._parts = parts
        self._rounds = rounds
        self._beside = beside
        self._waking = PollWaking()
        self._wanted = WantedPolls(parts.database, self._waking, parts.share, parts.clock)

    async def want_polls(self, connection_ids: Collection[ConnectionId]) -> None:
        """Have connections polled soon, by whoever has that duty.

        Raises: Retryable when the store is away; they are polled in their time then.
        """
        if connection_ids:
            await self._wanted.want(connection_ids)

    def stop(self) -> None:
        """Begin no further round; `run` returns when those under way have ended."""
        self._rounds.stop()
        self._waking.stop()

    async def run(self) -> None:
        """Do what has its time until `stop`."""
        every, parts = self._rounds.every, self._parts
        async with asyncio.TaskGroup() as group:
            group.create_task(every("look", parts.share.look, BEAT_EVERY_S))
            if (pacing := parts.pacing) is not None:
                group.create_task(
                    every("limits", lambda: pacing.sync(parts.database), SYNC_EVERY_S)
                )
            group.create_task(every("count", parts.count, _COUNT_EVERY_S))
            group.create_task(every("wanted polls", self._wanted.look, LOOK_EVERY_S))
            for duty, work, seconds in self._by_the_second():
                group.create_task(self._on_duty(duty, work, seconds))
            group.create_task(
                self._on_duty(
                    PRUNE, self._prune, _PRUNE_EVERY_S, first_after_s=_FIRST_PRUNE_AFTER_S
                )
            )
            if (accounts := parts.accounts) is not None:
                group.create_task(self._check_accounts(accounts))
            for connection in parts.connections.values():
                group.create_task(self._attend(connection))

    def _by_the_second(self) -> list[tuple[str, Callable[[], Awaitable[None]], float]]:
        """The duties that come again within seconds, where somebody wants them."""
        parts, beside = self._parts, self._beside
        wanted: list[tuple[str, Callable[[], Awaitable[None]] | None, float]] = [
            (HOUSEKEEPING, self._keep_house, _HOUSEKEEPING_EVERY_S),
            (WATCH, parts.watch, _WATCH_EVERY_S),
            (TELL, parts.tell, _TELL_EVERY_S),
            (OUTGOING, parts.outgoing, _OUTGOING_EVERY_S),
            (REMIND, _then(parts.remind, beside.deliveries_stored), _REMIND_EVERY_S),
            (SUBSCRIBERS, _then(parts.subscribers, beside.work_proposed), _SUBSCRIBERS_EVERY_S),
            (APPROVALS, _then(parts.approvals, beside.work_proposed), _APPROVALS_EVERY_S),
        ]
        return [(duty, work, seconds) for duty, work, seconds in wanted if work is not None]

    async def _on_duty(
        self,
        duty: str,
        work: Callable[[], Awaitable[None]],
        seconds: float,
        *,
        first_after_s: float = 0.0,
    ) -> None:
        """Rounds of a duty for as long as this process has it; else it asks for the duty."""
        await self._rounds.pause(first_after_s)
        while not self._rounds.is_stopping:
            has_it = await self._round(duty, work)
            await self._rounds.pause(min(seconds, ASK_EVERY_S) if has_it is False else seconds)

    async def _round(self, duty: str, work: Callable[[], Awaitable[None]]) -> bool | None:
        """One round of a duty; False when another process has it, None when it failed."""

        async def run() -> bool:
            if not await self._parts.share.has(duty):
                return False
            await work()
            return True

        # The loops of all connections are told of as one: they share what can be away.
        return await self._rounds.guarded(duty.partition(":")[0], run)

    async def _keep_house(self) -> None:
        now = self._parts.clock.now()

        def work(tx: Writing) -> None:
            expire_approvals(tx, now=now)
            end_expired_flags(tx, now=now)

        await self._parts.database.awrite(work)
        await self._parts.spending.end_expired()

    async def _prune(self) -> None:
        """One run, resting between its steps; what is left when told to stop goes another time."""
        run = self._parts.pruning.begin()
        while await asyncio.to_thread(run.step) and not self._rounds.is_stopping:
            await self._rounds.pause(run.rest_s)
        await asyncio.to_thread(run.finish, by="worker")
        if any(run.removed.values()):
            _log.info("retention.pruned", **{kept.value: n for kept, n in run.removed.items()})

    async def _check_accounts(self, accounts: AccountChecks) -> None:
        """Look, after a start and whatever was urgent then, whose day is over, and who is new."""

        async def go_on_after(seconds: float) -> bool:
            await self._rounds.pause(seconds)
            return not self._rounds.is_stopping

        async def look() -> None:
            await accounts.look(go_on_after)
            if (addresses := self._parts.addresses) is not None:
                await addresses.look(go_on_after)

        await self._on_duty(
            ACCOUNTS,
            look,
            _ACCOUNTS_EVERY_S,
            first_after_s=_ACCOUNTS_EVERY_S,
        )

    async def _attend(self, connection: LiveConnection) -> None:
        """Connect, however long it takes; then poll for good, where it is wanted."""
        while not await self._rounds.guarded("connect", lambda: self._connect_once(connection)):
            await self._rounds.pause(_CONNECT_AGAIN_S)
            if self._rounds.is_stopping:
                return
        self._beside.deliveries_stored()
        async with asyncio.TaskGroup() as group:
            if (listening := self._parts.listenings.get(connection.id)) is not None:
                group.create_task(
                    self._on_duty(
                        f"listen:{connection.id}",
                        lambda: listening.listen(self._rounds.stopping),
                        _CONNECT_AGAIN_S,
                    )
                )
            group.create_task(self._poll(connection))
            group.create_task(self._look_again(connection))

    async def _connect_once(self, connection: LiveConnection) -> bool:
        return await connect(connection, self._parts.database, clock=self._parts.clock)

    async def _poll(self, connection: LiveConnection) -> None:
        polling, interval = self._parts.pollings.get(connection.id), connection.poll_interval
        if polling is None or interval is None:
            return

        async def poll() -> None:
            await polling.poll()

        await self._let_what_was_left_go_first()
        seconds = interval.total_seconds()
        while not self._rounds.is_stopping:
            if await self._round(f"poll:{connection.id}", poll) is False:
                self._wanted.polled_here.discard(connection.id)
                await self._rounds.pause(min(seconds, ASK_EVERY_S))
            else:
                self._wanted.polled_here.add(connection.id)
                await self._waking.rest(connection.id, seconds, pause=self._rounds.pause)

    async def _let_what_was_left_go_first(self) -> None:
        """Wait, but not for long, until nothing is under way any more.

        The first poll after a start looks at everything that changed meanwhile, and whoever
        approved something before the start has waited longer than those it finds.
        """
        until_s = monotonic() + _FIRST_POLL_WITHIN_S
        while self._beside.is_busy and monotonic() < until_s and not self._rounds.is_stopping:
            await self._rounds.pause(_LOOK_IF_BUSY_EVERY_S)

    async def _look_again(self, connection: LiveConnection) -> None:
        """Ask now and then whether the sign-in still works; polling asks all the time."""
        if connection.id in self._parts.pollings:
            return

        async def look() -> None:
            await look_again(connection, self._parts.database, clock=self._parts.clock)

        await self._on_duty(
            f"call:{connection.id}", look, _LOOK_AGAIN_EVERY_S, first_after_s=_LOOK_AGAIN_EVERY_S
        )


def _then(
    work: Callable[[], Awaitable[int]] | None, tell: Callable[[], None]
) -> Callable[[], Awaitable[None]] | None:
    """The work, telling whoever is beside when it brought something about."""
    if work is None:
        return None

    async def run() -> None:
        if await work():
            tell()

    return run
