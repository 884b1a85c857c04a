"""Says what a Discord delivery means: exactly one event, whatever the bytes.

A body is an interaction, or one message of the gateway with the name of its event in `t`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chargehand.connectors.discord.command_line import (
    chosen_values,
    command_line,
    form_values,
    option_values,
)
from chargehand.connectors.discord.messages import (
    MessageStep,
    message_details,
    reaction_name,
    step_of,
)
from chargehand.connectors.discord.places import NOBODY, actor_of, place_of
from chargehand.connectors.discord.schemas import (
    InteractionType,
    Unreadable,
    account_in,
    channel_in,
    id_in,
    is_private,
    long_text_in,
    names_in,
    number_in,
    read_body,
    time_in,
    time_of_id,
)
from chargehand.connectors.discord.text import read_line, read_message
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Actor, Event, EventKind, Place
from chargehand.domain.json import JSONObject
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import NO_FIELDS, Fields, fields_in, text_in
from chargehand.plugins.reading import Reading

_NO_TEXT: Final = Reading(())
_MESSAGES: Final[Mapping[str, EventKind]] = {
    "MESSAGE_CREATE": EventKind.MESSAGE_CREATED,
    "MESSAGE_UPDATE": EventKind.MESSAGE_UPDATED,
    "MESSAGE_DELETE": EventKind.MESSAGE_DELETED,
}
_REACTIONS: Final[Mapping[str, EventKind]] = {
    "MESSAGE_REACTION_ADD": EventKind.REACTION_ADDED,
    "MESSAGE_REACTION_REMOVE": EventKind.REACTION_REMOVED,
}

# Events Discord documents and chargehand has no use for, by the beginning of their names.
_UNUSED: Final = (
    "APPLICATION_",
    "AUTO_MODERATION_",
    "CHANNEL_",
    "ENTITLEMENT_",
    "GUILD_",
    "INTEGRATION_",
    "INVITE_",
    "MESSAGE_",
    "PRESENCE_",
    "READY",
    "RESUMED",
    "STAGE_",
    "THREAD_",
    "TYPING_",
    "USER_",
    "VOICE_",
    "WEBHOOKS_",
)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a payload tells; `missing` names the field without which it tells nothing.

    Shape: `key` is the event key behind the connection; `text` is None when there is none;
    `unused` says why an event of a known name means nothing to us.
    """

    kind: EventKind
    key: str = ""
    missing: str = ""
    unused: str = ""
    occurred_at: datetime | None = None
    actor: Actor = NOBODY
    text: Reading | None = None
    place: Place | None = None
    data: JSONObject = field(default_factory=dict)


