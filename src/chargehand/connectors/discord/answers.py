"""Discord's answers, as far as they are read."""

from typing import Any, Final

import msgspec

EPHEMERAL: Final = 1 << 6


class UserAnswer(msgspec.Struct, gc=False):
    """An account."""

    id: str
    username: str = ""
    global_name: str | None = None
    bot: bool = False


class ReactionEmojiAnswer(msgspec.Struct, gc=False):
    """An emoji; `id` is None for one that every device has."""

    name: str | None = None
    id: str | None = None


class ReactionAnswer(msgspec.Struct, gc=False):
    """A reaction below a message; `me` when the bot is among those who gave it."""

    emoji: ReactionEmojiAnswer
    me: bool = False


class MessageAnswer(msgspec.Struct, gc=False):
    """A message; `flags` are Discord's, of which 64 means that one person alone sees it."""

    id: str
    channel_id: str
    author: UserAnswer
    content: str = ""
    flags: int = 0
    nonce: str | int | None = None
    edited_timestamp: str | None = None
    reactions: list[ReactionAnswer] = []

    @property
    def is_private(self) -> bool:
        """Whether one person alone sees it."""
        return bool(self.flags & EPHEMERAL)


class ThreadStateAnswer(msgspec.Struct, gc=False):
    """Whether a thread is closed; `locked` when only moderators open it again."""

    archived: bool = False
    locked: bool = False


class ChannelAnswer(msgspec.Struct, gc=False):
    """A channel, a thread or a direct conversation."""

    id: str
    type: int
    guild_id: str | None = None
    parent_id: str | None = None
    name: str | None = None
    thread_metadata: ThreadStateAnswer | None = None


class ApplicationAnswer(msgspec.Struct, gc=False):
    """The application the bot belongs to."""

    id: str
    name: str = ""
    verify_key: str = ""
    interactions_endpoint_url: str | None = None


class SessionLimitAnswer(msgspec.Struct, gc=False):
    """How many sessions may still begin, and the milliseconds until there are more again."""

    total: int = 1
    remaining: int = 1
    reset_after: float = 0.0


class GatewayAnswer(msgspec.Struct, gc=False):
    """Where the gateway is."""

    url: str
    session_start_limit: SessionLimitAnswer = msgspec.field(default_factory=SessionLimitAnswer)


class GuildAnswer(msgspec.Struct, gc=False):
    """A server."""

    id: str
    name: str = ""


class MemberAnswer(msgspec.Struct, gc=False):
    """A member of a server."""

    roles: list[str] = []
    pending: bool = False
    flags: int = 0


class CommandAnswer(msgspec.Struct, gc=False):
    """A registered command."""

    id: str
    name: str
    type: int = 1
    description: str = ""
    options: list[dict[str, Any]] = []
