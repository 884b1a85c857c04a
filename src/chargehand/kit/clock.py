"""The only door to the system clock."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time; handed in, never looked up."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """Integer microseconds since 1970, as `_at` columns hold them."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC moment an `_at` column names."""
    # By position: naming the argument doubles what it takes, and a page has hundreds of moments.
    return EPOCH + timedelta(0, 0, micros)
