"""When a team works: hours of the wall clock in a zone, days of the week, and days off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# A beginning and an end.
Span: TypeAlias = tuple[datetime, datetime]
_DAY: Final = timedelta(days=1)
_LAST_HOUR: Final = 24
# A team that is off for longer than this has no calendar that is worth keeping to.
_LONGEST_SEARCH: Final = 400


def no_day_off(day: date) -> bool:
    """Whether a day is off where nobody named any: never."""
    _ = day
    return False


def zone_named(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of a name, which may be one that this machine does not know."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (ZoneInfoNotFoundError, ValueError):
        return otherwise


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The hours a team works.

    Shape: `weekdays` counts Monday as 0; `end_hour` may be 24; `is_day_off` knows the holidays.
    """

    zone: ZoneInfo
    start_hour: int = 9
    end_hour: int = 17
    weekdays: frozenset[int] = frozenset(range(5))
    is_day_off: Callable[[date], bool] = no_day_off

    @property
    def starts_at(self) -> time:
        """When a working day begins, by the wall clock."""
        return time(self.start_hour)

    def next_moment(self, now: datetime, zone: ZoneInfo | None = None) -> datetime:
        """Now where it is worked, else the next moment it is; hours are those of a zone.

        Shape: `zone` is the one of whoever is meant, the team's where nobody said.
        """
        where = zone or self.zone
        local = now.astimezone(where)
        for ahead in range(_LONGEST_SEARCH):
            day = local.date() + ahead * _DAY
            if not self.is_worked(day):
                continue
            start = _moment(day, self.start_hour, where)
            end = _moment(day, self.end_hour, where)
            if now < end:
                return max(now, start)
        return now

    def is_ever_worked(self, first: date) -> bool:
        """Whether there is a working day within the year and more that follows a day."""
        return any(self.is_worked(first + ahead * _DAY) for ahead in range(_LONGEST_SEARCH))

    def worked_after(
        self,
        start: datetime,
        worked: timedelta,
        zone: ZoneInfo | None = None,
        *,
        away: Sequence[Span] = (),
    ) -> datetime | None:
        """The moment by which somebody has worked for so long; None where they never will.

        Shape: `away` are times in which they do not work, each with its beginning and its end.
        """
        where, left = zone or self.zone, worked
        first = start.astimezone(where).date()
        for ahead in range(_LONGEST_SEARCH):
            day = first + ahead * _DAY
            if not self.is_worked(day):
                continue
            begin = max(start, _moment(day, self.start_hour, where))
            for since, until in _without((begin, _moment(day, self.end_hour, where)), away):
                if until - since >= left:
                    return since + left
                left -= until - since
        return None

    def is_worked(self, day: date) -> bool:
        """Whether a day is a working day."""
        return day.weekday() in self.weekdays and not self.is_day_off(day)


def _without(span: Span, away: Sequence[Span]) -> list[Span]:
    """What is left of a span of time, in its order."""
    left = [span] if span[0] < span[1] else []
    for gone_at, back_at in away:
        left = [
            piece
            for since, until in left
            for piece in ((since, min(until, gone_at)), (max(since, back_at), until))
            if piece[0] < piece[1]
        ]
    return left


def _moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    if hour == _LAST_HOUR:
        day, hour = day + _DAY, 0
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
