"""How soon a request may leave, by what Discord said of its limits before.

Discord counts by bucket: several routes may share one, and which one is told only by its answers.
Source: discord.com/developers/docs/topics/rate-limits (read 2026-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Fifty in a second is Discord's limit for a bot as a whole; a few are left for those who do not
# know of each other.
_MOST_IN_A_SECOND: Final = 40


@dataclass(slots=True)
class _Bucket:
    remaining: int
    resets_at_s: float


@dataclass(slots=True)
class Buckets:
    """The limits of one bot as this process knows them; moments are of the monotonic clock."""

    _bucket_of: dict[str, str] = field(default_factory=dict)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _everything_waits_until_s: float = 0.0
    _sent_at_s: list[float] = field(default_factory=list)

    def route_wait_s(self, route: str, *, now_s: float) -> float:
        """Seconds until the bucket of a route has room; 0 when it has."""
        bucket = self._buckets.get(self._bucket_of.get(route, route))
        if bucket is None or bucket.remaining > 0:
            return 0.0
        return max(0.0, bucket.resets_at_s - now_s)

    def wait_s(self, route: str, *, now_s: float, callers: int = 1) -> float:
        """Seconds until a request of a route may leave; 0 when it may leave at once.

        Each of some processes has its part of what the bot may do as a whole.
        """
        most = max(1, _MOST_IN_A_SECOND // callers)
        waits = [self._everything_waits_until_s - now_s, self.route_wait_s(route, now_s=now_s)]
        lately = [at for at in self._sent_at_s if now_s - at < 1]
        if len(lately) >= most:
            waits.append(lately[-most] + 1 - now_s)
        return max(0.0, *waits)

    def leave(self, route: str, *, now_s: float) -> None:
        """Count a request that leaves now."""
        self._sent_at_s = [at for at in self._sent_at_s if now_s - at < 1]
        self._sent_at_s.append(now_s)
        bucket = self._buckets.get(self._bucket_of.get(route, route))
        if bucket is None:
            return
        if bucket.resets_at_s <= now_s:
            # What is left after the reset is told by the next answer.
            del self._buckets[self._bucket_of.get(route, route)]
        else:
            bucket.remaining -= 1

    def note(self, route: str, headers: Mapping[str, str], *, now_s: float) -> float:
        """Learn from an answer; the seconds for which a bucket that is used up stays so, else 0."""
        name = headers.get("x-ratelimit-bucket")
        try:
            remaining = int(headers.get("x-ratelimit-remaining", ""))
            resets_after_s = float(headers.get("x-ratelimit-reset-after", ""))
        except ValueError:
            return 0.0
        if name:
            # Two channels may share a bucket's name, and have limits of their own all the same.
            self._bucket_of[route] = f"{name} {_major_part(route)}"
        key = self._bucket_of.get(route, route)
        known = self._buckets.get(key)
        resets_at_s = now_s + resets_after_s
        if known is not None and known.resets_at_s > now_s:
            # Answers overtake each other; the least is what is left.
            remaining = min(remaining, known.remaining)
        self._buckets[key] = _Bucket(remaining, resets_at_s)
        return 0.0 if remaining > 0 else resets_after_s

    def refused(self, route: str, *, after_s: float, now_s: float, is_global: bool) -> None:
        """Learn from a 429: this route, or everything, waits."""
        if is_global:
            self._everything_waits_until_s = max(self._everything_waits_until_s, now_s + after_s)
            return
        key = self._bucket_of.get(route, route)
        self._buckets[key] = _Bucket(0, now_s + after_s)


def _major_part(route: str) -> str:
    """The part of a route that limits are counted by: its channel, guild or webhook."""
    return "/".join(route.partition(" ")[2].split("/")[:3])
