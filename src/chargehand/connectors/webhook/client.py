"""The client of a sender that only posts: there is nobody to call, and nothing to do there."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chargehand.connectors.webhook.config import ProofForm, WebhookConfig
from chargehand.domain.action import ActionResult, ApprovedAction, Refused
from chargehand.domain.event import EventKind
from chargehand.domain.ids import AccountId, ProjectKey
from chargehand.plugins.connector import (
    BotIdentity,
    Check,
    CheckState,
    LookUp,
    LookUpState,
    PastEffect,
    PollPage,
    SentAction,
)

# Nobody's account: a plain sender knows no bot, and nobody there can mention it.
_NO_ACCOUNT = AccountId("chargehand")


class WebhookClient:
    """Keeps the contract of a client without a vendor behind it."""

    def __init__(self, config: WebhookConfig) -> None:
        self._config = config

    @property
    def clock_offset_s(self) -> float | None:
        """Nobody's clock is known."""
        return None

    async def identify_bot(self) -> BotIdentity:
        """The name we are known by here; nobody is asked for it."""
        return BotIdentity(_NO_ACCOUNT, "chargehand")

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Refuse: a plain webhook goes one way."""
        return Refused("no_such_action", f"a plain webhook takes no {action.kind.value}")

    async def look_up(self, _action: SentAction, _past: PastEffect) -> LookUp:
        """Nothing was ever sent."""
        return LookUp(LookUpState.ABSENT, reason="a plain webhook goes one way")

    async def poll(
        self, _projects: Sequence[ProjectKey], cursor: str | None, *, now: datetime
    ) -> AsyncIterator[PollPage]:
        """There is nobody to ask."""
        _ = now
        for one in (cursor,) if cursor is not None else ():
            yield PollPage((), one)

    async def check(self) -> tuple[Check, ...]:
        """What can be said of the configuration; only the sender can show the rest."""
        rules = self._config.rules
        meant = sorted({one.kind.value for one in rules if one.kind is not EventKind.UNSUPPORTED})
        found = (
            Check("events", CheckState.PASSED, f"{len(rules)} rule(s): {', '.join(meant)}")
            if meant
            else Check(
                "events",
                CheckState.WARNED,
                "no rule says what its deliveries mean, so they are recorded and no more",
                "Add [[connections.events]], and try them: chargehand events parse --connector "
                f"webhook --connection {self._config.connection_id} FILE",
            )
        )
        form = self._config.proof.form
        if form is not ProofForm.PATH:
            return (found,)
        weak = Check(
            "proof",
            CheckState.WARNED,
            "an unguessable path alone: whoever reads a log of addresses can post",
            "Use a signature or a token in a header, if the sender can.",
        )
        return found, weak

    async def aclose(self) -> None:
        """Nothing is open."""
