"""Answers to interactions: the promised reply filled in, and messages that follow it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chargehand.connectors.discord.answers import EPHEMERAL, MessageAnswer
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.messages_reading import MessageReader
from chargehand.connectors.discord.params import (
    FollowUpParams,
    ReplyParams,
    read_channel,
    read_follow_up_params,
    read_no_base,
    read_reply_params,
)
from chargehand.connectors.discord.plans import CLOCK_MARGIN, Plan
from chargehand.connectors.discord.render import allowed_mentions, button_rows, render_parts
from chargehand.connectors.discord.sending import (
    MessageSender,
    done_with,
    found_among,
    is_same_text,
)
from chargehand.connectors.discord.transport import Call, decode, path_of
from chargehand.domain.action import ApprovedAction, Done
from chargehand.domain.control import Control
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction

REPLY: Final = "answer an interaction"
# As long as Discord takes answers to an interaction.
_GOOD_FOR: Final = timedelta(minutes=15)
_UNSEEN: Final = LookUp(LookUpState.UNSURE, reason="only the asker sees the message")
_BEGUN: Final = LookUp(LookUpState.UNSURE, reason="a part of the answer stands there")


@dataclass(frozen=True, slots=True)
class ReplyActions:
    """Prepares answers to interactions and looks them up; reads only.

    Every method raises what `DiscordTransport.read` raises, and ParamInvalid, ParamUnknown or
    MessageTooLong.
    """

    config: DiscordConfig
    messages: MessageReader
    sender: MessageSender

    async def prepare_reply(self, action: ApprovedAction) -> Plan:
        """The reply in the place of the promise, and further messages for what does not fit."""
        params = read_reply_params(action.params)
        read_no_base(action.base)
        read_channel(action.target)
        parts = render_parts(params.markdown)
        # What goes on behind a reply that the asker alone sees is for nobody else either.
        is_private = len(parts) > 1 and (await self._promised(params)).is_private
        first = self._edit(params, _body(parts, 0, params.controls))
        rest = [
            self._follow_up(params, _body(parts, number, params.controls, is_private=is_private))
            for number in range(1, len(parts))
        ]
        return self._plan(action.target, first, *rest)

    async def prepare_follow_up(self, action: ApprovedAction) -> Plan:
        """A message behind the reply, and its further parts."""
        params = read_follow_up_params(action.params)
        read_no_base(action.base)
        read_channel(action.target)
        parts = render_parts(params.markdown)
        calls = [
            self._follow_up(
                params, _body(parts, number, params.controls, is_private=params.is_private)
            )
            for number in range(len(parts))
        ]
        return self._plan(action.target, *calls)

    async def look_up_reply(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether the answer stands in the place of the promise."""
        params = read_reply_params(action.params)
        parts = render_parts(params.markdown)
        stored = await self._promised(params)
        if not is_same_text(stored.content, parts[0]):
            return LookUp(LookUpState.ABSENT)
        if len(parts) == 1:
            return found_among([[stored]], self.sender.naming(action.target))
        if stored.is_private:
            return _UNSEEN
        channel_id = params.thread_id or read_channel(action.target)
        # The promised reply was made when the interaction arrived, and filled in later.
        since = past.intended_at - _GOOD_FOR
        left = await self.sender.left(action.action_id, parts, channel_id, since)
        return found_among(left, self.sender.naming(action.target)) if all(left) else _BEGUN

    async def look_up_follow_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether the message stands in the channel."""
        params = read_follow_up_params(action.params)
        if params.is_private:
            return _UNSEEN
        parts = render_parts(params.markdown)
        channel_id = params.thread_id or read_channel(action.target)
        since = past.intended_at - CLOCK_MARGIN
        left = await self.sender.left(action.action_id, parts, channel_id, since)
        is_begun = any(left) and not all(left)
        return _BEGUN if is_begun else found_among(left, self.sender.naming(action.target))

    async def _promised(self, params: ReplyParams) -> MessageAnswer:
        return await self.messages.reply(self.config.application_id, params.reply_token)

    def _plan(self, target: str, *calls: Call) -> Plan:
        def finish(answers: Sequence[bytes]) -> Done:
            stored = [decode(one, MessageAnswer, operation=REPLY) for one in answers]
            return done_with(stored, self.sender.naming(target))

        # No part has a mark, and what only the asker sees can not be read.
        return Plan(calls, finish, is_resumable=len(calls) == 1)

    def _edit(self, params: ReplyParams, body: JSONObject) -> Call:
        app = self.config.application_id
        return Call(
            "PATCH",
            path_of("webhooks", app, params.reply_token, "messages", "@original"),
            REPLY,
            "the interaction",
            route=f"PATCH /webhooks/{app}/:token/messages/@original",
            body=body,
            secret=params.reply_token,
        )

    def _follow_up(self, params: ReplyParams | FollowUpParams, body: JSONObject) -> Call:
        app = self.config.application_id
        return Call(
            "POST",
            path_of("webhooks", app, params.reply_token),
            REPLY,
            "the interaction",
            route=f"POST /webhooks/{app}/:token",
            query={"wait": "true"},
            body=body,
            secret=params.reply_token,
        )


def _body(
    parts: Sequence[str], number: int, controls: Sequence[Control], *, is_private: bool = False
) -> JSONObject:
    body: dict[str, JSONValue] = {
        "content": parts[number],
        "allowed_mentions": allowed_mentions(None),
    }
    is_last = number == len(parts) - 1
    if number == 0 or (is_last and controls):
        # An edit without buttons takes away those of the promise.
        body["components"] = button_rows(controls if is_last else ())
    if is_private:
        body["flags"] = EPHEMERAL
    return body
