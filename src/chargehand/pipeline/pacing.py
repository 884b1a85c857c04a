"""Keeps all workers together within the vendors' limits, for next to nothing.

An action takes a turn in each bucket it counts against, in the transaction that enters it in the
ledger: no request leaves without one. Whose turn is later keeps it in its row and is postponed, so
the durable engine's timer brings it back, nothing waits in memory, and a worker that dies leaves
its actions with their turns to the others.

Alone, and while a bucket is less than half full, a worker counts in its memory. The database is
asked where there are other workers, or where the limit is near and a restart must not forget it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.ids import ActionId, ConnectionId
from chargehand.domain.records import ActionRecord
from chargehand.kit.clock import Clock, from_micros, to_micros
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.effect_lookup import sought
from chargehand.pipeline.sharing import Alone, Share
from chargehand.plugins.errors import LimitReached
from chargehand.plugins.limits import HORIZON, Limit, LimitBoard
from chargehand.storage.database import Database
from chargehand.storage.repositories.vendor_limits import LONGEST_BUCKET, StoredLimit
from chargehand.storage.transaction import Reading, Writing

WAITS: Final = LimitReached.code
SYNC_EVERY_S: Final = 1.0
_KEPT_FOR: Final = timedelta(days=1)
_FORGET_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    action: ActionRecord
    connection_id: ConnectionId
    board: LimitBoard
    limits: tuple[Limit, ...]

    @property
    def kept(self) -> int | None:
        """The turn it was given when it was entered before."""
        at = self.action.next_attempt_at
        return None if at is None or self.action.problem != WAITS else to_micros(at)


@dataclass(slots=True)
class Pacing:
    """What one worker knows of the limits of its connections."""

    connections: Mapping[ConnectionId, LiveConnection]
    clock: Clock
    share: Share = field(default_factory=Alone)
    _forgot_at: datetime | None = None
    _known: set[ConnectionId] = field(default_factory=set)

    def take_turns(
        self, tx: Writing, actions: Sequence[ActionRecord], *, now: datetime
    ) -> dict[ActionId, datetime]:
        """Take a turn for each action that is about to leave.

        Shape: those that may not leave yet, and when each has to be entered again.
        """
        wanted = [self._wanted(action) for action in actions]
        wanted = [one for one in wanted if one.limits]
        if not wanted:
            return {}
        self._hear(tx, wanted, now=now)
        at = to_micros(now)
        # Whoever was given a turn before goes first.
        wanted.sort(key=lambda one: one.kept or at)
        waits = {}
        for one in wanted:
            turn = one.board.turn(one.limits, now=at, kept=one.kept)
            if turn.at > at:
                waits[one.action.id] = from_micros(turn.at)
        self._write_down(tx, wanted, now=now)
        return waits

    def tell(self, tx: Writing, *, now: datetime) -> None:
        """Write down what vendors refused since the last time."""
        stopped = [
            StoredLimit(one.id, bucket[:LONGEST_BUCKET], stopped_until=until)
            for one in self.connections.values()
            for bucket, until in one.limits.untold_stops().items()
        ]
        tx.vendor_limits.stop(stopped, now=now)

    async def sync(self, database: Database) -> None:
        """Tell the others of the vendors' stops, and hear of theirs; nothing where all is calm."""
        callers = self.share.callers
        for one in self.connections.values():
            one.limits.callers = callers
            one.limits.tidy()
        now = self.clock.now()
        if any(one.limits.has_untold for one in self.connections.values()):
            await database.awrite(lambda tx: self.tell(tx, now=now))
        if callers > 1:
            await database.aread(lambda tx: self._hear_stops(tx, now=now))

    def _wanted(self, action: ActionRecord) -> _Wanted:
        connection = self.connections[action.connection_id]
        limits = connection.limits_of(sought(action))
        return _Wanted(action, connection.id, connection.limits, limits)

    def _hear(self, tx: Writing, wanted: Sequence[_Wanted], *, now: datetime) -> None:
        """Look at what is written down, where somebody else may have written since."""
        if self.share.workers > 1:
            self._known.clear()
            buckets: dict[ConnectionId, set[str]] = {}
            for one in wanted:
                buckets.setdefault(one.connection_id, set()).update(
                    limit.bucket for limit in one.limits
                )
            found = tx.vendor_limits.of(buckets)
            written = {(one.connection_id, one.bucket): one for one in found}
            self._take_in(
                [
                    written.get((connection_id, bucket)) or StoredLimit(connection_id, bucket)
                    for connection_id, names in buckets.items()
                    for bucket in names
                ],
                now=now,
            )
            return
        # Whoever is alone has to look once: at what was left by those before.
        new = {one.connection_id for one in wanted} - self._known
        if new:
            self._take_in(tx.vendor_limits.since(now - HORIZON, new), now=now)
            self._known |= new

    def _take_in(self, found: Sequence[StoredLimit], *, now: datetime) -> None:
        at = to_micros(now)
        for one in found:
            board = self.connections[one.connection_id].limits
            board.hear_stops({one.bucket: one.stopped_until})
            board.hear_turns(one.bucket, one.turns, now=at)

    def _write_down(self, tx: Writing, wanted: Sequence[_Wanted], *, now: datetime) -> None:
        is_shared = self.share.workers > 1
        changed = {}
        for one in wanted:
            for limit in one.limits:
                if limit.most is None:
                    continue
                if is_shared or one.board.is_near(limit.bucket, limit.most):
                    changed[one.connection_id, limit.bucket] = one.board
        tx.vendor_limits.put(
            [
                StoredLimit(connection_id, bucket, tuple(board.turns_to_save(bucket)))
                for (connection_id, bucket), board in changed.items()
            ],
            now=now,
        )
        if changed and (self._forgot_at is None or now - self._forgot_at > _FORGET_EVERY):
            self._forgot_at = now
            tx.vendor_limits.forget(before=now - _KEPT_FOR)

    def _hear_stops(self, tx: Reading, *, now: datetime) -> None:
        for one in tx.vendor_limits.stopped(now=now):
            if (connection := self.connections.get(one.connection_id)) is not None:
                connection.limits.hear_stops({one.bucket: one.stopped_until})
