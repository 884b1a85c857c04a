"""What a month will have cost by its end, going on as on its working days so far."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

LEAST_DAYS: Final = 3
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a month goes on.

    Shape: `expected_micro_usd` is None while fewer than three working days are over.
    Units: micro-dollars.
    """

    spent_micro_usd: int
    expected_micro_usd: int | None
    reaches_cap_on: date | None
    working_days_before: int
    working_days_left: int


def look_ahead(
    spent: Mapping[date, int],
    today: date,
    *,
    is_worked: Callable[[date], bool],
    cap: int | None,
) -> Outlook:
    """Reckon the rest of a month from the days before today.

    Everything spent before today, on free days too, is divided among the working days that are
    over; each working day to come is expected to cost as much, today at least what it has cost.
    Shape: `spent` by day in micro-dollars.
    """
    before = [day for day in _days(today.replace(day=1), today) if is_worked(day)]
    left = [day for day in _days(today + _A_DAY, _next_month(today)) if is_worked(day)]
    total = sum(spent.values())
    if len(before) < LEAST_DAYS:
        return Outlook(total, None, None, len(before), len(left))
    so_far = spent.get(today, 0)
    a_day = (total - so_far) / len(before)
    expected = total + (max(a_day - so_far, 0) if is_worked(today) else 0)
    reached = today if cap is not None and expected >= cap > 0 else None
    for day in left:
        expected += a_day
        if reached is None and cap is not None and expected >= cap > 0:
            reached = day
    return Outlook(total, round(expected), reached, len(before), len(left))


def _days(first: date, until: date) -> Iterator[date]:
    """From the first day to the last before `until`."""
    day = first
    while day < until:
        yield day
        day += _A_DAY


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
