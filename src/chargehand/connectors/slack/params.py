"""What each Slack action kind must be told, read from the plain JSON an action carries.

This is the contract between the rules that propose actions and the connector that performs them.
Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.domain.control import LONGEST_COMMAND, Control
from chargehand.domain.form import LONGEST_TITLE, LONGEST_VALUES, FormField
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
MOST_FIELDS: Final = 20
OTHERWISE_LIMIT_CHARS: Final = 1_000
_OF_FIELDS: Final = ("name", "label", "value", "is_long", "is_optional", "longest")
_OF_MODALS: Final = (
    *("trigger_id", "title", "command", "fields"),
    *("channel", "message_id", "thread_id", "otherwise"),
)
_USER: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
_CHANNEL: Final = re.compile(r"[CDG][A-Z0-9]{2,30}")
_STAMP: Final = re.compile(r"[0-9]{1,11}\.[0-9]{6}")
_REACTION: Final = re.compile(r"[a-z0-9_+'-]{1,80}")
_FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TRIGGER: Final = re.compile(r"[0-9A-Za-z._-]{5,128}")
_ACTION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class MentionParam:
    """The one account a message notifies, ahead of its words."""

    account_id: AccountId
    name: str


@dataclass(frozen=True, slots=True)
class MessageParams:
    """A message to be written.

    Shape: `thread_id` is the first message of a thread, None for the channel itself; an answer in
    a thread is never shown in the channel too.
    """

    markdown: str
    thread_id: str | None = None
    controls: tuple[Control, ...] = ()
    mention: MentionParam | None = None


@dataclass(frozen=True, slots=True)
class MessageBase:
    """The message that was answered, None when it was not a message; it has to be there still."""

    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class EphemeralParams:
    """A message only one person in a channel sees, until they reload."""

    user: AccountId
    markdown: str
    thread_id: str | None = None
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectParams:
    """A message to one person."""

    markdown: str
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateParams:
    """The words and buttons a message shall have; it stays one message."""

    markdown: str
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateBase:
    """What the message was: `action_id` is the action that wrote it last, None for not looked at.

    Shape: `markdown` and `controls` are what it had, which undoing sets again; `markdown` is empty
    when that is not known.
    """

    action_id: str | None = None
    markdown: str = ""
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteParams:
    """The further parts of a message that was sent in several, by their ids."""

    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteBase:
    """The action that wrote the message."""

    action_id: str


@dataclass(frozen=True, slots=True)
class ReactionParams:
    """The name of a reaction, without colons."""

    name: str


@dataclass(frozen=True, slots=True)
class NoBase:
    """Nothing has to be as it was."""


@dataclass(frozen=True, slots=True)
class ModalParams:
    """A form that opens for whoever pressed something a moment ago.

    Shape: `trigger_id` is Slack's, good for three seconds, and no preview shows it; `command` is
    the command line that submitting says; `channel`, `message_id` and `thread_id` are where it was
    pressed; `otherwise` is Markdown the person is shown when the form could not open in time,
    empty for nothing.
    """

    trigger_id: str
    title: str
    command: str
    fields: tuple[FormField, ...]
    channel: str | None = None
    message_id: str | None = None
    thread_id: str | None = None
    otherwise: str = ""


def read_message_params(params: JSONObject) -> MessageParams:
    """The parameters of `slack.post_message`."""
    refuse_unknown(params, "markdown", "thread_id", "controls", "mention")
    return MessageParams(
        markdown=_read_markdown(params),
        thread_id=_read_stamp_or_null(params, "thread_id"),
        controls=read_controls(params.get("controls")),
        mention=_read_mention(params.get("mention")),
    )


def read_message_base(base: JSONObject) -> MessageBase:
    """The base of messages."""
    refuse_unknown(base, "message_id")
    return MessageBase(_read_stamp_or_null(base, "message_id"))


def read_ephemeral_params(params: JSONObject) -> EphemeralParams:
    """The parameters of `slack.post_ephemeral`."""
    refuse_unknown(params, "user", "markdown", "thread_id", "controls")
    return EphemeralParams(
        user=read_user(params.get("user"), "user"),
        markdown=_read_markdown(params),
        thread_id=_read_stamp_or_null(params, "thread_id"),
        controls=read_controls(params.get("controls")),
    )


def read_direct_params(params: JSONObject) -> DirectParams:
    """The parameters of `slack.send_direct_message`."""
    refuse_unknown(params, "markdown", "controls")
    return DirectParams(_read_markdown(params), read_controls(params.get("controls")))


def read_update_params(params: JSONObject) -> UpdateParams:
    """The parameters of `slack.update_message`."""
    refuse_unknown(params, "markdown", "controls")
    return UpdateParams(_read_markdown(params), read_controls(params.get("controls")))


def read_update_base(base: JSONObject) -> UpdateBase:
    """The base of `slack.update_message`."""
    refuse_unknown(base, "action_id", "markdown", "controls")
    action_id = base.get("action_id")
    return UpdateBase(
        action_id=None if action_id is None else _read_action_id(action_id),
        markdown=read_optional_text(base, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS),
        controls=read_controls(base.get("controls")),
    )


def read_delete_params(params: JSONObject) -> DeleteParams:
    """The parameters of `slack.delete_message`."""
    refuse_unknown(params, "parts")
    parts = params.get("parts", ())
    if isinstance(parts, str) or not isinstance(parts, Sequence):
        raise invalid("parts", "a list of message ids", found=parts)
    return DeleteParams(tuple(read_stamp(one, "parts") for one in parts))


def read_delete_base(base: JSONObject) -> DeleteBase:
    """The base of `slack.delete_message`."""
    refuse_unknown(base, "action_id")
    return DeleteBase(_read_action_id(base.get("action_id")))


def read_reaction_params(params: JSONObject) -> ReactionParams:
    """The parameters of `slack.add_reaction` and `slack.remove_reaction`."""
    refuse_unknown(params, "name")
    name = read_matching(
        params.get("name"), "name", pattern=_REACTION, allowed="the name of an emoji, like eyes"
    )
    return ReactionParams(name)


def read_no_base(base: JSONObject) -> NoBase:
    """The base of what depends on nothing."""
    refuse_unknown(base)
    return NoBase()


def read_modal_params(params: JSONObject) -> ModalParams:
    """The parameters of `slack.open_modal`."""
    refuse_unknown(params, *_OF_MODALS)
    fields = params.get("fields")
    allowed = f"a list of 1 to {MOST_FIELDS} fields"
    if isinstance(fields, str) or not isinstance(fields, Sequence):
        raise invalid("fields", allowed, found=fields)
    if not 1 <= len(fields) <= MOST_FIELDS:
        raise invalid("fields", allowed, found=len(fields))
    channel = params.get("channel")
    return ModalParams(
        trigger_id=read_matching(
            params.get("trigger_id"), "trigger_id", pattern=_TRIGGER, allowed="Slack's trigger id"
        ),
        title=read_text(params, "title", limit_chars=LONGEST_TITLE),
        command=read_text(params, "command", limit_chars=LONGEST_COMMAND),
        fields=tuple(_read_field(one, f"fields[{n}]") for n, one in enumerate(fields)),
        channel=None if channel is None else read_channel(channel, "channel"),
        message_id=_read_stamp_or_null(params, "message_id"),
        thread_id=_read_stamp_or_null(params, "thread_id"),
        otherwise=read_optional_text(params, "otherwise", limit_chars=OTHERWISE_LIMIT_CHARS),
    )


def read_channel(value: JSONValue, field: str = "target") -> str:
    """The id of a channel."""
    return read_matching(value, field, pattern=_CHANNEL, allowed="a channel id like C0123ABCD")


def read_user(value: JSONValue, field: str = "target") -> AccountId:
    """The id of one person."""
    return AccountId(
        read_matching(value, field, pattern=_USER, allowed="the id of one person, like U0123ABCD")
    )


def read_stamp(value: JSONValue, field: str) -> str:
    """The id of a message."""
    return read_matching(
        value, field, pattern=_STAMP, allowed="a message id like 1700000000.000100"
    )


def read_message_target(target: str) -> tuple[str, str]:
    """The channel and the message of a target `<channel>/<message id>`."""
    channel, _, stamp = target.partition("/")
    return read_channel(channel), read_stamp(stamp, "target")


def _read_markdown(params: JSONObject) -> str:
    return read_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS)


def _read_stamp_or_null(fields: JSONObject, key: str) -> str | None:
    value = fields.get(key)
    return None if value is None else read_stamp(value, key)


def _read_action_id(value: JSONValue) -> str:
    return read_matching(value, "action_id", pattern=_ACTION, allowed="the id of an action")


def _read_mention(value: JSONValue) -> MentionParam | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise invalid("mention", "null or an object with account_id and name", found=value)
    refuse_unknown(value, "account_id", "name", inside="mention")
    account_id = read_user(value.get("account_id"), "mention.account_id")
    name = read_text(value, "name", limit_chars=NAME_LIMIT_CHARS, inside="mention")
    return MentionParam(account_id, name)


def _read_field(value: JSONValue, field: str) -> FormField:
    if not isinstance(value, Mapping):
        raise invalid(field, "an object with name and label", found=value)
    refuse_unknown(value, *_OF_FIELDS, inside=field)
    flags = {}
    for key in ("is_long", "is_optional"):
        flag = value.get(key, False)
        if not isinstance(flag, bool):
            raise invalid(f"{field}.{key}", "true or false", found=flag)
        flags[key] = flag
    return FormField(
        name=read_matching(
            value.get("name"),
            f"{field}.name",
            pattern=_FIELD_NAME,
            allowed="lower-case letters, digits and underscores",
        ),
        label=read_text(value, "label", limit_chars=NAME_LIMIT_CHARS, inside=field),
        value=read_optional_text(value, "value", limit_chars=LONGEST_VALUES["slack"], inside=field),
        is_long=flags["is_long"],
        is_optional=flags["is_optional"],
        longest=_read_longest(value.get("longest"), f"{field}.longest"),
    )


def _read_longest(value: JSONValue, field: str) -> int | None:
    if value is None:
        return None
    most = LONGEST_VALUES["slack"]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise invalid(field, f"a whole number from 1 to {most}", found=value)
    return value
