"""Time as it is worked: by a zone, without days off, and without the time somebody is away."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chargehand.kit.calendar import WorkingHours

HOURS = WorkingHours(
    zone=ZoneInfo("Europe/Madrid"), is_day_off=lambda day: day == date(2026, 12, 8)
)
# A Thursday, 10:00 in Madrid.
START = datetime(2026, 12, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CASES = [
    pytest.param(4 * HOUR, None, (), datetime(2026, 12, 3, 13, tzinfo=UTC), id="same day"),
    pytest.param(8 * HOUR, None, (), datetime(2026, 12, 4, 9, tzinfo=UTC), id="next day"),
    pytest.param(16 * HOUR, None, (), datetime(2026, 12, 7, 9, tzinfo=UTC), id="weekend"),
    pytest.param(24 * HOUR, None, (), datetime(2026, 12, 9, 9, tzinfo=UTC), id="holiday"),
    pytest.param(
        4 * HOUR, "America/New_York", (), datetime(2026, 12, 3, 18, tzinfo=UTC), id="own zone"
    ),
    pytest.param(
        4 * HOUR,
        None,
        ((START + HOUR, START + 2 * HOUR),),
        datetime(2026, 12, 3, 14, tzinfo=UTC),
        id="away for an hour",
    ),
    pytest.param(
        4 * HOUR, None, ((START - HOUR, START + timedelta(days=500)),), None, id="never back"
    ),
]


@pytest.mark.parametrize(("worked", "zone", "away", "expected"), CASES)
def test_moment_by_which_somebody_has_worked(
    worked: timedelta,
    zone: str | None,
    away: tuple[tuple[datetime, datetime], ...],
    expected: datetime | None,
) -> None:
    where = ZoneInfo(zone) if zone else None

    assert HOURS.worked_after(START, worked, where, away=away) == expected


def test_calendar_without_a_working_day_ends() -> None:
    never = WorkingHours(zone=ZoneInfo("UTC"), is_day_off=lambda _: True)

    assert never.worked_after(START, HOUR) is None
