"""New messages as actions: sent part by part, each once, and found again by their words."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

import msgspec

from chargehand.connectors.discord.answers import MessageAnswer
from chargehand.connectors.discord.config import DiscordConfig, posted_directly
from chargehand.connectors.discord.messages_reading import MessageReader
from chargehand.connectors.discord.params import (
    MessageParams,
    MessageTarget,
    TextParams,
    read_channel,
    read_no_base,
    read_post_params,
    read_question_base,
    read_text_params,
)
from chargehand.connectors.discord.plans import CLOCK_MARGIN, Plan
from chargehand.connectors.discord.render import allowed_mentions, button_rows, render_parts
from chargehand.connectors.discord.transport import Call, decode, path_of
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.clock import Clock
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.errors import TargetMissing

QUESTION_DELETED: Final = "question_deleted"
POST: Final = "post a message"
# How far back another attempt looks for the parts that the one before it left.
_RESUMED_WITHIN: Final = timedelta(minutes=15)
_NONCE_CHARS: Final = 25
Naming: TypeAlias = Callable[[str, str], tuple[str, str]]
"""The external id and the address of a message, from its channel and its own id."""


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Prepares new messages and finds them again; reads only.

    Every method raises what `DiscordTransport.read` raises, and ParamInvalid, ParamUnknown or
    MessageTooLong.
    """

    config: DiscordConfig
    clock: Clock
    messages: MessageReader
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare_post(self, action: ApprovedAction) -> Plan | Refused:
        """The message to a channel or a thread of it, unless its question is gone."""
        params = read_post_params(action.params)
        base = read_question_base(action.base)
        channel_id = params.thread_id or read_channel(action.target)
        if base.message_id is not None:
            try:
                await self.messages.one(MessageTarget(channel_id, base.message_id))
            except TargetMissing:
                detail = f"message {base.message_id} is not there any more"
                return Refused(QUESTION_DELETED, detail)
        return await self._plan(action, params, channel_id, self.naming(action.target))

    async def prepare_direct(self, action: ApprovedAction) -> Plan:
        """The message to one person."""
        params = _as_message(read_text_params(action.params))
        read_no_base(action.base)
        channel_id = await self.messages.direct_channel(read_channel(action.target))
        name = partial(posted_directly, action.target)
        return await self._plan(action, params, channel_id, name)

    async def look_up_post(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether every part of the message stands in its channel."""
        params = read_post_params(action.params)
        channel_id = params.thread_id or read_channel(action.target)
        name = self.naming(action.target)
        return await self._look_up(action, past, params, channel_id, name)

    async def look_up_direct(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether every part of the message stands in the conversation."""
        params = _as_message(read_text_params(action.params))
        channel_id = await self.messages.direct_channel(read_channel(action.target))
        name = partial(posted_directly, action.target)
        return await self._look_up(action, past, params, channel_id, name)

    def naming(self, target: str) -> Naming:
        """How messages are named that an action posts to a channel."""
        return partial(self.config.posted, target)

    async def _plan(
        self,
        action: ApprovedAction,
        params: MessageParams,
        channel_id: str,
        name: Naming,
    ) -> Plan:
        parts = render_parts(params.markdown, params.mention)
        sent: tuple[bytes, ...] = ()
        if len(parts) > 1:
            since = self.clock.now() - _RESUMED_WITHIN
            left = await self.left(action.action_id, parts, channel_id, since)
            sent = tuple(msgspec.json.encode(one) for one in _begun(left))
        calls = [
            _call(channel_id, _body(action.action_id, params, parts, number))
            for number in range(len(sent), len(parts))
        ]

        def finish(answers: Sequence[bytes]) -> Done:
            stored = [decode(one, MessageAnswer, operation=POST) for one in answers]
            return done_with(stored, name)

        return Plan(tuple(calls), finish, sent)

    async def _look_up(
        self,
        action: SentAction,
        past: PastEffect,
        params: MessageParams,
        channel_id: str,
        name: Naming,
    ) -> LookUp:
        parts = render_parts(params.markdown, params.mention)
        since = past.intended_at - CLOCK_MARGIN
        return found_among(await self.left(action.action_id, parts, channel_id, since), name)

    async def left(
        self, action_id: str, parts: Sequence[str], channel_id: str, since: datetime
    ) -> list[list[MessageAnswer]]:
        """For each part, the bot's messages that may be it, oldest first."""
        bot = await self.find_bot()
        recent = await self.messages.since(channel_id, since)
        ours = [one for one in reversed(recent) if one.author.id == bot]
        return [
            [one for one in ours if _is_part(one, action_id, number, part)]
            for number, part in enumerate(parts)
        ]


def _as_message(params: TextParams) -> MessageParams:
    return MessageParams(params.markdown, params.controls)


def nonce_of(action_id: str, number: int) -> str:
    """What one part of an action is recognised by while Discord remembers it."""
    return hashlib.sha256(f"{action_id} {number}".encode()).hexdigest()[:_NONCE_CHARS]


def found_among(left: Sequence[Sequence[MessageAnswer]], name: Naming) -> LookUp:
    """What the messages that may be the parts of one show."""
    if any(len(one) > 1 for one in left):
        # Somebody else may have been told the same; which of them is ours nobody can tell.
        return LookUp(LookUpState.UNSURE, reason="several messages of the bot have its words")
    if not all(left):
        return LookUp(LookUpState.ABSENT)
    first = left[0][0]
    return LookUp(LookUpState.FOUND, *name(first.channel_id, first.id))


def done_with(stored: Sequence[MessageAnswer], name: Naming) -> Done:
    """The result of messages that Discord stored.

    Shape: in the detail, `more` are those that continue the first; `is_private` is true for what
    the asker alone sees.
    """
    first = stored[0]
    more: list[JSONValue] = [one.id for one in stored[1:]]
    detail: dict[str, JSONValue] = {"more": more} if more else {}
    if first.is_private:
        detail["is_private"] = True
    return Done(*name(first.channel_id, first.id), detail)


def is_same_text(stored: str, sent: str) -> bool:
    """Whether Discord holds a text; it keeps no blanks at the ends of a message or of a line."""
    return _lines(stored) == _lines(sent)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().split("\n")]


