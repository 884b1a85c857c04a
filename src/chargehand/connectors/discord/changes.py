"""Edits, deletions and reactions: actions that set a state, so the state is read first."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.discord.answers import MessageAnswer
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.messages_reading import MessageReader
from chargehand.connectors.discord.params import (
    MessageTarget,
    read_delete_params,
    read_message_target,
    read_no_base,
    read_reaction_params,
    read_text_base,
    read_text_params,
)
from chargehand.connectors.discord.plans import Plan
from chargehand.connectors.discord.render import allowed_mentions, button_rows, render_parts
from chargehand.connectors.discord.sending import is_same_text
from chargehand.connectors.discord.transport import Call, path_of
from chargehand.domain.action import ActionKind, ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, SentAction
from chargehand.plugins.errors import TargetMissing

BASE_CHANGED: Final = "base_changed"


@dataclass(frozen=True, slots=True)
class ChangeActions:
    """Prepares changes of messages and looks them up; reads only.

    Every method raises what `DiscordTransport.read` raises, and ParamInvalid, ParamUnknown or
    MessageTooLong.
    """

    config: DiscordConfig
    messages: MessageReader
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare_edit(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The new text, unless the message is somebody else's or says something else by now."""
        params, base = read_text_params(action.params), read_text_base(action.base)
        target = read_message_target(action.target)
        (text,) = render_parts(params.markdown, most=1)
        message = await self.messages.one(target)
        if message.author.id != await self.find_bot():
            return Refused(BASE_CHANGED, f"message {target} is not the bot's")
        if base.markdown is not None:
            (before,) = render_parts(base.markdown, most=1)
            if not any(is_same_text(message.content, one) for one in (before, text)):
                return Refused(BASE_CHANGED, f"message {target} says something else now")
        body: JSONObject = {
            "content": text,
            "allowed_mentions": allowed_mentions(None),
            "components": button_rows(params.controls),
        }
        path = path_of("channels", target.channel_id, "messages", target.message_id)
        route = f"PATCH /channels/{target.channel_id}/messages/:id"
        call = Call("PATCH", path, "edit a message", f"message {target}", route, body=body)
        return self._plan(target, call)

    async def prepare_delete(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The deletion of what is still there, unless it is not the bot's."""
        params = read_delete_params(action.params)
        read_no_base(action.base)
        target = read_message_target(action.target)
        bot = await self.find_bot()
        there: list[MessageTarget] = []
        for message_id in (target.message_id, *params.more):
            one = MessageTarget(target.channel_id, message_id)
            message = await self._find(one)
            if message is None:
                continue
            if message.author.id != bot:
                return Refused(BASE_CHANGED, f"message {one} is not the bot's")
            there.append(one)
        if not there:
            return self._already(target)
        return self._plan(target, *(_deletion(one) for one in there))

    async def prepare_reaction(self, action: ApprovedAction) -> Plan | Done:
        """The reaction, unless it is as wanted already."""
        emoji = read_reaction_params(action.params).emoji
        read_no_base(action.base)
        target = read_message_target(action.target)
        is_adding = action.kind is ActionKind.DISCORD_ADD_REACTION
        if _has_reaction(await self.messages.one(target), emoji) is is_adding:
            return self._already(target)
        place = ("channels", target.channel_id, "messages", target.message_id)
        operation = "add a reaction" if is_adding else "remove a reaction"
        call = Call(
            "PUT" if is_adding else "DELETE",
            path_of(*place, "reactions", emoji, "@me"),
            operation,
            f"message {target}",
            # All reactions of a channel share one limit, whatever is done to them.
            route=f"PUT /channels/{target.channel_id}/messages/:id/reactions",
        )
        return self._plan(target, call)

    async def look_up_edit(self, action: SentAction) -> LookUp:
        """Whether the message says what it was to say."""
        target = read_message_target(action.target)
        (text,) = render_parts(read_text_params(action.params).markdown, most=1)
        message = await self.messages.one(target)
        return self._seen(target, is_so=is_same_text(message.content, text))

    async def look_up_deletion(self, action: SentAction) -> LookUp:
        """Whether the message and all that continued it are gone."""
        target = read_message_target(action.target)
        for message_id in (target.message_id, *read_delete_params(action.params).more):
            if await self._find(MessageTarget(target.channel_id, message_id)) is not None:
                return LookUp(LookUpState.ABSENT)
        return self._seen(target, is_so=True)

    async def look_up_reaction(self, action: SentAction) -> LookUp:
        """Whether the reaction is as it was to be."""
        target = read_message_target(action.target)
        emoji = read_reaction_params(action.params).emoji
        is_wanted = action.kind is ActionKind.DISCORD_ADD_REACTION
        message = await self.messages.one(target)
        return self._seen(target, is_so=_has_reaction(message, emoji) is is_wanted)

    async def _find(self, target: MessageTarget) -> MessageAnswer | None:
        try:
            return await self.messages.one(target)
        except TargetMissing:
            return None

    def _plan(self, target: MessageTarget, *calls: Call) -> Plan:
        def finish(_answers: Sequence[bytes]) -> Done:
            return Done(str(target), self._url(target))

        return Plan(calls, finish)

    def _already(self, target: MessageTarget) -> Done:
        return Done(str(target), self._url(target), {"already": True})

    def _seen(self, target: MessageTarget, *, is_so: bool) -> LookUp:
        if not is_so:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, str(target), self._url(target))

    def _url(self, target: MessageTarget) -> str:
        return self.config.message_url(target.channel_id, target.message_id)


def _deletion(target: MessageTarget) -> Call:
    return Call(
        "DELETE",
        path_of("channels", target.channel_id, "messages", target.message_id),
        "delete a message",
        f"message {target}",
        route=f"DELETE /channels/{target.channel_id}/messages/:id",
    )


def _has_reaction(message: MessageAnswer, emoji: str) -> bool:
    """Whether the bot reacted so; an emoji a server made is known by its id."""
    identifier = emoji.partition(":")[2]
    return any(
        one.me and (one.emoji.id == identifier if identifier else one.emoji.name == emoji)
        for one in message.reactions
    )
