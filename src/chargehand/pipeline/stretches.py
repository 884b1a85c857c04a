"""Reads the stretch of time somebody asks about: its ends, and how long a window lasts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chargehand.pipeline.errors import ArgumentInvalid

_WINDOW: Final = re.compile(r"([1-9][0-9]{0,3})([hd])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_SHOWN: Final = 60
# Ids hold 48 bits of milliseconds; nobody means the edges of the calendar.
FIRST_MOMENT, LAST_MOMENT = datetime(1971, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


def read_moment(field: str, text: str, *, zone: ZoneInfo) -> datetime:
    """A day, which means its beginning, or a moment; in the team's zone unless it says another.

    Raises: ArgumentInvalid naming the field.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None:
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    if moment is None or not FIRST_MOMENT <= moment <= LAST_MOMENT:
        allowed = "a day as 2026-11-01, or a moment as 2026-11-01T09:30"
        raise ArgumentInvalid(field=field, found=text[:_SHOWN], allowed=allowed)
    return moment.astimezone(UTC)


def read_stretch(
    since: str | None,
    until: str | None,
    *,
    days: int,
    zone: ZoneInfo,
    now: datetime,
    names: tuple[str, str] = ("from", "to"),
) -> tuple[datetime, datetime]:
    """Both ends of a stretch; it ends now at the latest, and begins some days before its end.

    Shape: `names` are those of the two fields, for whoever is told that one is wrong.
    Raises: ArgumentInvalid.
    """
    # What is not over yet can not be told of, so a later end is now as well.
    end = now if until is None else min(now, read_moment(names[1], until, zone=zone))
    start = end - timedelta(days=days) if since is None else read_moment(names[0], since, zone=zone)
    if start >= end:
        allowed = f"a moment before {end:%Y-%m-%dT%H:%M}Z"
        raise ArgumentInvalid(field=names[0], found=start.isoformat(), allowed=allowed)
    return start, end


def read_window(text: str) -> timedelta:
    """How long something lasts, as `24h` or `7d`.

    Raises: ArgumentInvalid.
    """
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ArgumentInvalid(field="window", found=text[:_SHOWN], allowed="such as 24h or 7d")
    return int(found[1]) * _UNITS[found[2]]
