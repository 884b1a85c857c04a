"""When a budget's day and month begin and end, in the team's time zone."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import assert_never

from chargehand.domain.budget import BudgetPeriod

_A_DAY = timedelta(days=1)


def budget_day(now: datetime, zone: tzinfo, *, newest: date | None) -> date:
    """The day a request counts against.

    Shape: `newest` is the last day anything counted against. A clock that is set back over
    midnight, or one process's clock behind another's, does not open yesterday's budget again; a
    day further ahead than that came from a clock that was wrong, and is not waited for.
    """
    today = now.astimezone(zone).date()
    return today + _A_DAY if newest == today + _A_DAY else today


def first_day(period: BudgetPeriod, day: date) -> date:
    """The first day of the period a day lies in."""
    match period:
        case BudgetPeriod.DAY:
            return day
        case BudgetPeriod.MONTH:
            return day.replace(day=1)
        case BudgetPeriod.WHOLE:
            return date.min
        case _:
            assert_never(period)


def resets_at(period: BudgetPeriod, day: date, zone: tzinfo) -> datetime | None:
    """The moment the next period begins: midnight by the team's clocks, in UTC; None if none does.

    A midnight that clocks skip is the moment they skip it; of one they show twice, the first.
    """
    match period:
        case BudgetPeriod.DAY:
            following = day + _A_DAY
        case BudgetPeriod.MONTH:
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        case BudgetPeriod.WHOLE:
            return None
        case _:
            assert_never(period)
    return datetime.combine(following, time.min, zone).astimezone(UTC)
