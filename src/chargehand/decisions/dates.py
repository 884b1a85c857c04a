"""How dates and times read: absolute with the weekday, relative words in the reader's zone."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chargehand.decisions import catalogue

_UTC_NAME: Final = "UTC"


@dataclass(frozen=True, slots=True)
class DateWording:
    """Words dates for one reader.

    Shape: `zone` is the reader's, `team_zone` everybody else's; `today` is the reader's date,
    None leaves every relative word out, so that two answers from the same facts read the same.
    """

    zone: tzinfo
    team_zone: tzinfo
    today: date | None

    def day(self, day: date) -> str:
        """`Friday 27 November 2026`."""
        return catalogue.DAY.format(
            weekday=catalogue.WEEKDAYS[day.weekday()],
            day=day.day,
            month=catalogue.MONTHS[day.month - 1],
            year=day.year,
        )

    def day_of(self, moment: datetime) -> str:
        """The date a moment falls on where the reader is."""
        return self.day(moment.astimezone(self.zone).date())

    def moment(self, moment: datetime) -> str:
        """`Friday 27 November 2026 at 14:05`, with the zone only when it is needed."""
        return catalogue.MOMENT.format(day=self.day_of(moment), time=self.time(moment))

    def time(self, moment: datetime) -> str:
        """`14:05`; names the offset when readers differ, or when that hour happens twice."""
        local = moment.astimezone(self.zone)
        is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        is_foreign = local.utcoffset() != moment.astimezone(self.team_zone).utcoffset()
        clock = f"{local.hour:02}:{local.minute:02}"
        if not (is_twice or is_foreign):
            return clock
        return catalogue.TIME_IN_ZONE.format(time=clock, zone=_zone_words(local))

    def near(self, day: date) -> str:
        """The date with its distance: `Friday 27 November 2026 (in 7 days)`."""
        return self._with_distance(day, catalogue.DAYS_AGO)

    def due(self, day: date) -> str:
        """The date with its distance, days gone by counted as overdue."""
        return self._with_distance(day, catalogue.DAYS_OVERDUE)

    def _with_distance(self, day: date, past: catalogue.Counted) -> str:
        if self.today is None:
            return self.day(day)
        return catalogue.DAY_WITH_DISTANCE.format(
            day=self.day(day), distance=distance_words((day - self.today).days, past)
        )


def wording_for(zone_name: str | None, *, team_zone: str, now: datetime) -> DateWording:
    """The wording for someone in `zone_name`, or in the team's zone when it says nothing usable.

    Shape: an unknown zone counts as not said, since it comes from a foreign profile.
    """
    team = zone_named(team_zone) or UTC
    zone = (zone_named(zone_name) if zone_name else None) or team
    return DateWording(zone=zone, team_zone=team, today=now.astimezone(zone).date())


def wording_without_time(wording: DateWording) -> DateWording:
    """The same wording as nobody in particular would read it: in UTC, no relative words."""
    return replace(wording, zone=UTC, team_zone=UTC, today=None)


def wording_without_distances(wording: DateWording) -> DateWording:
    """The same wording without "tomorrow" and the like, for words that are read another day."""
    return replace(wording, today=None)


def local_day(moment: datetime, wording: DateWording) -> date:
    """The date a moment falls on where the reader is."""
    return moment.astimezone(wording.zone).date()


def zone_named(name: str) -> tzinfo | None:
    """The zone of an IANA name; None when there is none of that name."""
    if name == _UTC_NAME:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Names that are folders or paths fail as OSError or ValueError, the rest as not found.
        return None


def distance_words(days: int, past: catalogue.Counted) -> str:
    """`today`, `tomorrow`, `in 7 days`, or the given words for days gone by."""
    match days:
        case 0:
            return catalogue.TODAY
        case 1:
            return catalogue.TOMORROW
        case _ if days > 0:
            return catalogue.DAYS_AHEAD.of(days)
        case _:
            return past.of(-days)


def _zone_words(local: datetime) -> str:
    # Offsets, since abbreviations such as CST and IST mean several zones.
    offset = f"{local:%z}"
    return f"{_UTC_NAME}{offset[:3]}:{offset[3:5]}"
