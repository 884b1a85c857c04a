"""Says what a Slack delivery means: exactly one event, whatever the bytes."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from chargehand.connectors.slack.interactions import (
    Pressed,
    button_meaning,
    command_meaning,
    form_meaning,
    shortcut_meaning,
)
from chargehand.connectors.slack.meanings import Meaning, of_no_use
from chargehand.connectors.slack.messages import Heard, message_meaning, reaction_meaning
from chargehand.connectors.slack.participants import NOBODY, home_of
from chargehand.connectors.slack.schemas import Unreadable, read_payload
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Event, EventKind
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, fields_in, text_in
from chargehand.plugins.reading import Reading

_INTERACTIONS: Final[Mapping[str, Callable[[Pressed], Meaning]]] = {
    "block_actions": button_meaning,
    "message_action": shortcut_meaning,
    "shortcut": shortcut_meaning,
    "view_submission": form_meaning,
}
# What Slack documents and chargehand has no use for.
_UNUSED_INTERACTIONS: Final = frozenset(
    {
        "block_suggestion",
        "dialog_cancellation",
        "dialog_submission",
        "dialog_suggestion",
        "interactive_message",
        "view_closed",
        "workflow_step_edit",
    }
)
_UNUSED_EVENTS: Final = (
    "app_",
    "assistant_",
    "bot_",
    "call_",
    "channel_",
    "dnd_",
    "email_",
    "emoji_",
    "entity_",
    "file_",
    "function_executed",
    "goodbye",
    "grid_",
    "group_",
    "im_",
    "invite_",
    "link_",
    "member_",
    "message_metadata_",
    "pin_",
    "resources_",
    "scope_",
    "shared_channel_",
    "star_",
    "subteam_",
    "team_",
    "user_",
    "workflow_",
)
# The app, or its token, is worth nothing from now on.
_REVOKED: Final = frozenset({"app_uninstalled", "tokens_revoked", "team_access_revoked"})
_NOTHING: Final = Reading(())


class SlackParser:
    """Reads what Slack posts, says on a socket, and what polling writes in the same shape.

    Shape: `team_id` is the workspace, or the organization, that the connection serves; without it
    a payload's own word counts.
    """

    def __init__(self, team_id: str | None = None) -> None:
        self._team_id = team_id

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """The one event a delivery means; what is not understood is `unsupported`."""
        payload = read_payload(delivery.body)
        if isinstance(payload, Unreadable):
            return _unsupported(delivery, {}, reason=payload.value)
        meaning = _meaning_of(payload, self._team_id)
        if meaning.unused:
            return _unsupported(delivery, payload, reason=meaning.unused)
        if meaning.missing:
            return _unsupported(delivery, payload, reason="incomplete", missing=meaning.missing)
        return _event(delivery, payload, meaning)


def _meaning_of(payload: Fields, team_id: str | None) -> Meaning:
    name, home = payload.get("type"), home_of(payload, team_id)
    if name == "event_callback":
        return _of_event(Heard(fields_in(payload, "event"), payload, home))
    if not name and "command" in payload:
        return command_meaning(Pressed(payload, home))
    if isinstance(name, str) and name in _INTERACTIONS:
        return _INTERACTIONS[name](Pressed(payload, home))
    if name == "url_verification":
        return Meaning(EventKind.CONNECTION_PINGED)
    if name == "app_rate_limited":
        # Events of that minute are lost to us unless a poll finds them.
        return of_no_use("events_dropped")
    is_unused = isinstance(name, str) and name in _UNUSED_INTERACTIONS
    return of_no_use(_reason_of(name, is_unused=is_unused))


def _of_event(heard: Heard) -> Meaning:
    name = text_in(heard.event, "type")
    match name:
        case "message" | "app_mention":
            return message_meaning(heard)
        case "reaction_added" | "reaction_removed":
            return reaction_meaning(heard)
        case _ if name in _REVOKED:
            is_of_people = fields_in(heard.event, "tokens").get("bot") == []
            return of_no_use("unused_event" if is_of_people else "access_revoked")
        case _:
            return of_no_use(_reason_of(name, is_unused=name.startswith(_UNUSED_EVENTS)))


def _reason_of(name: object, *, is_unused: bool) -> str:
    if not isinstance(name, str) or not name:
        return "no_event_name"
    return "unused_event" if is_unused else "unknown_event"


def _event(delivery: VerifiedDelivery, payload: Fields, meaning: Meaning) -> Event:
    reading = meaning.reading or _NOTHING
    text = meaning.said
    if text is None and meaning.reading is not None:
        text = plain_text(reading.lines)
    return Event(
        kind=meaning.kind,
        event_key=f"{delivery.connection_id}:{meaning.key or _key_of(delivery)}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=meaning.occurred_at or _sent_at(payload, delivery),
        actor=meaning.actor,
        text=text,
        lines=reading.lines,
        mentions=mentioned_accounts(reading.lines),
        data=meaning.data,
        place=meaning.place,
    )


def _unsupported(
    delivery: VerifiedDelivery, payload: Fields, *, reason: str, missing: str = ""
) -> Event:
    data = {"reason": reason, "webhook_event": _name_of(payload) or None}
    return Event(
        kind=EventKind.UNSUPPORTED,
        event_key=f"{delivery.connection_id}:{_key_of(delivery)}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=_sent_at(payload, delivery),
        actor=NOBODY,
        data={**data, "missing": missing} if missing else data,
    )


def _key_of(delivery: VerifiedDelivery) -> str:
    return f"delivery:{delivery.delivery_key}"


def _name_of(payload: Mapping[object, object]) -> str:
    inner = fields_in(payload, "event")
    names = (text_in(inner, "type"), text_in(inner, "subtype"))
    return ".".join(filter(None, names)) or text_in(payload, "type")


def _sent_at(payload: Fields, delivery: VerifiedDelivery) -> datetime:
    sent_s = payload.get("event_time")
    if not isinstance(sent_s, int) or isinstance(sent_s, bool) or sent_s < 0:
        return delivery.received_at
    try:
        return EPOCH + timedelta(seconds=sent_s)
    except OverflowError:
        return delivery.received_at
