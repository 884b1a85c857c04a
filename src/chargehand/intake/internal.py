"""Deliveries that chargehand makes itself; they enter by the same door as all others."""

from datetime import datetime

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import ConnectionId, ReminderId
from chargehand.domain.json import JSONObject
from chargehand.kit.canonical import canonical_json

INTERNAL_CONNECTION = ConnectionId("internal")
INTERNAL_CONNECTOR = "internal"
_REMINDER = "reminder"


def schedule_tick(schedule_id: str, *, local_time: datetime, now: datetime) -> VerifiedDelivery:
    """The delivery of one due time of a schedule.

    Shape: `local_time` is the wall time in the schedule's zone; its zone is left out of the key,
    so that an hour repeated by a clock change ticks once.
    """
    wall_time = local_time.replace(tzinfo=None).isoformat(timespec="minutes")
    return _delivery(
        f"schedule:{schedule_id}:{wall_time}",
        {"kind": "schedule.fired", "schedule": schedule_id, "local_time": wall_time},
        lane=Lane.BULK,
        now=now,
    )


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


def selftest_ping(test_id: str, *, now: datetime) -> VerifiedDelivery:
    """A delivery that only shows that the way from the inbox to a decision is open."""
    return _delivery(
        f"selftest:{test_id}",
        {"kind": "connection.pinged", "selftest": test_id},
        lane=Lane.INTERACTIVE,
        now=now,
    )


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
