"""What Slack tells of messages and reactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.slack.meanings import Meaning, lacking, of_no_use
from chargehand.connectors.slack.participants import (
    Home,
    actor_of_message,
    actor_of_user,
    is_guest,
    kind_of_channel,
)
from chargehand.connectors.slack.schemas import id_in, millis_of, moment_of, stamp_in
from chargehand.connectors.slack.text.blocks import read_blocks
from chargehand.connectors.slack.text.mrkdwn import read_mrkdwn
from chargehand.domain.event import EventKind, Place
from chargehand.domain.json import JSONObject
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in
from chargehand.plugins.reading import Reading, marked

# What people and bots say; every other subtype is Slack speaking of the channel.
_WORDS: Final = frozenset({"", "bot_message", "file_share", "me_message", "thread_broadcast"})
# What Slack leaves of a deleted message that others had answered.
_TOMBSTONE: Final = "tombstone"
_REACTIONS: Final[Mapping[str, EventKind]] = {
    "reaction_added": EventKind.REACTION_ADDED,
    "reaction_removed": EventKind.REACTION_REMOVED,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of Slack with what its envelope says."""

    event: Fields
    envelope: Fields
    home: Home

    @property
    def is_shared(self) -> bool:
        """Whether people of other workspaces are in the channel."""
        return self.envelope.get("is_ext_shared_channel") is True

    def is_outsider(self, message: Fields) -> bool:
        """Whether who wrote a message is a guest, or belongs to another workspace."""
        profile = fields_in(message, "user_profile")
        teams = [id_in(message, name) for name in ("user_team", "source_team", "team")]
        teams.append(id_in(profile, "team"))
        if not any(teams):
            teams.append(id_in(self.envelope, "team_id"))
        enterprises = [id_in(self.envelope, "context_enterprise_id", "enterprise_id")]
        return is_guest(message) or self.home.is_outside(teams, enterprises)


def message_meaning(heard: Heard) -> Meaning:
    """What a `message` or an `app_mention` tells: both tell the same of one message."""
    event = heard.event
    channel = id_in(event, "channel")
    if not channel:
        return lacking(EventKind.MESSAGE_CREATED, "event.channel")
    subtype = text_in(event, "subtype")
    if subtype == "message_changed":
        return _changed(heard, channel)
    if subtype == "message_deleted":
        return _deleted(heard, channel, fields_in(event, "previous_message"))
    if subtype in _WORDS:
        return _created(heard, channel)
    return of_no_use("unused_event")


def reaction_meaning(heard: Heard) -> Meaning:
    """What a reaction to a message tells; those to files tell nothing of use."""
    event, item = heard.event, fields_in(heard.event, "item")
    kind = _REACTIONS[text_in(event, "type")]
    if item.get("type") != "message":
        return of_no_use("unused_event")
    channel, message = id_in(item, "channel"), stamp_in(item, "ts")
    # A skin colour is no other reaction.
    name = text_in(event, "reaction").partition("::")[0]
    account = id_in(event, "user")
    for field_name, value in (
        ("event.item.channel", channel),
        ("event.item.ts", message),
        ("event.reaction", name),
        ("event.user", account),
    ):
        if not value:
            return lacking(kind, field_name)
    at = moment_of(stamp_in(event, "event_ts"))
    step = kind.value.partition(".")[2]
    when = str(millis_of(at)) if at else id_in(heard.envelope, "event_id")
    return Meaning(
        kind,
        key=f"reaction:{channel}:{message}:{name}:{account}:{step}:{when}",
        occurred_at=at,
        actor=actor_of_user({"id": account}),
        place=Place(
            channel_id=channel,
            kind=kind_of_channel(channel, is_shared=heard.is_shared),
            message_id=message,
            is_outsider=heard.is_outsider(event),
        ),
        data=reaction_details(name, author=id_in(event, "item_user")),
    )


def reaction_details(name: str, *, author: str) -> JSONObject:
    """What is known of a reaction: its name without skin colour, and who wrote the message."""
    return {"reaction": name, "message_author": author or None}


