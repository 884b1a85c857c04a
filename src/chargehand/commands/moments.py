"""When somebody means: "2h", "until Monday", "at 15:00", "on 2026-12-01 at 9:00".

Hours and minutes are counted as they pass. Days, weeks and dates go by the calendar of a zone: the
same wall time, whatever its clocks did in between. A wall time that a change of the clocks skips is
moved on by what was skipped; one that comes twice is meant the first time, unless that is over.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_LONGEST: Final = 60
_MOST_COUNT: Final = 9999
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LEAST_WEEKDAY: Final = 3
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AMOUNT: Final = re.compile(
    r"(\d{1,4}|an?(?=\s))\s*(m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])"
)
_BETWEEN: Final = re.compile(r"(?:\s*(?:,|and)?\s*)")
_CLOCK: Final = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm)?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_HALF_DAY: Final = 12
# Nobody means the edges of the calendar, where a zone leads out of it.
_FIRST_YEAR, _LAST_YEAR = 2000, 2999


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as it was said: some time from now, or a day and a time of it.

    Shape: `on` and `weekday` are at most one of both; `at` is None where only the day was said.
    """

    passes: timedelta = timedelta()
    days: int = 0
    on: date | None = None
    weekday: int | None = None
    at: time | None = None
    is_span: bool = False
    is_today: bool = False

    def resolve(self, now: datetime, *, zone: ZoneInfo, day_starts: time) -> datetime | None:
        """The moment in UTC; None when it is over already.

        Units: `day_starts` is the wall time a day is meant by when none was said.
        """
        local = now.astimezone(zone)
        if self.is_span:
            day = local.replace(tzinfo=None) + timedelta(days=self.days)
            start = _in_zone(day, zone, after=now) if self.days else now
            return start + self.passes
        found = _in_zone(datetime.combine(self._day(local), self.at or day_starts), zone, after=now)
        if found <= now and self._is_time_alone:
            found = _in_zone(
                datetime.combine(local.date() + timedelta(days=1), self.at or day_starts),
                zone,
                after=now,
            )
        return found if found > now else None

    @property
    def _is_time_alone(self) -> bool:
        return self.on is None and self.weekday is None and not self.days and not self.is_today

    def _day(self, local: datetime) -> date:
        if self.on is not None:
            return self.on
        if self.weekday is None:
            return local.date() + timedelta(days=self.days)
        ahead = (self.weekday - local.weekday()) % 7
        is_still_today = self.at is not None and local.time() < self.at
        return local.date() + timedelta(days=ahead if ahead or is_still_today else 7)


def read_moment(phrase: str) -> Moment | None:
    """The moment some words mean; None when they mean none, whatever they are."""
    words = " ".join(phrase.casefold().split())
    if not words or len(words) > _LONGEST or not words.isascii():
        return None
    lead, _, rest = words.partition(" ")
    readers = _BY_LEAD.get(lead)
    if readers is None:
        readers, rest = (_span, _point), words
    return next((found for read in readers if (found := read(rest)) is not None), None)


def _span(words: str) -> Moment | None:
    if words in ("half an hour", "a half hour"):
        return Moment(passes=timedelta(minutes=30), is_span=True)
    at, total, days = 0, timedelta(), 0
    while at < len(words):
        found = _AMOUNT.match(words, at)
        if found is None:
            return None
        count = 1 if found[1].startswith("a") else int(found[1])
        unit = _UNITS[found[2][0]]
        if unit in ("days", "weeks"):
            days += count * (7 if unit == "weeks" else 1)
        else:
            total += timedelta(**{unit: count})
        at = found.end()
        if at < len(words):
            at = _end_of(_BETWEEN.match(words, at))
    is_something = (total or days) and days <= _MOST_COUNT
    return Moment(passes=total, days=days, is_span=True) if is_something else None


def _point(words: str) -> Moment | None:
    return _day_and_time(words) or _time_alone(words)


def _time_alone(words: str) -> Moment | None:
    at = _clock(words.removeprefix("at "))
    return Moment(at=at) if at is not None else None


def _day_and_time(words: str) -> Moment | None:
    day, has_time, clock = words.partition(" at ")
    if not has_time and "t" in words and _DATE.match(words):
        day, has_time, clock = words.partition("t")
    at = _clock(clock) if has_time else None
    if has_time and at is None:
        return None
    return _day(day.removeprefix("next "), at)


def _day(word: str, at: time | None) -> Moment | None:
    if word == "today":
        return Moment(at=at, is_today=True) if at is not None else None
    if word == "tomorrow":
        return Moment(days=1, at=at)
    if _DATE.fullmatch(word):
        try:
            day = date.fromisoformat(word)
        except ValueError:
            return None
        return Moment(on=day, at=at) if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
    if len(word) < _LEAST_WEEKDAY:
        return None
    named = [n for n, name in enumerate(_WEEKDAYS) if name.startswith(word)]
    return Moment(weekday=named[0], at=at) if len(named) == 1 else None


def _clock(words: str) -> time | None:
    found = _CLOCK.fullmatch(words)
    if found is None or not (found[2] or found[3]):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= _HALF_DAY:
            return None
        hour = hour % _HALF_DAY + (_HALF_DAY if found[3] == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None


_BY_LEAD: Final[dict[str, tuple[Callable[[str], Moment | None], ...]]] = {
    "for": (_span,),
    "in": (_span,),
    "until": (_point,),
    "till": (_point,),
    "on": (_day_and_time,),
    "at": (_time_alone,),
}


def _end_of(found: re.Match[str] | None) -> int:
    if found is None:
        message = "what may be empty always matches"
        raise AssertionError(message)
    return found.end()


def _in_zone(wall: datetime, zone: ZoneInfo, *, after: datetime) -> datetime:
    """A wall time of a zone as UTC; of one that comes twice, the first that is still ahead."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first > after:
        return first
    return max(first, wall.replace(tzinfo=zone, fold=1).astimezone(UTC))
