"""What each Discord action kind must be told, read from the plain JSON an action carries.

This is the contract between the rules that propose actions and the connector that performs them.
Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.domain.control import Control
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.control_fields import read_controls
from chargehand.plugins.param_fields import (
    invalid,
    read_matching,
    read_optional_text,
    read_text,
    refuse_unknown,
)

MARKDOWN_LIMIT_CHARS: Final = 30_000
NAME_LIMIT_CHARS: Final = 255
_ID: Final = re.compile(r"[0-9]{1,20}")
_AN_ID: Final = "an id of Discord's, such as 1100000000000000003"
_MESSAGE: Final = re.compile(r"([0-9]{1,20})/([0-9]{1,20})")
_A_MESSAGE: Final = "<channel id>/<message id>"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.=+/-]{1,1000}")
# An emoji itself, or the name and the id of one that a server made.
_EMOJI: Final = re.compile(r"[^\x00-\x20/%?#:<>@\"'\\]{1,32}|\w{1,32}:[0-9]{1,20}")
_MOST_PARTS: Final = 50


@dataclass(frozen=True, slots=True)
class MentionParam:
    """The one account a message notifies."""

    account_id: AccountId
    name: str


@dataclass(frozen=True, slots=True)
class TextParams:
    """A message to a person."""

    markdown: str
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class EditParams:
    """The new text of a message; `more` are those that continue it, which it may fill as well."""

    markdown: str
    controls: tuple[Control, ...] = ()
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageParams:
    """A message to a channel.

    Shape: `thread_id` is the thread of the channel it goes to, `reply_to` the message it is shown
    as a reply to.
    """

    markdown: str
    controls: tuple[Control, ...] = ()
    mention: MentionParam | None = None
    thread_id: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyParams:
    """The reply an interaction was promised; who sees it was settled by the promise."""

    markdown: str
    reply_token: str
    controls: tuple[Control, ...] = ()
    thread_id: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUpParams:
    """A further message in answer to an interaction; `is_private`: the asker alone sees it."""

    markdown: str
    reply_token: str
    controls: tuple[Control, ...] = ()
    is_private: bool = False
    thread_id: str | None = None


@dataclass(frozen=True, slots=True)
class TextBase:
    """What a message said before; None where nobody noted it, and then it is not compared."""

    markdown: str | None = None
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteParams:
    """A message to delete; `more` are those that continue it, in the same channel."""

    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReactionParams:
    """An emoji, or `name:id` of one that a server made."""

    emoji: str


@dataclass(frozen=True, slots=True)
class NoBase:
    """A base that holds nothing: whatever the state is, the action is as good."""


@dataclass(frozen=True, slots=True)
class QuestionBase:
    """The message a message answers, where there is one; once it is deleted nothing is sent."""

    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class MessageTarget:
    """One message; the channel is the thread where it stands in one."""

    channel_id: str
    message_id: str

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.message_id}"


def read_channel(target: str) -> str:
    """The channel or the account an action goes to."""
    return read_matching(target, "target", pattern=_ID, allowed=_AN_ID)


def read_message_target(target: str) -> MessageTarget:
    """The message an action changes."""
    found = _MESSAGE.fullmatch(target)
    if found is None:
        raise invalid("target", _A_MESSAGE, found=target)
    return MessageTarget(found[1], found[2])


def read_post_params(params: JSONObject) -> MessageParams:
    """The parameters of `discord.post_message`."""
    refuse_unknown(params, "markdown", "controls", "mention", "thread_id", "reply_to")
    return MessageParams(
        markdown=_read_markdown(params),
        controls=_read_controls(params.get("controls")),
        mention=_read_mention(params.get("mention")),
        thread_id=_read_optional_id(params, "thread_id"),
        reply_to=_read_optional_id(params, "reply_to"),
    )


def read_text_params(params: JSONObject) -> TextParams:
    """The parameters of `discord.send_direct_message`."""
    refuse_unknown(params, "markdown", "controls")
    return TextParams(_read_markdown(params), _read_controls(params.get("controls")))


def read_edit_params(params: JSONObject) -> EditParams:
    """The parameters of `discord.edit_message`."""
    refuse_unknown(params, "markdown", "controls", "more")
    return EditParams(
        _read_markdown(params), _read_controls(params.get("controls")), _read_more(params)
    )


def read_reply_params(params: JSONObject) -> ReplyParams:
    """The parameters of `discord.edit_reply`."""
    refuse_unknown(params, "markdown", "reply_token", "controls", "thread_id")
    return ReplyParams(
        markdown=_read_markdown(params),
        reply_token=_read_token(params),
        controls=_read_controls(params.get("controls")),
        thread_id=_read_optional_id(params, "thread_id"),
    )


def read_follow_up_params(params: JSONObject) -> FollowUpParams:
    """The parameters of `discord.follow_up`."""
    refuse_unknown(params, "markdown", "reply_token", "controls", "is_private", "thread_id")
    is_private = params.get("is_private", False)
    if not isinstance(is_private, bool):
        raise invalid("is_private", "true or false", found=is_private)
    return FollowUpParams(
        markdown=_read_markdown(params),
        reply_token=_read_token(params),
        controls=_read_controls(params.get("controls")),
        is_private=is_private,
        thread_id=_read_optional_id(params, "thread_id"),
    )


def read_delete_params(params: JSONObject) -> DeleteParams:
    """The parameters of `discord.delete_message`."""
    refuse_unknown(params, "more")
    return DeleteParams(_read_more(params))


def read_reaction_params(params: JSONObject) -> ReactionParams:
    """The parameters of `discord.add_reaction` and `discord.remove_reaction`."""
    refuse_unknown(params, "emoji")
    allowed = "one emoji, or name:id of one that the server made"
    emoji = read_matching(params.get("emoji"), "emoji", pattern=_EMOJI, allowed=allowed)
    if emoji.isascii() and ":" not in emoji:
        raise invalid("emoji", allowed, found=emoji)
    return ReactionParams(emoji)


def read_no_base(base: JSONObject) -> NoBase:
    """The base of the kinds that depend on no state."""
    refuse_unknown(base)
    return NoBase()


def read_question_base(base: JSONObject) -> QuestionBase:
    """The base of `discord.post_message`."""
    refuse_unknown(base, "message_id")
    return QuestionBase(_read_optional_id(base, "message_id"))


def read_text_base(base: JSONObject) -> TextBase:
    """The base of `discord.edit_message`."""
    refuse_unknown(base, "markdown", "controls")
    markdown = read_optional_text(base, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS)
    return TextBase(markdown or None, _read_controls(base.get("controls")))


def _read_more(params: JSONObject) -> tuple[str, ...]:
    more = params.get("more", ())
    if isinstance(more, str) or not isinstance(more, Sequence) or len(more) > _MOST_PARTS:
        raise invalid("more", f"a list of at most {_MOST_PARTS} message ids", found=more)
    return tuple(read_matching(one, "more", pattern=_ID, allowed=_AN_ID) for one in more)


def _read_markdown(params: JSONObject) -> str:
    return read_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS)


def _read_token(params: JSONObject) -> str:
    token = params.get("reply_token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        # The token itself stays out of the error: whoever has it can answer in our name.
        raise invalid("reply_token", "the token of an interaction", found=None)
    return token


def _read_optional_id(fields: JSONObject, key: str) -> str | None:
    value = fields.get(key)
    return None if value is None else read_matching(value, key, pattern=_ID, allowed=_AN_ID)


def _read_mention(value: JSONValue) -> MentionParam | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise invalid("mention", "null or an object with account_id and name", found=value)
    refuse_unknown(value, "account_id", "name", inside="mention")
    account_id = read_matching(
        value.get("account_id"), "mention.account_id", pattern=_ID, allowed=_AN_ID
    )
    name = read_text(value, "name", limit_chars=NAME_LIMIT_CHARS, inside="mention")
    return MentionParam(AccountId(account_id), name)


def _read_controls(value: JSONValue) -> tuple[Control, ...]:
    controls = read_controls(value)
    commands = [control.command for control in controls]
    twice = [command for command in commands if commands.count(command) > 1]
    if twice:
        raise invalid("controls", "buttons with a command of its own each", found=twice[0])
    return controls
