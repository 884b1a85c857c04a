"""Whether a silence is unusual, judged by the same stretch of the last four weeks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WEEKS: Final = 4
_WEEK: Final = timedelta(days=7)
_HOUR: Final = timedelta(hours=1)
_SHORTEST: Final = timedelta(hours=2)
# Fewer deliveries than this may be missing by chance.
_LEAST_USUAL: Final = 10


def usual_in(
    hours: Mapping[datetime, int], *, start: datetime, end: datetime, zone: ZoneInfo
) -> int:
    """How many deliveries the quietest of the last four weeks had in the same stretch.

    Shape: `hours` holds deliveries by the hour they came in, empty hours left out; `start` and
    `end` are whole hours. The same stretch is that of the clock on the wall.
    """
    stretch = [start + _HOUR * number for number in range((end - start) // _HOUR)]
    return min(
        sum(hours.get(_weeks_before(hour, week, zone), 0) for hour in stretch)
        for week in range(1, WEEKS + 1)
    )


def is_unusual(
    hours: Mapping[datetime, int],
    *,
    start: datetime,
    end: datetime,
    first: datetime | None,
    zone: ZoneInfo,
) -> bool:
    """Whether nothing from `start` to `end` is too little; never so without enough history.

    Shape: as in `usual_in`; `first` is the first hour that is known at all.
    """
    # A stretch longer than a week would be compared with a part of itself.
    start = max(start, end - _WEEK)
    if first is None or first > start - _WEEK * WEEKS or end - start < _SHORTEST:
        return False
    return usual_in(hours, start=start, end=end, zone=zone) >= _LEAST_USUAL


def _weeks_before(hour: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    return (hour.astimezone(zone) - _WEEK * weeks).astimezone(UTC)
