"""Moments as HTTP headers write them."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def header_date(text: str) -> datetime | None:
    """The UTC moment an HTTP date names; None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
