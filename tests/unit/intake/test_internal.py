import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.domain.ids import ConnectionId, ReminderId
from chargehand.intake.internal import reminder_due, reminder_in, schedule_tick, selftest_ping

NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")


def test_a_tick_is_named_by_its_wall_time() -> None:
    tick = schedule_tick("standup", local_time=NOW.astimezone(MADRID), now=NOW)

    assert tick.delivery_key == "schedule:standup:2026-10-25T02:30"
    assert tick.source is DeliverySource.INTERNAL
    assert json.loads(tick.body)["schedule"] == "standup"


def test_the_hour_that_comes_twice_ticks_once() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=MADRID, fold=0)
    second = first.replace(fold=1)

    keys = {schedule_tick("s", local_time=at, now=NOW).delivery_key for at in (first, second)}

    assert first.astimezone(UTC) != second.astimezone(UTC)
    assert len(keys) == 1


def test_a_selftest_goes_first() -> None:
    ping = selftest_ping("7", now=NOW)

    assert ping.lane is Lane.INTERACTIVE
    assert ping.delivery_key == "selftest:7"


def test_reminder_is_found_in_its_delivery_and_in_no_other() -> None:
    reminder = ReminderId("rmd_01kagv5q3r7d8s9t0v1w2x3y4z")
    delivery = reminder_due(reminder, now=NOW)

    assert reminder_in(delivery) == reminder
    assert reminder_in(selftest_ping("one", now=NOW)) is None
    assert reminder_in(replace(delivery, connection_id=ConnectionId("jira"))) is None