def message_details(
    message: Fields, *, message_id: str, reading: Reading | None, updated_ms: int | None
) -> JSONObject:
    """What is known of a message beside its words.

    Shape: `text_state` is `read`, `cut` because it was too long, or `none`; `files` is a number.
    Units: `updated_ms` counts milliseconds since 1970, None unless it was edited.
    """
    return {
        "message_id": message_id,
        "updated_ms": updated_ms,
        "bot_id": id_in(message, "bot_id") or None,
        "app_id": id_in(message, "app_id") or None,
        "files": len(list_in(message, "files")),
        "text_state": _text_state(reading),
    }


def read_text(message: Fields) -> Reading:
    """The words of a message: those of its blocks, which people see, or else its text."""
    blocks, text = message.get("blocks"), message.get("text")
    reading = read_blocks(blocks)
    if reading.lines:
        return marked(reading, blocks)
    return marked(read_mrkdwn(text), text) if isinstance(text, str) else reading


def _text_state(reading: Reading | None) -> str:
    if reading is None:
        return "none"
    return "cut" if reading.was_cut else "read"


def _created(heard: Heard, channel: str) -> Meaning:
    event = heard.event
    stamp = stamp_in(event, "ts")
    if not stamp:
        return lacking(EventKind.MESSAGE_CREATED, "event.ts")
    reading = read_text(event)
    return Meaning(
        EventKind.MESSAGE_CREATED,
        key=f"message:{channel}:{stamp}:created",
        occurred_at=moment_of(stamp),
        actor=actor_of_message(event),
        reading=reading,
        place=_place(heard, channel, stamp, event),
        data=message_details(event, message_id=stamp, reading=reading, updated_ms=None),
    )


def _changed(heard: Heard, channel: str) -> Meaning:
    now, before = fields_in(heard.event, "message"), fields_in(heard.event, "previous_message")
    if now.get("subtype") == _TOMBSTONE:
        return _deleted(heard, channel, {**before, "ts": stamp_in(now, "ts")})
    stamp = stamp_in(now, "ts") or stamp_in(before, "ts")
    if not stamp:
        return lacking(EventKind.MESSAGE_UPDATED, "event.message.ts")
    edited = stamp_in(fields_in(now, "edited"), "ts")
    if not _is_other(now, before, edited):
        # Slack tells of previews of addresses as of changes; nobody said anything new.
        return of_no_use("unchanged")
    at = moment_of(edited or stamp_in(heard.event, "event_ts", "ts"))
    if at is None:
        return lacking(EventKind.MESSAGE_UPDATED, "event.event_ts")
    reading, updated_ms = read_text(now), millis_of(at)
    editor = id_in(fields_in(now, "edited"), "user")
    return Meaning(
        EventKind.MESSAGE_UPDATED,
        key=f"message:{channel}:{stamp}:updated:{updated_ms}",
        occurred_at=at,
        # An edited text counts as said by whoever edited it.
        actor=actor_of_message({**now, "user": editor or id_in(now, "user")}),
        reading=reading,
        place=_place(heard, channel, stamp, now),
        data=message_details(now, message_id=stamp, reading=reading, updated_ms=updated_ms),
    )


def _deleted(heard: Heard, channel: str, before: Fields) -> Meaning:
    stamp = stamp_in(heard.event, "deleted_ts") or stamp_in(before, "ts")
    if not stamp:
        return lacking(EventKind.MESSAGE_DELETED, "event.deleted_ts")
    # Slack does not say who deleted it: the writer, or somebody who may delete everything.
    return Meaning(
        EventKind.MESSAGE_DELETED,
        key=f"message:{channel}:{stamp}:deleted",
        occurred_at=moment_of(stamp_in(heard.event, "event_ts", "ts")),
        place=_place(heard, channel, stamp, before),
        data=message_details(before, message_id=stamp, reading=None, updated_ms=None),
    )


def _is_other(now: Fields, before: Fields, edited: str) -> bool:
    if edited and edited != stamp_in(fields_in(before, "edited"), "ts"):
        return True
    return now.get("text") != before.get("text")


def _place(heard: Heard, channel: str, stamp: str, message: Fields) -> Place:
    thread = stamp_in(message, "thread_ts")
    channel_type = text_in(heard.event, "channel_type")
    return Place(
        channel_id=channel,
        kind=kind_of_channel(channel, channel_type=channel_type, is_shared=heard.is_shared),
        message_id=stamp,
        # The first message of a thread names itself.
        thread_id=thread if thread not in ("", stamp) else None,
        is_outsider=heard.is_outsider(message),
    )
