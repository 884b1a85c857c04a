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
    read_edit_params,
    read_message_target,
    read_no_base,
    read_reaction_params,
    read_text_base,
)
from chargehand.connectors.discord.plans import Plan
from chargehand.connectors.discord.render import allowed_mentions, button_rows, render_parts
from chargehand.connectors.discord.sending import is_same_text
from chargehand.connectors.discord.transport import Call, path_of
from chargehand.domain.action import ActionKind, ApprovedAction, Done, Refused
from chargehand.domain.control import Control
from chargehand.domain.ids import AccountId
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
        """The new text, unless a message is somebody else's or says something else by now."""
        params, base = read_edit_params(action.params), read_text_base(action.base)
        target, bot = read_message_target(action.target), await self.find_bot()
        parts = render_parts(params.markdown, most=1 + len(params.more))
        before = () if base.markdown is None else render_parts(base.markdown)
        calls: list[Call] = []
        for number, one in enumerate(_all_of(target, params.more)):
            is_left_over = number >= len(parts)
            message = await self._find(one) if is_left_over else await self.messages.one(one)
            if message is None:
                continue
            if message.author.id != bot:
                return Refused(BASE_CHANGED, f"message {one} is not the bot's")
            expected = [*before[number : number + 1], *parts[number : number + 1]]
            if before and not any(is_same_text(message.content, text) for text in expected):
                return Refused(BASE_CHANGED, f"message {one} says something else now")
            is_last = number == len(parts) - 1
            controls = params.controls if is_last else ()
            calls.append(_deletion(one) if is_left_over else _edit(one, parts[number], controls))
        return self._plan(target, *calls)

    async def prepare_delete(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The deletion of what is still there, unless it is not the bot's."""
        params = read_delete_params(action.params)
        read_no_base(action.base)
        target = read_message_target(action.target)
        bot = await self.find_bot()
        there: list[MessageTarget] = []
        for one in _all_of(target, params.more):
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
        target, params = read_message_target(action.target), read_edit_params(action.params)
        parts = render_parts(params.markdown, most=1 + len(params.more))
        for number, one in enumerate(_all_of(target, params.more)):
            message = await self._find(one)
            wanted = parts[number] if number < len(parts) else None
            said = None if message is None else message.content
            is_so = said == wanted or (said and wanted and is_same_text(said, wanted))
            if not is_so:
                return LookUp(LookUpState.ABSENT)
        return self._seen(target, is_so=True)

    async def look_up_deletion(self, action: SentAction) -> LookUp:
        """Whether the message and all that continued it are gone."""
        target = read_message_target(action.target)
        for one in _all_of(target, read_delete_params(action.params).more):
            if await self._find(one) is not None:
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


def _all_of(target: MessageTarget, more: Sequence[str]) -> list[MessageTarget]:
    """A message and those that continue it, in their order."""
    return [target, *(MessageTarget(target.channel_id, one) for one in more)]


def _edit(target: MessageTarget, text: str, controls: Sequence[Control]) -> Call:
    return Call(
        "PATCH",
        path_of("channels", target.channel_id, "messages", target.message_id),
        "edit a message",
        f"message {target}",
        route=f"PATCH /channels/{target.channel_id}/messages/:id",
        body={
            "content": text,
            "allowed_mentions": allowed_mentions(None),
            "components": button_rows(controls),
        },
    )


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