def _begun(left: Sequence[Sequence[MessageAnswer]]) -> list[MessageAnswer]:
    """The parts at the beginning that are surely there."""
    begun: list[MessageAnswer] = []
    for candidates in left:
        if len(candidates) != 1:
            break
        begun.append(candidates[0])
    return begun


def _is_part(message: MessageAnswer, action_id: str, number: int, part: str) -> bool:
    if message.nonce is not None:
        return str(message.nonce) == nonce_of(action_id, number)
    return is_same_text(message.content, part)


def _body(
    action_id: str, params: MessageParams, parts: Sequence[str], number: int
) -> dict[str, JSONValue]:
    is_first, is_last = number == 0, number == len(parts) - 1
    body: dict[str, JSONValue] = {
        "content": parts[number],
        "allowed_mentions": allowed_mentions(params.mention if is_first else None),
        # Discord gives the message back that has this already, instead of storing a second one.
        "nonce": nonce_of(action_id, number),
        "enforce_nonce": True,
    }
    if is_last and params.controls:
        body["components"] = button_rows(params.controls)
    if is_first and params.reply_to is not None:
        reference: JSONObject = {"message_id": params.reply_to, "fail_if_not_exists": False}
        body["message_reference"] = reference
    return body


def _call(channel_id: str, body: JSONObject) -> Call:
    return Call(
        "POST",
        path_of("channels", channel_id, "messages"),
        POST,
        f"channel {channel_id}",
        route=f"POST /channels/{channel_id}/messages",
        body=body,
    )
