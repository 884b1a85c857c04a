"""Deliveries that nobody could dispatch: what they are, and how they are taken up again."""

from typing import Any

from sqlalchemy import Connection, Select, select, update

from chargehand.domain.delivery import DeliverySource
from chargehand.domain.ids import ConnectionId, DeliveryId
from chargehand.inbox.ports import GivenUpDelivery
from chargehand.kit.clock import from_micros
from chargehand.storage.inbox.tables import DeliveryState, inbox_deliveries

_t = inbox_deliveries.c
_IS_GIVEN_UP = _t.state == DeliveryState.DEAD.value
_SHOWN = (
    _t.delivery_id,
    _t.connection_id,
    _t.source,
    _t.received_at,
    _t.dispatched_at,
    _t.attempts,
    _t.error,
    _t.size_bytes,
)


def given_up_query(limit: int, before: DeliveryId | None) -> Select[Any]:
    """What asks for it; the index on states keeps it from walking what is done."""
    query = select(*_SHOWN).where(_IS_GIVEN_UP).order_by(_t.delivery_id.desc()).limit(limit)
    return query if before is None else query.where(_t.delivery_id < before)


def read_given_up(
    connection: Connection, limit: int, *, before: DeliveryId | None = None
) -> tuple[GivenUpDelivery, ...]:
    """What was given up, newest first, without its bodies; only what is older than `before`."""
    return tuple(
        GivenUpDelivery(
            id=DeliveryId(row.delivery_id),
            connection_id=ConnectionId(row.connection_id),
            source=DeliverySource(row.source),
            received_at=from_micros(row.received_at),
            given_up_at=from_micros(row.dispatched_at or row.received_at),
            attempts=row.attempts,
            error=row.error,
            size_bytes=row.size_bytes,
        )
        for row in connection.execute(given_up_query(limit, before))
    )


def reopen(connection: Connection, delivery_id: DeliveryId) -> bool:
    """Have a delivery dispatched as if it had never failed; whether it was given up."""
    opening = (
        update(inbox_deliveries)
        .where(_t.delivery_id == delivery_id, _IS_GIVEN_UP)
        .values(state=DeliveryState.STORED.value, dispatched_at=None, attempts=0, error="")
    )
    return connection.execute(opening).rowcount == 1
