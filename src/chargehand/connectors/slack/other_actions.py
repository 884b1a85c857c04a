"""Reactions and forms as actions."""

import json
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.slack.answers import OpenedViewAnswer
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackRefused, SlackTargetMissing
from chargehand.connectors.slack.message_actions import QUESTION_DELETED, SETTLE_MARGIN_S
from chargehand.connectors.slack.message_reader import MessageReader
from chargehand.connectors.slack.params import (
    ModalParams,
    read_message_target,
    read_modal_params,
    read_no_base,
    read_reaction_params,
    read_user,
)
from chargehand.connectors.slack.render import message_body, plain_label, render_sections
from chargehand.connectors.slack.transport import Call, SlackTransport, decode
from chargehand.domain.action import ActionKind, ActionResult, ApprovedAction, Done, Refused
from chargehand.domain.form import LONGEST_VALUES, FormField
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.connector import LookUp, LookUpState, SentAction
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send

_ALREADY: Final = frozenset({"already_reacted", "no_reaction"})
# The trigger was worth something for three seconds, or opened a form before we knew of it.
_TOO_LATE: Final = frozenset({"expired_trigger_id", "exchanged_trigger_id"})
_LABEL_LIMIT: Final = 150
_CALLBACK: Final = "chargehand"


@dataclass(frozen=True, slots=True)
class OtherActions:
    """Adds and removes reactions and opens forms; raises as `MessageActions`."""

    config: SlackConfig
    transport: SlackTransport
    reader: MessageReader

    async def react(self, action: ApprovedAction) -> ActionResult:
        """A reaction is there afterwards, or not, whatever was before."""
        params = read_reaction_params(action.params)
        read_no_base(action.base)
        channel, stamp = read_message_target(action.target)
        arguments: JSONObject = {"channel": channel, "timestamp": stamp, "name": params.name}
        is_adding = action.kind is ActionKind.SLACK_ADD_REACTION
        method, operation = ("reactions.add", "add a reaction")
        if not is_adding:
            method, operation = ("reactions.remove", "remove a reaction")
        url = self.config.message_url(channel, stamp)
        try:
            await self.transport.write(Call(method, operation, arguments))
        except SlackTargetMissing:
            # With the message its reactions went.
            gone = Refused(QUESTION_DELETED, f"message {stamp} is not there any more")
            return gone if is_adding else Done(action.target, url, {"already": True})
        except SlackRefused as error:
            if error.fields.get("slack_error") in _ALREADY:
                return Done(action.target, url, {"already": True})
            return outcome_of_send(error, settle_s=self._settle_s)
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return Done(action.target, url)

    async def look_up_reaction(self, action: SentAction, bot: AccountId) -> LookUp:
        """Whether the bot's reaction is as the action wants it."""
        params = read_reaction_params(action.params)
        channel, stamp = read_message_target(action.target)
        message = await self.reader.one(channel, stamp)
        reactions = message.reactions if message is not None else []
        is_there = any(one.name == params.name and bot in one.users for one in reactions)
        if is_there is not (action.kind is ActionKind.SLACK_ADD_REACTION):
            return LookUp(LookUpState.ABSENT)
        url = self.config.message_url(channel, stamp)
        return LookUp(LookUpState.FOUND, external_id=action.target, url=url)

    async def open_modal(self, action: ApprovedAction) -> ActionResult:
        """A form opens for whoever pressed something less than three seconds ago."""
        params = read_modal_params(action.params)
        read_no_base(action.base)
        read_user(action.target)
        operation = "open a form"
        arguments: JSONObject = {"trigger_id": params.trigger_id, "view": _view_of(params)}
        try:
            body = await self.transport.write(Call("views.open", operation, arguments))
            view = decode(body, OpenedViewAnswer, operation=operation).view
        except SlackRefused as error:
            is_too_late = error.fields.get("slack_error") in _TOO_LATE
            if is_too_late and params.otherwise and params.channel is not None:
                return await self._say_otherwise(action.target, params.channel, params)
            return outcome_of_send(error, settle_s=self._settle_s)
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return Done(view.id, "")

    async def _say_otherwise(self, user: str, channel: str, params: ModalParams) -> ActionResult:
        """A sentence for whoever waits for a form that can not open any more."""
        thread: JSONObject = {"thread_ts": params.thread_id} if params.thread_id else {}
        arguments: JSONObject = {
            "channel": channel,
            "user": user,
            **thread,
            **message_body(render_sections(params.otherwise), ()),
        }
        call = Call("chat.postEphemeral", "post a message", arguments)
        try:
            await self.transport.write(call)
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return Done(channel, "", {"instead": "too_late"})

    @property
    def _settle_s(self) -> float:
        return self.config.request_timeout_s + SETTLE_MARGIN_S


def _view_of(params: ModalParams) -> JSONObject:
    # What a submitted form says comes back from here; interactions.py reads it.
    hidden = {
        "command": params.command,
        "channel": params.channel,
        "message": params.message_id,
        "thread": params.thread_id,
    }
    return {
        "type": "modal",
        "callback_id": _CALLBACK,
        "title": _plain(params.title),
        "submit": _plain("Send"),
        "close": _plain("Cancel"),
        "private_metadata": json.dumps({k: v for k, v in hidden.items() if v is not None}),
        "blocks": [_input_of(one) for one in params.fields],
    }


def _input_of(field: FormField) -> JSONValue:
    element: dict[str, JSONValue] = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": field.is_long,
        "max_length": field.longest or LONGEST_VALUES["slack"],
    }
    if field.value:
        element["initial_value"] = field.value
    return {
        "type": "input",
        "block_id": field.name,
        "optional": field.is_optional,
        "label": _plain(plain_label(field.label, _LABEL_LIMIT)),
        "element": element,
    }


def _plain(text: str) -> JSONObject:
    return {"type": "plain_text", "text": text, "emoji": False}
