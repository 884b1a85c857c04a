"""Slack's answers, as far as they are read; unknown fields are passed over."""

import msgspec


class _Answer(msgspec.Struct, gc=False, frozen=True):
    """What every answer is read as."""


class AuthAnswer(_Answer, frozen=True):
    """Who a token belongs to."""

    user_id: str = ""
    user: str = ""
    team_id: str = ""
    team: str = ""
    bot_id: str = ""
    enterprise_id: str | None = None


class MarkPayload(_Answer, frozen=True):
    """What our mark on a message says."""

    action_id: str = ""
    part: int = 0
    parts: int = 1


class MetadataAnswer(_Answer, frozen=True):
    """What an app hid in a message."""

    event_type: str = ""
    event_payload: msgspec.Raw = msgspec.Raw(b"{}")


class ReactionAnswer(_Answer, frozen=True):
    """One reaction and who added it."""

    name: str = ""
    users: list[str] = []


class EditedAnswer(_Answer, frozen=True):
    """Who edited last, and when."""

    user: str = ""
    ts: str = ""


class MessageAnswer(_Answer, frozen=True):
    """One message."""

    ts: str = ""
    user: str = ""
    bot_id: str = ""
    thread_ts: str = ""
    reply_count: int = 0
    latest_reply: str = ""
    metadata: MetadataAnswer | None = None
    reactions: list[ReactionAnswer] = []
    edited: EditedAnswer | None = None


class _Next(_Answer, frozen=True):
    next_cursor: str = ""


class MessagesAnswer(_Answer, frozen=True):
    """One page of messages."""

    messages: list[MessageAnswer] = []
    has_more: bool = False
    response_metadata: _Next | None = None


class RawMessagesAnswer(_Answer, frozen=True):
    """The same with the messages as Slack wrote them."""

    messages: list[msgspec.Raw] = []
    has_more: bool = False
    response_metadata: _Next | None = None


class PostedAnswer(_Answer, frozen=True):
    """Where a message was stored."""

    channel: str
    ts: str


class _ViewAnswer(_Answer, frozen=True):
    id: str = ""


class OpenedViewAnswer(_Answer, frozen=True):
    """The form that was opened."""

    view: _ViewAnswer


class ChannelAnswer(_Answer, frozen=True):
    """One channel."""

    id: str = ""
    name: str = ""
    is_im: bool = False
    is_mpim: bool = False
    is_private: bool = False
    is_archived: bool = False
    is_member: bool = False
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    is_org_shared: bool = False


class ChannelInfoAnswer(_Answer, frozen=True):
    """A channel that was asked for, or opened."""

    channel: ChannelAnswer


class ChannelListAnswer(_Answer, frozen=True):
    """One page of channels."""

    channels: list[ChannelAnswer] = []
    response_metadata: _Next | None = None

    @property
    def next_cursor(self) -> str:
        """Where the next page begins; empty on the last one."""
        return self.response_metadata.next_cursor if self.response_metadata is not None else ""


class _ProfileAnswer(_Answer, frozen=True):
    display_name: str = ""
    real_name: str = ""
    email: str = ""


class UserAnswer(_Answer, frozen=True):
    """One account."""

    id: str = ""
    team_id: str = ""
    name: str = ""
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    tz: str | None = None
    profile: _ProfileAnswer = _ProfileAnswer()


class UserInfoAnswer(_Answer, frozen=True):
    """An account that was asked for."""

    user: UserAnswer


class SocketAnswer(_Answer, frozen=True):
    """Where Socket Mode is to be connected to."""

    url: str
