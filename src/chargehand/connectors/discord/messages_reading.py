"""Reads messages back: the one that is changed, or those a send may have left."""

from dataclasses import dataclass
from datetime import datetime

from chargehand.connectors.discord.answers import ChannelAnswer, MessageAnswer
from chargehand.connectors.discord.params import MessageTarget
from chargehand.connectors.discord.schemas import first_id_at
from chargehand.connectors.discord.transport import Call, DiscordTransport, path_of

_MOST_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class MessageReader:
    """Reads messages; every method raises what `DiscordTransport.read` raises."""

    transport: DiscordTransport

    async def one(self, target: MessageTarget) -> MessageAnswer:
        """A message as it is now."""
        call = Call(
            "GET",
            path_of("channels", target.channel_id, "messages", target.message_id),
            "show a message",
            f"message {target}",
            route=f"GET /channels/{target.channel_id}/messages/:id",
        )
        return await self.transport.read(call, MessageAnswer)

    async def since(self, channel_id: str, moment: datetime) -> list[MessageAnswer]:
        """What was written in a channel at a moment or later, newest first, a hundred at most."""
        call = Call(
            "GET",
            path_of("channels", channel_id, "messages"),
            "show the last messages",
            f"channel {channel_id}",
            route=f"GET /channels/{channel_id}/messages",
            query={"after": first_id_at(moment), "limit": _MOST_MESSAGES},
        )
        found = await self.transport.read(call, list[MessageAnswer])
        return sorted(found, key=lambda one: (len(one.id), one.id), reverse=True)

    async def newest(self, channel_id: str, limit: int) -> list[MessageAnswer]:
        """The newest messages of a channel or thread, oldest first, a hundred at most."""
        call = Call(
            "GET",
            path_of("channels", channel_id, "messages"),
            "show the last messages",
            f"channel {channel_id}",
            route=f"GET /channels/{channel_id}/messages",
            query={"limit": min(limit, _MOST_MESSAGES)},
        )
        found = await self.transport.read(call, list[MessageAnswer])
        return sorted(found, key=lambda one: (len(one.id), one.id))

    async def reply(self, application_id: str, reply_token: str) -> MessageAnswer:
        """The reply an interaction was promised, as it is now."""
        call = Call(
            "GET",
            path_of("webhooks", application_id, reply_token, "messages", "@original"),
            "show a reply",
            "the reply to the interaction",
            route=f"GET /webhooks/{application_id}/:token/messages/@original",
            secret=reply_token,
        )
        return await self.transport.read(call, MessageAnswer)

    async def direct_channel(self, account_id: str) -> str:
        """The conversation with one person; opening one that is there changes nothing."""
        call = Call(
            "POST",
            path_of("users", "@me", "channels"),
            "open a direct conversation",
            f"account {account_id}",
            route="POST /users/@me/channels",
            body={"recipient_id": account_id},
        )
        return (await self.transport.read(call, ChannelAnswer)).id
