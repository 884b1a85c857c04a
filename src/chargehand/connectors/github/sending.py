"""Sends the one write of an action, and says what became of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chargehand.connectors.github.answers import PullAnswer
from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.transport import Answer, Call, convert, path_of
from chargehand.domain.action import ActionResult, Done, Faulty, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff
from chargehand.plugins.diff_fields import why_outdated
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send

# Added to the time-out: what GitHub still works on when we stop listening is stored by then.
SETTLE_MARGIN_S = 10.0
BASE_CHANGED = "base_changed"

_LOOK = "look at a pull request again"

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

    async def refusal_of_outdated(self, ref: PullRequestRef, diff: Diff | None) -> Refused | None:
        """The refusal of an action whose pull request changed since it was judged.

        Shape: None where it is as it was, and nothing is asked where no diff judged it.
        """
        if diff is None:
            return None
        path = path_of("repos", ref.repository, "pulls", ref.number)
        answer = await self.api.get(Call("GET", path, _LOOK, str(ref)))
        return refusal_by(convert(answer.data, PullAnswer, operation=_LOOK), ref, diff)

    @property
    def settle_s(self) -> float:
        """Seconds by which a write that was cut off has landed, or never will."""
        return self.api.config.request_timeout_s + SETTLE_MARGIN_S


def refusal_by(pull: PullAnswer, ref: PullRequestRef, diff: Diff | None) -> Refused | None:
    """The refusal of an action that was judged by another diff; None for the same one."""
    why = why_outdated(diff, head=pull.head.sha, target=pull.base.ref)
    return Refused(BASE_CHANGED, f"{ref} changed: {why}") if why else None
