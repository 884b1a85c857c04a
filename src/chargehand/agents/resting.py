"""Lets a provider that failed rest, so that a question does not wait for it again and again."""

from datetime import datetime, timedelta
from typing import Final

from chargehand.agents.config import RunLimits

_DOUBLINGS: Final = 8


class Rests:
    """Which providers rest until when."""

    def __init__(self, limits: RunLimits) -> None:
        self._limits = limits
        self._failures: dict[str, int] = {}
        self._until: dict[str, datetime] = {}

    def left_s(self, provider: str, *, now: datetime) -> float:
        """How long a provider still rests; 0 when it may be asked."""
        until = self._until.get(provider)
        return max((until - now).total_seconds(), 0.0) if until is not None else 0.0

    def note_answer(self, provider: str) -> None:
        """It works again."""
        self._failures.pop(provider, None)
        self._until.pop(provider, None)

    def note_failure(self, provider: str, *, retry_after_s: float | None, now: datetime) -> None:
        """It failed in a way that may pass; what it asks to wait counts, up to the longest rest."""
        failures = self._failures.get(provider, 0)
        self._failures[provider] = failures + 1
        by_count = self._limits.first_rest_s * (1 << min(failures, _DOUBLINGS))
        rest_s = min(max(by_count, retry_after_s or 0.0), self._limits.longest_rest_s)
        self._until[provider] = now + timedelta(seconds=rest_s)
