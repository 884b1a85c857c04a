"""Days and months of a budget, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.budgets.periods import budget_day, first_day, resets_at
from chargehand.domain.budget import BudgetPeriod

MADRID = ZoneInfo("Europe/Madrid")
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
RETURNING = (BudgetPeriod.DAY, BudgetPeriod.MONTH)
MOMENTS = st.datetimes(
    # Samoa left out a whole day at the end of 2011.
    min_value=datetime(2012, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself.
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001 - as above.
    timezones=st.just(UTC),
)


@given(now=MOMENTS, zone=ZONES, period=st.sampled_from(RETURNING))
def test_period_ends_later_than_now_and_the_next_begins_there(
    now: datetime, zone: ZoneInfo, period: BudgetPeriod
) -> None:
    day = budget_day(now, zone, newest=None)

    end = resets_at(period, day, zone)

    assert first_day(period, day) <= day
    assert end is not None
    assert end > now
    after = budget_day(end, zone, newest=None)
    assert first_day(period, after) > first_day(period, day)


@given(now=MOMENTS, zone=ZONES, back=st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_clock_set_back_an_hour_opens_no_earlier_day(
    now: datetime, zone: ZoneInfo, back: timedelta
) -> None:
    newest = budget_day(now, zone, newest=None)

    assert budget_day(now - back, zone, newest=newest) == newest


def test_day_that_was_begun_goes_on_when_the_clock_is_set_back_over_midnight() -> None:
    begun = date(2026, 11, 20)
    before_midnight = datetime(2026, 11, 19, 22, 40, tzinfo=UTC)

    assert budget_day(before_midnight, MADRID, newest=None) == date(2026, 11, 19)
    assert budget_day(before_midnight, MADRID, newest=begun) == begun


def test_day_from_a_clock_that_was_far_ahead_is_not_waited_for() -> None:
    now = datetime(2026, 11, 19, 12, tzinfo=UTC)

    assert budget_day(now, MADRID, newest=date(2027, 11, 19)) == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 29), 23, id="spring"),
        pytest.param(date(2026, 10, 25), 25, id="autumn"),
        pytest.param(date(2026, 11, 19), 24, id="plain"),
    ],
)
def test_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    begins = resets_at(BudgetPeriod.DAY, day - timedelta(days=1), MADRID)
    ends = resets_at(BudgetPeriod.DAY, day, MADRID)

    assert begins is not None
    assert ends is not None
    assert ends - begins == timedelta(hours=hours)


def test_month_ends_with_the_year() -> None:
    end = resets_at(BudgetPeriod.MONTH, date(2026, 12, 31), MADRID)

    assert end == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert first_day(BudgetPeriod.MONTH, date(2026, 12, 31)) == date(2026, 12, 1)


def test_budget_of_a_run_never_begins_anew() -> None:
    assert resets_at(BudgetPeriod.WHOLE, date(2026, 11, 19), MADRID) is None
    assert first_day(BudgetPeriod.WHOLE, date(2026, 11, 19)) == date.min
