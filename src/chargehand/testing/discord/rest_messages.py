"""Channels, messages and reactions."""

import re
from datetime import timedelta
from typing import Any, Final

from chargehand.testing.discord import shapes
from chargehand.testing.discord.calls import Answer, Call, Endpoint
from chargehand.testing.discord.refusals import (
    ARCHIVED,
    DIRECT_CLOSED,
    EMPTY_MESSAGE,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    NOT_OURS,
    DiscordRefused,
    invalid_form,
    unknown,
)
from chargehand.testing.discord.state import APPLICATION_ID, Channel, Message, State

LONGEST_CONTENT: Final = 2_000
_NONCE_KEPT: Final = timedelta(minutes=3)
_MOST_ROWS, _MOST_IN_A_ROW, _LONGEST_ID, _LONGEST_LABEL = 5, 5, 100, 80
_EVERYBODY: Final = re.compile(r"@(everyone|here)")
_ACCOUNT: Final = re.compile(r"<@!?(\d+)>")
_ROLE: Final = re.compile(r"<@&(\d+)>")


def visible_channel(state: State, channel_id: str) -> Channel:
    """A channel the bot may read.

    Raises: DiscordRefused.
    """
    channel = shapes.known_channel(state, channel_id)
    if channel.is_hidden:
        raise MISSING_ACCESS
    return channel


def known_message(state: State, channel_id: str, message_id: str) -> Message:
    """A message that everybody in a channel sees.

    Raises: DiscordRefused.
    """
    visible_channel(state, channel_id)
    message = state.messages.get(message_id)
    if message is None or message.channel_id != channel_id or message.flags & 64:
        raise unknown("Message", 10008)
    return message


def check_content(body: dict[str, Any]) -> None:
    """Keep Discord's rules of what a message may hold.

    Raises: DiscordRefused.
    """
    content, rows = body.get("content") or "", body.get("components") or []
    if len(content) > LONGEST_CONTENT:
        raise invalid_form(content=f"Must be {LONGEST_CONTENT} or fewer in length.")
    if len(rows) > _MOST_ROWS or any(len(row["components"]) > _MOST_IN_A_ROW for row in rows):
        raise invalid_form(components="Must be between 1 and 5 in length.")
    buttons = [button for row in rows for button in row["components"]]
    ids = [button["custom_id"] for button in buttons]
    if len(set(ids)) != len(ids):
        raise invalid_form(components="Component custom id cannot be duplicated")
    if any(len(one) > _LONGEST_ID for one in ids):
        raise invalid_form(components=f"custom_id must be {_LONGEST_ID} or fewer in length.")
    if any(len(button["label"]) > _LONGEST_LABEL for button in buttons):
        raise invalid_form(components=f"label must be {_LONGEST_LABEL} or fewer in length.")


def pinged_by(content: str, allowed: dict[str, Any] | None) -> list[str]:
    """Whom a message notifies; without a word on it, everybody it names.

    Source: discord.com/developers/docs/resources/message, "Allowed Mentions Object"; a backslash
    before a mention keeps nobody from being notified.
    """
    everybody = _EVERYBODY.findall(content)
    accounts, roles = _ACCOUNT.findall(content), _ROLE.findall(content)
    if allowed is None:
        return [*everybody, *accounts, *roles]
    parse = allowed.get("parse") or ()
    return [
        *(everybody if "everyone" in parse else ()),
        *(one for one in accounts if "users" in parse or one in (allowed.get("users") or ())),
        *(one for one in roles if "roles" in parse or one in (allowed.get("roles") or ())),
    ]


def store_message(
    state: State, channel_id: str, body: dict[str, Any], *, author_id: str, flags: int = 0
) -> Message:
    """Keep a new message."""
    reference = body.get("message_reference") or {}
    message = Message(
        id=state.new_id(),
        channel_id=channel_id,
        author_id=author_id,
        # Discord keeps no blanks at the ends.
        content=(body.get("content") or "").strip(),
        made_at=state.clock.now(),
        components=body.get("components") or [],
        flags=flags,
        reply_to=reference.get("message_id"),
        nonce=None if body.get("nonce") is None else str(body["nonce"]),
        pinged=pinged_by(body.get("content") or "", body.get("allowed_mentions")),
    )
    state.messages[message.id] = message
    return message


def apply_edit(state: State, message: Message, body: dict[str, Any]) -> None:
    """Change what a body names of a message."""
    if body.get("content") is not None:
        message.content = body["content"].strip()
    if body.get("components") is not None:
        message.components = body["components"]
    message.edited_at = state.clock.now()


def get_channel(call: Call) -> Answer:
    """Show a channel."""
    channel = visible_channel(call.state, call.path["channel"])
    return Answer(200, shapes.channel(call.state, channel))


