"""Working hours as a team set them: what takes two working days is over when they are worked."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chargehand.bootstrap.configured import working_hours
from tests.house import house_settings

NEW_YORK, MADRID, AUCKLAND = "America/New_York", "Europe/Madrid", "Pacific/Auckland"
TWO_DAYS = timedelta(hours=16)

CASES = [
    # A Friday evening, and Labour Day on the Monday after it.
    pytest.param(NEW_YORK, "US", "2026-09-04T17:30", "2026-09-09T17:00", id="holiday-monday"),
    pytest.param(NEW_YORK, None, "2026-09-04T17:30", "2026-09-08T17:00", id="no-holidays"),
    pytest.param(MADRID, "ES", "2026-09-04T17:30", "2026-09-08T17:00", id="another-country"),
    pytest.param(NEW_YORK, "US", "2026-09-03T10:00", "2026-09-08T10:00", id="in-the-middle"),
    # The clocks are set back, or forward, in the night of the weekend between.
    pytest.param(NEW_YORK, "US", "2026-10-30T17:30", "2026-11-03T17:00", id="autumn"),
    pytest.param(NEW_YORK, "US", "2026-03-06T17:30", "2026-03-10T17:00", id="spring"),
    pytest.param(MADRID, None, "2026-10-23T17:30", "2026-10-27T17:00", id="autumn-in-europe"),
    pytest.param(AUCKLAND, None, "2026-09-25T17:30", "2026-09-29T17:00", id="spring-in-the-south"),
]


@pytest.mark.parametrize(("zone", "country", "asked", "due"), CASES)
def test_two_working_days_are_over_when_they_were_worked(
    tmp_path: Path, zone: str, country: str | None, asked: str, due: str
) -> None:
    here = ZoneInfo(zone)
    business: dict[str, Any] = {"time_zone": zone, "holiday_country": country}
    hours = working_hours(house_settings(tmp_path, business=business))

    over = hours.worked_after(datetime.fromisoformat(asked).replace(tzinfo=here), TWO_DAYS)

    assert over is not None
    assert over.astimezone(here).replace(tzinfo=None) == datetime.fromisoformat(due)


def test_same_moment_is_another_deadline_elsewhere_and_on_days_off(tmp_path: Path) -> None:
    asked = datetime(2026, 9, 4, 21, 30, tzinfo=ZoneInfo("UTC"))
    business: dict[str, Any] = {"time_zone": AUCKLAND, "holidays": [date(2026, 9, 8)]}
    hours = working_hours(house_settings(tmp_path, business=business))

    over = hours.worked_after(asked, TWO_DAYS)

    assert over is not None
    # There it was Saturday morning; Monday and Wednesday are worked, Tuesday is off.
    assert f"{over.astimezone(ZoneInfo(AUCKLAND)):%A %H:%M}" == "Wednesday 17:00"
