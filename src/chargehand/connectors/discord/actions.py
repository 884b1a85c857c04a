"""Performs approved actions: prepared by reading, sent once, looked up when the end is open."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from chargehand.connectors.discord.changes import ChangeActions
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.errors import (
    DirectMessagesClosed,
    InteractionExpired,
    MessageTooLong,
    ThreadArchived,
)
from chargehand.connectors.discord.plans import Plan
from chargehand.connectors.discord.replies import ReplyActions
from chargehand.connectors.discord.sending import MessageSender
from chargehand.connectors.discord.transport import DiscordTransport
from chargehand.domain.action import (
    ActionKind,
    ActionResult,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
    RetryAfter,
    Undecided,
)
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_before_send, outcome_of_send
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

FAILURES: Final = (*VENDOR_FAILURES, InteractionExpired, ThreadArchived, DirectMessagesClosed)
PARTLY_SENT: Final = "partly_sent"
# Added to the time-out: what Discord still works on when we stop listening is stored by then.
_SETTLE_MARGIN_S: Final = 10.0
_OUR_MISTAKES: Final = (ParamInvalid, ParamUnknown, MessageTooLong)
Preparer: TypeAlias = Callable[[ApprovedAction], Awaitable[Plan | Done | Refused]]
"""Reads what an action was based on and says what is to be sent, if anything still is."""
Finder: TypeAlias = Callable[[SentAction], Awaitable[LookUp]]
FinderSince: TypeAlias = Callable[[SentAction, PastEffect], Awaitable[LookUp]]


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Sends the actions of one connection."""

    config: DiscordConfig
    transport: DiscordTransport
    messages: MessageSender
    replies: ReplyActions
    changes: ChangeActions

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """What became of the action; never raises what Discord or the network can cause."""
        try:
            plan = await self._preparers()[action.kind](action)
        except FAILURES as error:
            return outcome_before_send(error)
        except _OUR_MISTAKES as error:
            return Faulty(error.code, str(error))
        return await self._send(plan) if isinstance(plan, Plan) else plan

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether an earlier send landed; what can not be read is unsure."""
        try:
            return await self._look_up(action, past)
        except (*FAILURES, *_OUR_MISTAKES) as error:
            return LookUp(LookUpState.UNSURE, reason=error.code)

    async def _send(self, plan: Plan) -> ActionResult:
        answers = list(plan.sent)
        settle_s = self.config.request_timeout_s + _SETTLE_MARGIN_S
        for call in plan.calls:
            try:
                answers.append(await self.transport.write(call))
            except FAILURES as error:
                result = outcome_of_send(error, settle_s=settle_s)
                return _after_failure(result, plan, answers)
        try:
            return plan.finish(answers)
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=settle_s)

    def _preparers(self) -> Mapping[ActionKind, Preparer]:
        return {
            ActionKind.DISCORD_POST_MESSAGE: self.messages.prepare_post,
            ActionKind.DISCORD_SEND_DIRECT_MESSAGE: self.messages.prepare_direct,
            ActionKind.DISCORD_EDIT_MESSAGE: self.changes.prepare_edit,
            ActionKind.DISCORD_DELETE_MESSAGE: self.changes.prepare_delete,
            ActionKind.DISCORD_EDIT_REPLY: self.replies.prepare_reply,
            ActionKind.DISCORD_FOLLOW_UP: self.replies.prepare_follow_up,
            ActionKind.DISCORD_ADD_REACTION: self.changes.prepare_reaction,
            ActionKind.DISCORD_REMOVE_REACTION: self.changes.prepare_reaction,
        }

    async def _look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        by_state: Mapping[ActionKind, Finder] = {
            ActionKind.DISCORD_EDIT_MESSAGE: self.changes.look_up_edit,
            ActionKind.DISCORD_DELETE_MESSAGE: self.changes.look_up_deletion,
            ActionKind.DISCORD_ADD_REACTION: self.changes.look_up_reaction,
            ActionKind.DISCORD_REMOVE_REACTION: self.changes.look_up_reaction,
        }
        by_words: Mapping[ActionKind, FinderSince] = {
            ActionKind.DISCORD_POST_MESSAGE: self.messages.look_up_post,
            ActionKind.DISCORD_SEND_DIRECT_MESSAGE: self.messages.look_up_direct,
            ActionKind.DISCORD_EDIT_REPLY: self.replies.look_up_reply,
            ActionKind.DISCORD_FOLLOW_UP: self.replies.look_up_follow_up,
        }
        if action.kind in by_state:
            return await by_state[action.kind](action)
        return await by_words[action.kind](action, past)


def _after_failure(result: ActionResult, plan: Plan, answers: Sequence[bytes]) -> ActionResult:
    """What the failure of one request means for the whole action."""
    will_go_on = plan.is_resumable and isinstance(result, RetryAfter | Undecided)
    if not answers or will_go_on:
        return result
    # The parts before stand there; sending them again would say everything twice.
    total = len(plan.sent) + len(plan.calls)
    reason = getattr(result, "reason", "")
    detail = f"{len(answers)} of {total} requests were done, then: {reason}"
    try:
        begun = plan.finish(answers)
    except VENDOR_FAILURES:
        return Faulty(PARTLY_SENT, detail)
    return Faulty(PARTLY_SENT, detail, begun.external_id, begun.url)