def list_messages(call: Call) -> Answer:
    """Show the messages of a channel, newest first."""
    channel = visible_channel(call.state, call.path["channel"])
    after, limit = int(call.query.get("after", "0")), int(call.query.get("limit", "50"))
    found = [m for m in call.state.in_channel(channel.id) if int(m.id) > after]
    # After an id, the oldest come first to be counted, and are shown newest first all the same.
    page = found[:limit] if after else found[-limit:]
    return Answer(200, [shapes.message(call.state, one) for one in reversed(page)])


def create_message(call: Call) -> Answer:
    """Post a message as the bot."""
    state, body = call.state, call.body()
    channel = visible_channel(state, call.path["channel"])
    if channel.is_archived and channel.is_locked:
        raise ARCHIVED
    if channel.recipient_id and not state.people[channel.recipient_id].takes_direct:
        raise DIRECT_CLOSED
    check_content(body)
    if not (body.get("content") or "").strip():
        raise EMPTY_MESSAGE
    if body.get("enforce_nonce") and (known := _with_nonce(state, channel.id, body.get("nonce"))):
        return Answer(200, shapes.message(state, known, with_nonce=True))
    reference = body.get("message_reference")
    if reference and reference["message_id"] not in state.messages:
        if reference.get("fail_if_not_exists", True):
            raise invalid_form(message_reference="Unknown message")
        body = {name: value for name, value in body.items() if name != "message_reference"}
    message = store_message(state, channel.id, body, author_id=APPLICATION_ID)
    # Writing in a thread that was only put away opens it again.
    channel.is_archived = False
    return Answer(200, shapes.message(state, message, with_nonce=True))


def get_message(call: Call) -> Answer:
    """Show a message."""
    message = known_message(call.state, call.path["channel"], call.path["message"])
    return Answer(200, shapes.message(call.state, message))


def edit_message(call: Call) -> Answer:
    """Change a message of the bot's."""
    message = known_message(call.state, call.path["channel"], call.path["message"])
    if message.author_id != APPLICATION_ID:
        raise NOT_OURS
    body = call.body()
    check_content(body)
    apply_edit(call.state, message, body)
    return Answer(200, shapes.message(call.state, message))


def delete_message(call: Call) -> Answer:
    """Delete a message of the bot's."""
    message = known_message(call.state, call.path["channel"], call.path["message"])
    if message.author_id != APPLICATION_ID:
        raise MISSING_PERMISSIONS
    del call.state.messages[message.id]
    return Answer(204)


def add_reaction(call: Call) -> Answer:
    """React as the bot."""
    message = known_message(call.state, call.path["channel"], call.path["message"])
    if call.path["emoji"].isascii() and ":" not in call.path["emoji"]:
        raise DiscordRefused(400, 10014, "Unknown Emoji")
    who = message.reactions.setdefault(call.path["emoji"], [])
    if APPLICATION_ID not in who:
        who.append(APPLICATION_ID)
    return Answer(204)


def remove_reaction(call: Call) -> Answer:
    """Take the bot's reaction back."""
    message = known_message(call.state, call.path["channel"], call.path["message"])
    who = message.reactions.get(call.path["emoji"], [])
    if APPLICATION_ID in who:
        who.remove(APPLICATION_ID)
    if not who:
        message.reactions.pop(call.path["emoji"], None)
    return Answer(204)


def open_direct(call: Call) -> Answer:
    """Open a conversation with one person, or give the open one back."""
    state = call.state
    person = state.people.get(call.body().get("recipient_id") or "")
    if person is None:
        raise DiscordRefused(400, 50033, "Invalid Recipient(s)")
    for channel in state.channels.values():
        if channel.recipient_id == person.id:
            return Answer(200, shapes.channel(state, channel))
    opened = Channel(state.new_id(), 1, "", recipient_id=person.id)
    state.channels[opened.id] = opened
    return Answer(200, shapes.channel(state, opened))


def _with_nonce(state: State, channel_id: str, nonce: object) -> Message | None:
    since = state.clock.now() - _NONCE_KEPT
    return next(
        (
            one
            for one in state.messages.values()
            if one.channel_id == channel_id and one.nonce == str(nonce) and one.made_at >= since
        ),
        None,
    )


_ONE: Final = "/channels/{channel}/messages/{message}"
_OWN_REACTION: Final = f"{_ONE}/reactions/{{emoji}}/@me"
ENDPOINTS: Final = (
    Endpoint("GET", "/channels/{channel}", get_channel),
    Endpoint("GET", "/channels/{channel}/messages", list_messages),
    Endpoint("POST", "/channels/{channel}/messages", create_message),
    Endpoint("GET", _ONE, get_message),
    Endpoint("PATCH", _ONE, edit_message),
    Endpoint("DELETE", _ONE, delete_message),
    Endpoint("PUT", _OWN_REACTION, add_reaction),
    Endpoint("DELETE", _OWN_REACTION, remove_reaction),
    Endpoint("POST", "/users/@me/channels", open_direct),
)