class DiscordParser:
    """Reads interactions, and messages of the gateway.

    Shape: `guild_id` is the server the connection serves; None takes every one for it.
    """

    def __init__(self, guild_id: str | None = None) -> None:
        self._guild_id = guild_id

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """The one event a delivery means; what is not understood is `unsupported`."""
        payload = read_body(delivery.body)
        if isinstance(payload, Unreadable):
            return _unsupported(delivery, NO_FIELDS, reason=payload.value)
        meaning = self._meaning(payload, delivery)
        if meaning is None:
            return _unsupported(delivery, payload, reason=_reason_of(payload))
        if meaning.unused:
            return _unsupported(delivery, payload, reason=meaning.unused)
        if meaning.missing:
            return _unsupported(delivery, payload, reason="incomplete", missing=meaning.missing)
        return _event(delivery, meaning)

    def _meaning(self, payload: Fields, delivery: VerifiedDelivery) -> _Meaning | None:
        name, told = text_in(payload, "t"), fields_in(payload, "d")
        if name in _MESSAGES:
            return self._message(told, step_of(told, _MESSAGES[name]))
        if name in _REACTIONS:
            return self._reaction(told, delivery, _REACTIONS[name])
        if name == "INTERACTION_CREATE":
            return self._interaction(told)
        is_foreign = name or "op" in payload or "event" in payload
        return None if is_foreign else self._interaction(payload)

    def _interaction(self, payload: Fields) -> _Meaning | None:
        readers: Mapping[int | None, Callable[[Fields], _Meaning]] = {
            InteractionType.PING: _ping,
            InteractionType.COMMAND: self._command,
            InteractionType.COMPONENT: self._component,
            InteractionType.AUTOCOMPLETE: _autocomplete,
            InteractionType.FORM: self._form,
        }
        reader = readers.get(number_in(payload, "type"))
        if reader is None or not ("token" in payload or "application_id" in payload):
            return None
        if not id_in(payload, "id"):
            return _Meaning(EventKind.UNSUPPORTED, missing="id")
        return reader(payload)

    def _command(self, payload: Fields) -> _Meaning:
        data, kind = fields_in(payload, "data"), EventKind.COMMAND_INVOKED
        if not text_in(data, "name"):
            return _Meaning(kind, missing="data.name")
        told: JSONObject = {
            "command": text_in(data, "name"),
            "options": option_values(data),
            "locale": text_in(payload, "locale"),
        }
        # A command of a message's own menu is about that message.
        about = id_in(data, "target_id")
        is_message = about in fields_in(fields_in(data, "resolved"), "messages")
        line = read_line(command_line(data), names_in(payload))
        message_id = about if is_message else None
        return self._said(payload, kind, "command", line, data=told, message_id=message_id)

    def _component(self, payload: Fields) -> _Meaning:
        data, message = fields_in(payload, "data"), fields_in(payload, "message")
        kind, command = EventKind.BUTTON_PRESSED, text_in(data, "custom_id")
        if not command:
            return _Meaning(kind, missing="data.custom_id")
        if not id_in(message, "id"):
            return _Meaning(kind, missing="message.id")
        told: JSONObject = {
            "values": list(chosen_values(data)),
            "is_private": is_private(message),
        }
        line, message_id = read_line(command, {}), id_in(message, "id")
        return self._said(payload, kind, "button", line, data=told, message_id=message_id)

    def _form(self, payload: Fields) -> _Meaning:
        data, kind = fields_in(payload, "data"), EventKind.FORM_SUBMITTED
        command = text_in(data, "custom_id")
        if not command:
            return _Meaning(kind, missing="data.custom_id")
        line, told = read_line(command, {}), {"values": form_values(data)}
        message_id = id_in(fields_in(payload, "message"), "id") or None
        return self._said(payload, kind, "form", line, data=told, message_id=message_id)

    def _said(
        self,
        payload: Fields,
        kind: EventKind,
        step: str,
        line: Reading,
        *,
        data: JSONObject,
        message_id: str | None,
    ) -> _Meaning:
        identifier, account = id_in(payload, "id"), account_in(payload)
        token = text_in(payload, "token", limit=1_000) or None
        place = place_of(payload, guild_id=self._guild_id, message_id=message_id, reply_token=token)
        if account is None or place is None:
            return _Meaning(kind, missing="channel_id" if account else "member.user")
        return _Meaning(
            kind,
            key=f"{step}:{identifier}",
            occurred_at=time_of_id(identifier),
            actor=actor_of(account),
            text=line,
            place=place,
            data={**data, "interaction_id": identifier},
        )

    def _message(self, payload: Fields, step: MessageStep) -> _Meaning:
        message_id, channel = id_in(payload, "id"), channel_in(payload)
        place = place_of(payload, guild_id=self._guild_id, message_id=message_id)
        if not message_id or place is None:
            return _Meaning(step.kind, missing="channel_id" if message_id else "id")
        key = f"message:{channel.id}:{message_id}"
        if step.kind is EventKind.MESSAGE_DELETED:
            told: JSONObject = {"message_id": message_id}
            return _Meaning(step.kind, key=f"{key}:deleted", place=place, data=told)
        account = account_in(payload)
        if step.unused or account is None:
            return _Meaning(step.kind, unused=step.unused, missing="author")
        edited_at = time_in(payload, "edited_timestamp")
        made_at = time_in(payload, "timestamp") or time_of_id(message_id)
        is_edit = step.kind is EventKind.MESSAGE_UPDATED
        edited_ms = 0 if edited_at is None else round((edited_at - EPOCH).total_seconds() * 1000)
        return _Meaning(
            step.kind,
            key=f"{key}:updated:{edited_ms}" if is_edit else f"{key}:created",
            occurred_at=edited_at if is_edit else made_at,
            actor=actor_of(account),
            text=read_message(long_text_in(payload, "content"), names_in(payload)),
            place=place,
            data=message_details(payload),
        )

    def _reaction(self, payload: Fields, delivery: VerifiedDelivery, kind: EventKind) -> _Meaning:
        message_id, account_id = id_in(payload, "message_id"), id_in(payload, "user_id")
        name, channel = reaction_name(payload), channel_in(payload).id
        account = account_in(payload) or account_in({"user": {"id": account_id}})
        place = place_of(payload, guild_id=self._guild_id, message_id=message_id)
        found = {"message_id": message_id, "user_id": account_id, "emoji.name": name}
        missing = next((field for field, value in found.items() if not value), "")
        if missing or place is None:
            return _Meaning(kind, missing=missing or "channel_id")
        step = kind.value.partition(".")[2]
        # Discord tells neither a time nor an id of a reaction; the delivery keeps two apart.
        mark = delivery.delivery_key
        return _Meaning(
            kind,
            key=f"reaction:{channel}:{message_id}:{name}:{account_id}:{step}:{mark}",
            actor=actor_of(account),
            place=place,
            data={"message_id": message_id, "reaction": name},
        )


def _ping(payload: Fields) -> _Meaning:
    identifier = id_in(payload, "id")
    at = time_of_id(identifier)
    return _Meaning(EventKind.CONNECTION_PINGED, key=f"ping:{identifier}", occurred_at=at)


def _autocomplete(_payload: Fields) -> _Meaning:
    # It was answered at once; nothing is asked yet.
    return _Meaning(EventKind.UNSUPPORTED, unused="autocomplete")


def _event(delivery: VerifiedDelivery, meaning: _Meaning) -> Event:
    reading = meaning.text or _NO_TEXT
    return Event(
        kind=meaning.kind,
        event_key=f"{delivery.connection_id}:{meaning.key}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=meaning.occurred_at or delivery.received_at,
        actor=meaning.actor,
        text=plain_text(reading.lines) if meaning.text is not None else None,
        lines=reading.lines,
        mentions=mentioned_accounts(reading.lines),
        data=meaning.data,
        place=meaning.place,
    )


def _unsupported(
    delivery: VerifiedDelivery, payload: Fields, *, reason: str, missing: str = ""
) -> Event:
    told = text_in(payload, "t") or text_in(fields_in(payload, "event"), "type")
    data = {"reason": reason, "webhook_event": told or None}
    return Event(
        kind=EventKind.UNSUPPORTED,
        event_key=f"{delivery.connection_id}:delivery:{delivery.delivery_key}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=time_of_id(id_in(payload, "id")) or delivery.received_at,
        actor=actor_of(account_in(payload)),
        data={**data, "missing": missing} if missing else data,
    )


def _reason_of(payload: Fields) -> str:
    name = text_in(payload, "t") or text_in(fields_in(payload, "event"), "type")
    if name:
        return "unused_event" if name.startswith(_UNUSED) else "unknown_event"
    return "no_event_name"
