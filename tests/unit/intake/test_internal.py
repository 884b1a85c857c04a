from dataclasses import replace
from datetime import UTC, datetime

from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.domain.ids import ConnectionId, ReminderId
from chargehand.intake.internal import reminder_due, reminder_in

NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_reminder_is_found_in_its_delivery_and_in_no_other() -> None:
    reminder = ReminderId("rmd_01kagv5q3r7d8s9t0v1w2x3y4z")
    delivery = reminder_due(reminder, now=NOW)

    assert (delivery.source, delivery.lane) == (DeliverySource.INTERNAL, Lane.INTERACTIVE)
    assert reminder_in(delivery) == reminder
    assert reminder_in(replace(delivery, delivery_key="selftest:one")) is None
    assert reminder_in(replace(delivery, connection_id=ConnectionId("jira"))) is None
