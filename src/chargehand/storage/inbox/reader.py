"""The dispatcher's side of the inbox: what comes next, what is done, what is given up."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    ScalarSelect,
    Select,
    delete,
    func,
    select,
    update,
)

from chargehand.domain.delivery import DeliverySource, Lane, StoredDelivery, VerifiedDelivery
from chargehand.domain.ids import ConnectionId, DeliveryId
from chargehand.inbox.ports import (
    MOST_CLOSED_COUNTED,
    MOST_WAITING_COUNTED,
    Backlog,
    GivenUpDelivery,
    InboxCounts,
)
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import new_id
from chargehand.storage.engines import WRITES
from chargehand.storage.inbox.backlog import read_backlog
from chargehand.storage.inbox.closing import close_on_sqlite
from chargehand.storage.inbox.failures import translated
from chargehand.storage.inbox.given_up import read_given_up, reopen
from chargehand.storage.inbox.pruning import prune_on_sqlite
from chargehand.storage.inbox.tables import DeliveryState, inbox_deliveries
from chargehand.storage.versions import open_version_source

_ERROR_LENGTH = 2000
_CLOSED = (DeliveryState.DISPATCHED.value, DeliveryState.DEAD.value)
# A delivery gets its id after it was received: its body was read and it may have waited.
_ID_LAG = timedelta(minutes=10)
_t = inbox_deliveries.c


class InboxReader:
    """Claims, closes and prunes; every call may be repeated, from any thread.

    Source: `inbox.ports.DeliveryQueue` says what each method promises.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._version = open_version_source(engine)

    def claim(
        self,
        limit: int,
        *,
        max_bytes: int = 32 * 1024 * 1024,
        leave_out: Collection[ConnectionId] = (),
    ) -> list[StoredDelivery]:
        """The next deliveries to dispatch, interactive before bulk, oldest first."""
        with self._reading() as connection:
            chosen = _choose(connection, limit, max_bytes, leave_out)
            rows = connection.execute(select(inbox_deliveries).where(_t.seq.in_(chosen)))
            by_seq = {row.seq: _restore(row) for row in rows}
        return [by_seq[seq] for seq in chosen]

    def mark_dispatched(self, delivery_ids: Sequence[DeliveryId], *, now: datetime) -> int:
        """Close deliveries whose work is safe in `main`; how many were still open."""
        if self._engine.dialect.name == "sqlite":
            return close_on_sqlite(self._engine, delivery_ids, now=now)
        closing = (
            update(inbox_deliveries)
            .where(_t.delivery_id.in_(delivery_ids), _is_open())
            .values(state=DeliveryState.DISPATCHED.value, dispatched_at=to_micros(now))
        )
        with self._writing() as connection:
            return connection.execute(closing).rowcount

    def record_failure(self, delivery_id: DeliveryId, error: str) -> int:
        """Note that dispatching failed, and how often it has failed by now; 0 when unknown."""
        with self._writing() as connection:
            connection.execute(
                update(inbox_deliveries)
                .where(_t.delivery_id == delivery_id, _is_open())
                .values(attempts=_t.attempts + 1, error=error[:_ERROR_LENGTH])
            )
            counting = select(_t.attempts).where(_t.delivery_id == delivery_id)
            return connection.execute(counting).scalar() or 0

    def mark_dead(self, delivery_id: DeliveryId, error: str, *, now: datetime) -> bool:
        """Give a delivery up; False when it was closed before."""
        closing = (
            update(inbox_deliveries)
            .where(_t.delivery_id == delivery_id, _is_open())
            .values(
                state=DeliveryState.DEAD.value,
                dispatched_at=to_micros(now),
                error=error[:_ERROR_LENGTH],
            )
        )
        with self._writing() as connection:
            return connection.execute(closing).rowcount == 1

    def given_up(
        self, limit: int, *, before: DeliveryId | None = None
    ) -> tuple[GivenUpDelivery, ...]:
        """What was given up and is kept still, newest first; only what is older than `before`."""
        with self._reading() as connection:
            return read_given_up(connection, limit, before=before)

    def take_up_again(self, delivery_id: DeliveryId) -> bool:
        """Let a delivery that was given up be dispatched anew; False when it was not given up."""
        with self._writing() as connection:
            return reopen(connection, delivery_id)

    def read(self, delivery_id: DeliveryId) -> StoredDelivery | None:
        """One delivery with its raw body; None when unknown or past its retention."""
        with self._reading() as connection:
            row = connection.execute(
                select(inbox_deliveries).where(_t.delivery_id == delivery_id)
            ).one_or_none()
        return None if row is None else _restore(row)

    def counts(
        self, *, most_waiting: int = MOST_WAITING_COUNTED, most_closed: int = MOST_CLOSED_COUNTED
    ) -> InboxCounts:
        """How many deliveries are in each state, each counted up to a bound."""
        with self._reading() as connection:
            row = connection.execute(_counting(most_waiting, most_closed)).one()
        return InboxCounts(interactive=row[0], bulk=row[1], dispatched=row[2], dead=row[3])

    def backlog(self) -> Backlog:
        """What waits, counted without looking at what is done."""
        with self._reading() as connection:
            return read_backlog(connection)

    def data_version(self) -> str:
        """A text that stays the same for as long as nothing was stored since it was asked."""
        with translated():
            return self._version.read()

    def prune(self, before: datetime, *, limit: int) -> int:
        """Delete closed deliveries received before a moment, oldest first; how many went."""
        bound = _bound(before)
        if self._engine.dialect.name == "sqlite":
            return prune_on_sqlite(
                self._engine, bound=bound, before_micros=to_micros(before), limit=limit
            )
        old = select(_t.seq).where(*_is_prunable(before)).order_by(_t.delivery_id).limit(limit)
        with self._writing() as connection:
            return connection.execute(
                delete(inbox_deliveries).where(_t.seq.in_(old.scalar_subquery()))
            ).rowcount

    def count_prunable(self, before: datetime) -> int:
        """How many closed deliveries were received before a moment."""
        counting = select(func.count()).select_from(inbox_deliveries).where(*_is_prunable(before))
        with self._reading() as connection:
            return connection.execute(counting).scalar_one()

    def close(self) -> None:
        """Give the connections back; safe to call twice."""
        self._version.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translated(), self._engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection


