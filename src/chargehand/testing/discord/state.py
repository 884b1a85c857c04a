"""What the fake server holds: people, channels, messages, commands, interactions."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from chargehand.kit.clock import EPOCH, Clock
from chargehand.kit.ed25519 import SigningKey

APPLICATION_ID: Final = "1100000000000000001"
GUILD_ID: Final = "1100000000000000002"
OWNER_ID: Final = "1100000000000000009"
BOT_TOKEN: Final = "fake-bot-token-of-chargehand"  # noqa: S105 - opens nothing but this fake.
_FIRST_MS: Final = 1_420_070_400_000
_BELOW_TIME_BITS: Final = 22


@dataclass(slots=True)
class Person:
    """A member of the server; `takes_direct` is false for one who closed direct messages."""

    id: str
    username: str
    name: str
    is_bot: bool = False
    is_member: bool = True
    takes_direct: bool = True


@dataclass(slots=True)
class Channel:
    """A channel, a thread or a direct conversation, by Discord's number of its type.

    Shape: `parent_id` is set for threads, `recipient_id` for conversations; a `hidden` one is not
    shown to the bot.
    """

    id: str
    type: int
    name: str
    parent_id: str | None = None
    recipient_id: str | None = None
    is_hidden: bool = False
    is_archived: bool = False
    is_locked: bool = False


@dataclass(slots=True)
class Message:
    """A message; `pinged` are those Discord notified: account ids, role ids, everyone, here.

    Shape: `flags` are Discord's: 64 is seen by one person alone, 128 waits for its text.
    """

    id: str
    channel_id: str
    author_id: str
    content: str
    made_at: datetime
    edited_at: datetime | None = None
    components: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    reply_to: str | None = None
    nonce: str | None = None
    pinged: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Interaction:
    """What a person did with the app; `answer_type` is None until we answered.

    Shape: `reply_id` is the message that `@original` names; `state` tells how sending it ended.
    """

    id: str
    token: str
    type: int
    payload: dict[str, Any]
    made_at: datetime
    answer_type: int | None = None
    reply_id: str | None = None
    state: str = "waiting"
    status: int | None = None
    answer: Any = None


@dataclass(slots=True)
class State:
    """Everything the server holds."""

    clock: Clock
    key: SigningKey = field(default_factory=SigningKey)
    bot_token: str = BOT_TOKEN
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    endpoint_url: str | None = None
    _ids: int = 0

    def new_id(self) -> str:
        """A fresh id, which holds the moment as Discord's do."""
        self._ids += 1
        since_first_ms = (self.clock.now() - EPOCH) // timedelta(milliseconds=1) - _FIRST_MS
        return str((since_first_ms << _BELOW_TIME_BITS) + self._ids)

    def person(self, named: str) -> Person | None:
        """A person by id, user name or display name."""
        fitting = (p for p in self.people.values() if named in (p.id, p.username, p.name))
        return next(fitting, None)

    def channel(self, named: str) -> Channel | None:
        """A channel by id or name."""
        fitting = (c for c in self.channels.values() if named in (c.id, c.name))
        return next(fitting, None)

    def in_channel(self, channel_id: str) -> list[Message]:
        """What everybody sees in a channel, oldest first."""
        return [
            m for m in self.messages.values() if m.channel_id == channel_id and not m.flags & 64
        ]
