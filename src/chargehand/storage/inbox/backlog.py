"""What waits in the inbox, read by way of its index on states."""

from typing import Any

from sqlalchemy import Connection, Select, func, select, text

from chargehand.domain.delivery import Lane
from chargehand.inbox.ports import Backlog
from chargehand.kit.clock import from_micros
from chargehand.storage.inbox.tables import DeliveryState, inbox_deliveries

_t = inbox_deliveries.c
_LATELY = 100
_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_total_relation_size('inbox_deliveries')",
}


def read_backlog(connection: Connection) -> Backlog:
    """How much waits in each lane and since when, and how much was given up."""
    waiting = {lane: connection.execute(_count_in(lane)).scalar_one() for lane in Lane}
    oldest = {
        lane: connection.execute(_oldest_in(lane)).scalar_one()
        for lane, number in waiting.items()
        if number
    }
    is_given_up = _t.state == DeliveryState.DEAD.value
    given_up = select(func.count()).where(is_given_up)
    lately = select(_t.dispatched_at).where(is_given_up).order_by(_t.seq.desc()).limit(_LATELY)
    return Backlog(
        waiting=waiting,
        oldest_at={lane: from_micros(micros) for lane, micros in oldest.items()},
        given_up=connection.execute(given_up).scalar_one(),
        lately_given_up_at=[from_micros(at) for at in connection.execute(lately).scalars() if at],
        size_bytes=int(connection.execute(text(_SIZES[connection.dialect.name])).scalar_one()),
    )


def _count_in(lane: Lane) -> Select[Any]:
    return select(func.count()).where(_t.state == DeliveryState.STORED.value, _t.lane == lane.value)


def _oldest_in(lane: Lane) -> Select[Any]:
    return (
        select(_t.received_at)
        .where(_t.state == DeliveryState.STORED.value, _t.lane == lane.value)
        .order_by(_t.seq)
        .limit(1)
    )
