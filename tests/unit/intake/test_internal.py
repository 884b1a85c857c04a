import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.intake.internal import schedule_tick, selftest_ping

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
