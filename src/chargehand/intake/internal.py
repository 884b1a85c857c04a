"""Deliveries that chargehand makes itself; they enter by the same door as all others."""

from datetime import datetime

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import ConnectionId, ReminderId
from chargehand.domain.json import JSONObject
from chargehand.kit.canonical import canonical_json

INTERNAL_CONNECTION = ConnectionId("internal")
INTERNAL_CONNECTOR = "internal"
_REMINDER = "reminder"


def reminder_due(reminder_id: ReminderId, *, now: datetime) -> VerifiedDelivery:
    """The delivery of a reminder whose moment came; its words stay where they can be erased."""
    return _delivery(
        f"{_REMINDER}:{reminder_id}",
        {"kind": "schedule.fired", "reminder": reminder_id},
        lane=Lane.INTERACTIVE,
        now=now,
    )


def reminder_in(delivery: VerifiedDelivery) -> ReminderId | None:
    """Which reminder a delivery of ours is about; None when it is about another thing."""
    if delivery.connection_id != INTERNAL_CONNECTION:
        return None
    prefix, _, reminder_id = delivery.delivery_key.partition(":")
    return ReminderId(reminder_id) if prefix == _REMINDER else None


def _delivery(key: str, body: JSONObject, *, lane: Lane, now: datetime) -> VerifiedDelivery:
    return VerifiedDelivery(
        connection_id=INTERNAL_CONNECTION,
        connector=INTERNAL_CONNECTOR,
        delivery_key=key,
        source=DeliverySource.INTERNAL,
        lane=lane,
        received_at=now,
        body=canonical_json(body).encode(),
        headers={},
    )
