"""Discord's limits: so many requests to a route within a while, and a pause for everything."""

from dataclasses import dataclass, field
from typing import Final

from chargehand.kit.clock import Clock

# Requests, and the seconds they are counted in, by what a route ends with.
_LIMITS: Final = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
    "DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
    "POST /applications/{application}/guilds/{guild}/commands": (5, 20.0),
}
_USUAL: Final = (50, 1.0)


@dataclass(slots=True)
class Allowed:
    """What a request is told of its limit; `wait_s` is None when it may pass."""

    limit: int
    remaining: int
    reset_at_s: float
    reset_after_s: float
    bucket: str
    wait_s: float | None = None
    is_global: bool = False

    def headers(self) -> dict[str, str]:
        """The headers every answer carries."""
        told = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": f"{self.reset_at_s:.3f}",
            "x-ratelimit-reset-after": f"{self.reset_after_s:.3f}",
            "x-ratelimit-bucket": self.bucket,
        }
        if self.wait_s is not None:
            told["retry-after"] = str(max(1, round(self.wait_s)))
            told["x-ratelimit-scope"] = "global" if self.is_global else "user"
        return told | ({"x-ratelimit-global": "true"} if self.is_global else {})


@dataclass(slots=True)
class Limits:
    """Counts requests by route and channel."""

    clock: Clock
    paused_until_s: float = 0.0
    _began: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)

    def pause(self, seconds: float) -> None:
        """Refuse everything for a while, as Discord does beyond fifty requests a second."""
        self.paused_until_s = self.clock.now().timestamp() + seconds

    def take(self, route: str, major: str) -> Allowed:
        """Count one request."""
        now_s = self.clock.now().timestamp()
        limit, window_s = _LIMITS.get(route, _USUAL)
        began_s, count = self._began.get((route, major), (now_s, 0))
        if now_s >= began_s + window_s:
            began_s, count = now_s, 0
        reset_s = began_s + window_s
        allowed = Allowed(limit, max(0, limit - count - 1), reset_s, reset_s - now_s, _name(route))
        if self.paused_until_s > now_s:
            allowed.wait_s, allowed.is_global = self.paused_until_s - now_s, True
        elif count >= limit:
            allowed.wait_s = reset_s - now_s
        else:
            self._began[route, major] = (began_s, count + 1)
        return allowed


def _name(route: str) -> str:
    # Discord's names tell nothing; adding and removing a reaction share one.
    shared = route.replace("DELETE", "PUT") if "reactions" in route else route
    return f"{sum(map(ord, shared)):08x}"
