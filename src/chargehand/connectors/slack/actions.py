"""Performs approved actions, and looks them up when their end is open."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from chargehand.connectors.slack.message_actions import MessageActions
from chargehand.connectors.slack.other_actions import OtherActions
from chargehand.connectors.slack.render import MessageTooLong
from chargehand.domain.action import ActionKind, ActionResult, ApprovedAction, Faulty
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_before_send
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

Performer: TypeAlias = Callable[[ApprovedAction], Awaitable[ActionResult]]
_OUR_MISTAKES = (ParamInvalid, ParamUnknown, MessageTooLong)


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Sends the actions of one connection."""

    messages: MessageActions
    others: OtherActions
    find_bot: Callable[[], Awaitable[AccountId]]

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """What became of the action; never raises what Slack or the network can cause."""
        try:
            return await self._performers()[action.kind](action)
        except VENDOR_FAILURES as error:
            # Raised by readings alone: what a write meets is a result.
            return outcome_before_send(error)
        except _OUR_MISTAKES as error:
            return Faulty(error.code, str(error))

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether an earlier send landed; what can not be read is unsure."""
        try:
            return await self._look_up(action, past)
        except (*VENDOR_FAILURES, *_OUR_MISTAKES) as error:
            return LookUp(LookUpState.UNSURE, reason=error.code)

    def _performers(self) -> Mapping[ActionKind, Performer]:
        return {
            ActionKind.SLACK_POST_MESSAGE: self.messages.post,
            ActionKind.SLACK_UPDATE_MESSAGE: self.messages.update,
            ActionKind.SLACK_DELETE_MESSAGE: self.messages.delete,
            ActionKind.SLACK_POST_EPHEMERAL: self.messages.post_ephemeral,
            ActionKind.SLACK_SEND_DIRECT_MESSAGE: self.messages.send_direct,
            ActionKind.SLACK_ADD_REACTION: self.others.react,
            ActionKind.SLACK_REMOVE_REACTION: self.others.react,
            ActionKind.SLACK_OPEN_MODAL: self.others.open_modal,
        }

    async def _look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        match action.kind:
            case ActionKind.SLACK_POST_MESSAGE | ActionKind.SLACK_SEND_DIRECT_MESSAGE:
                return await self.messages.look_up_post(action, past)
            case ActionKind.SLACK_UPDATE_MESSAGE:
                return await self.messages.look_up_update(action)
            case ActionKind.SLACK_DELETE_MESSAGE:
                return await self.messages.look_up_deletion(action)
            case ActionKind.SLACK_ADD_REACTION | ActionKind.SLACK_REMOVE_REACTION:
                return await self.others.look_up_reaction(action, await self.find_bot())
            case ActionKind.SLACK_OPEN_MODAL:
                # Its trigger is worth nothing by now, so asking again opens no second form.
                return LookUp(LookUpState.ABSENT)
            case _:
                # Slack shows an ephemeral message to nobody but its reader.
                return LookUp(LookUpState.UNSURE, reason="nobody but its reader can see it")
