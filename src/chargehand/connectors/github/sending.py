"""Sends the one write of an action, and says what became of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.transport import Answer, Call
from chargehand.domain.action import ActionResult, Done, Faulty
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send

# Added to the time-out: what GitHub still works on when we stop listening is stored by then.
SETTLE_MARGIN_S = 10.0
BASE_CHANGED = "base_changed"

Finish = Callable[[Answer], Done | Faulty]
FindBot = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Sender:
    """The writing side of one connection."""

    api: GitHubAPI

    async def send(self, call: Call, finish: Finish) -> ActionResult:
        """What became of a write; `finish` reads GitHub's consent."""
        try:
            return finish(await self.api.send(call))
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self.settle_s)

    @property
    def settle_s(self) -> float:
        """Seconds by which a write that was cut off has landed, or never will."""
        return self.api.config.request_timeout_s + SETTLE_MARGIN_S
