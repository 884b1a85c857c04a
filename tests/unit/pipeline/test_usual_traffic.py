"""What counts as an unusual silence; stretches are those of the clock on the wall."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.pipeline.usual_traffic import is_unusual, usual_in

MADRID = ZoneInfo("Europe/Madrid")
HOUR = timedelta(hours=1)
# A Thursday, 11:00 in Madrid; the clocks there changed on 25 October.
NOW = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(weeks=10)


def busy(per_hour: int, *, weeks: int = 6) -> dict[datetime, int]:
    """Weeks before `NOW` with traffic from 9 to 17 on the wall, on working days."""
    hours = {}
    for back in range(1, weeks * 7 * 24):
        hour = NOW - HOUR * back
        local = hour.astimezone(MADRID)
        if local.weekday() < 5 and 9 <= local.hour < 17:
            hours[hour] = per_hour
    return hours


def silent_for(hours: int, traffic: dict[datetime, int], first: datetime | None = LONG_AGO) -> bool:
    start = NOW - HOUR * hours
    heard = {hour: number for hour, number in traffic.items() if hour < start}
    return is_unusual(heard, start=start, end=NOW, first=first, zone=MADRID)


@pytest.mark.parametrize(
    ("hours", "per_hour", "unusual"),
    [
        pytest.param(2, 5, True, id="two-busy-hours"),
        pytest.param(2, 4, False, id="too-few-are-missing"),
        pytest.param(1, 50, False, id="one-hour-is-too-short"),
        pytest.param(17, 5, True, id="since-yesterday-evening"),
        pytest.param(40, 0, False, id="never-any-traffic"),
    ],
)
def test_silence_is_unusual_when_every_week_was_busy(
    hours: int, per_hour: int, *, unusual: bool
) -> None:
    assert silent_for(hours, busy(per_hour)) is unusual


def test_night_is_not_unusual() -> None:
    night = NOW.replace(hour=4)
    traffic = {hour: number for hour, number in busy(50).items() if hour < night - HOUR * 8}

    assert not is_unusual(traffic, start=night - HOUR * 8, end=night, first=LONG_AGO, zone=MADRID)


@pytest.mark.parametrize(
    "first",
    [pytest.param(None, id="none"), pytest.param(NOW - timedelta(weeks=4), id="four-weeks")],
)
def test_nothing_is_said_without_enough_history(first: datetime | None) -> None:
    assert not silent_for(2, busy(50), first=first)


def test_one_quiet_week_is_enough_to_say_nothing() -> None:
    holiday = (NOW - timedelta(weeks=3)).date()
    traffic = {hour: n for hour, n in busy(50).items() if hour.date() != holiday}

    assert not silent_for(2, traffic)


@given(st.integers(1, 24 * 7), st.integers(0, 100))
def test_usual_is_never_more_than_any_week_had(hours: int, per_hour: int) -> None:
    traffic = busy(per_hour)

    usual = usual_in(traffic, start=NOW - HOUR * hours, end=NOW, zone=MADRID)

    assert 0 <= usual <= per_hour * hours
