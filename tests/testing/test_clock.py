"""Clocks that are moved by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from chargehand.testing.clock import FakeClock, OffsetClock

START = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def test_fake_clock_stands_until_moved() -> None:
    clock = FakeClock(START)

    assert clock.now() == clock.now() == START
    assert clock.advance(90) == START + timedelta(seconds=90)
    clock.set(START - timedelta(days=1))
    assert clock.now() == START - timedelta(days=1)


def test_offset_clock_runs_with_its_source() -> None:
    source = FakeClock(START)
    clock = OffsetClock(source, offset_s=60)

    source.advance(5)
    clock.advance(10)

    assert clock.now() == START + timedelta(seconds=75)
    clock.set(START)
    assert clock.offset_s == -5


@pytest.mark.parametrize("make", [FakeClock, OffsetClock(FakeClock(START)).set])
def test_moment_without_zone_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match="time zone"):
        make(datetime(2026, 1, 1))  # type: ignore[operator]  # noqa: DTZ001 - the point.
