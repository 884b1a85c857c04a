"""Clocks that tests and fakes move by hand."""

from datetime import datetime, timedelta

from chargehand.kit.clock import Clock


class FakeClock:
    """A clock that stands still until it is moved; keeps `chargehand.kit.clock.Clock`."""

    def __init__(self, start: datetime) -> None:
        _require_zone(start)
        self._now = start

    def now(self) -> datetime:
        """The moment it was last set to, UTC when started in UTC."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Stand at `moment`, which may lie in the past."""
        _require_zone(moment)
        self._now = moment

    def advance(self, seconds: float) -> datetime:
        """Move on by `seconds` and tell the new moment."""
        self._now += timedelta(seconds=seconds)
        return self._now


class OffsetClock:
    """Another clock, shifted; it keeps running at the other clock's pace."""

    def __init__(self, source: Clock, offset_s: float = 0.0) -> None:
        self._source = source
        self.offset_s = offset_s

    def now(self) -> datetime:
        """The source's moment plus the offset."""
        return self._source.now() + timedelta(seconds=self.offset_s)

    def set(self, moment: datetime) -> None:
        """Choose the offset so that it is `moment` now."""
        _require_zone(moment)
        self.offset_s = (moment - self._source.now()).total_seconds()

    def advance(self, seconds: float) -> datetime:
        """Move the offset on by `seconds` and tell the new moment."""
        self.offset_s += seconds
        return self.now()


def _require_zone(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError("A clock needs a moment with a time zone, for example datetime(..., UTC).")
