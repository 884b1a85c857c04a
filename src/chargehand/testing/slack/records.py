"""What a workspace of the fake holds."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

ChannelKind: TypeAlias = Literal["public", "private", "direct", "group"]


@dataclass(slots=True)
class Person:
    """One account; a guest sees only the channels they are in."""

    id: str
    name: str
    team: str
    email: str = ""
    tz: str = "Europe/Berlin"
    is_bot: bool = False
    is_guest: bool = False
    is_deleted: bool = False


@dataclass(slots=True)
class Message:
    """One message; `raw` is what Slack shows of it."""

    raw: dict[str, Any]

    @property
    def ts(self) -> str:
        """What it is known by."""
        return str(self.raw["ts"])

    @property
    def thread_ts(self) -> str:
        """The first message of its thread, empty outside of one."""
        return str(self.raw.get("thread_ts", ""))

    @property
    def is_answer(self) -> bool:
        """Whether it stands in a thread below another message."""
        return self.thread_ts not in ("", self.ts)


@dataclass(slots=True)
class Channel:
    """One channel with its messages, oldest first."""

    id: str
    name: str
    kind: ChannelKind
    members: list[str] = field(default_factory=list)
    is_archived: bool = False
    is_shared: bool = False
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class View:
    """A form that was opened for somebody."""

    id: str
    user: str
    raw: dict[str, Any]