@cache
def _counting(most_waiting: int, most_closed: int) -> Select[int, int, int, int]:
    """One statement that looks at no more deliveries than it counts."""
    stored = DeliveryState.STORED
    return select(
        _count_up_to(most_waiting, stored, Lane.INTERACTIVE),
        _count_up_to(most_waiting, stored, Lane.BULK),
        _count_up_to(most_closed, DeliveryState.DISPATCHED),
        _count_up_to(most_closed, DeliveryState.DEAD),
    )


def _count_up_to(most: int, state: DeliveryState, lane: Lane | None = None) -> "ScalarSelect[int]":
    found = select(_t.seq).where(_t.state == state.value)
    if lane is not None:
        found = found.where(_t.lane == lane.value)
    return select(func.count()).select_from(found.limit(most).subquery()).scalar_subquery()


def _is_open() -> ColumnElement[bool]:
    return _t.state == DeliveryState.STORED.value


def _bound(before: datetime) -> str:
    """Ids sort by time, so their index leads straight to the oldest rows."""
    return new_id("dlv", before + _ID_LAG)


def _is_prunable(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _t.delivery_id < _bound(before),
        _t.state.in_(_CLOSED),
        _t.received_at < to_micros(before),
    )


def _choose(
    connection: Connection, limit: int, max_bytes: int, leave_out: Collection[ConnectionId]
) -> list[int]:
    chosen: list[int] = []
    total_bytes = 0
    for lane in (Lane.INTERACTIVE, Lane.BULK):
        waiting = _waiting_in(lane, limit - len(chosen))
        if leave_out:
            waiting = waiting.where(_t.connection_id.not_in(leave_out))
        for seq, size_bytes in connection.execute(waiting).all():
            total_bytes += size_bytes
            if chosen and total_bytes > max_bytes:
                return chosen
            chosen.append(seq)
    return chosen


def _waiting_in(lane: Lane, limit: int) -> Select[int, int]:
    return (
        select(_t.seq, _t.size_bytes)
        .where(_is_open(), _t.lane == lane.value)
        .order_by(_t.seq)
        .limit(limit)
    )


def _restore(row: Row[Any]) -> StoredDelivery:
    """The delivery as it was proved."""
    return StoredDelivery(
        DeliveryId(row.delivery_id),
        # lint: allow proof-delivery — the proof was made before the row was written.
        VerifiedDelivery(
            connection_id=ConnectionId(row.connection_id),
            connector=row.connector,
            delivery_key=row.delivery_key,
            source=DeliverySource(row.source),
            lane=Lane(row.lane),
            received_at=from_micros(row.received_at),
            body=bytes(row.body),
            headers=msgspec.json.decode(row.headers, type=dict[str, str]),
        ),
    )
