"""What a message or a reaction tells besides its words."""

from dataclasses import dataclass
from typing import Final

from chargehand.connectors.discord.schemas import (
    account_of,
    id_in,
    is_private,
    number_in,
    time_in,
)
from chargehand.domain.event import EventKind
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

# What people and bots write; every other type of message is Discord's own announcement.
_WRITTEN: Final = frozenset({0, 19, 20, 21, 23})
_MOST_ATTACHMENTS: Final = 10


@dataclass(frozen=True, slots=True)
class MessageStep:
    """What happened to a message; `unused` says why it means nothing to us."""

    kind: EventKind
    unused: str = ""


def step_of(message: Fields, kind: EventKind) -> MessageStep:
    """What a message means that was written, changed or deleted."""
    if kind is EventKind.MESSAGE_DELETED:
        return MessageStep(kind)
    if number_in(message, "type") not in (*_WRITTEN, None):
        return MessageStep(kind, "system_message")
    is_edit = kind is EventKind.MESSAGE_UPDATED
    if is_edit and time_in(message, "edited_timestamp") is None:
        # Discord also tells of a preview it added below a link, or of a thread that was opened.
        return MessageStep(kind, "not_edited")
    return MessageStep(kind)


def message_details(message: Fields) -> JSONObject:
    """The few extra facts of a message that understanding needs.

    Shape: `reply_to` names the message it replies to and its author, where it does.
    """
    told: dict[str, JSONValue] = {"message_id": id_in(message, "id")}
    reference = fields_in(message, "message_reference")
    answered = id_in(reference, "message_id")
    # Type 1 is a message that was forwarded, which answers nothing.
    if answered and number_in(reference, "type") in (None, 0):
        author = account_of(fields_in(fields_in(message, "referenced_message"), "author"))
        told["reply_to"] = {
            "message_id": answered,
            "account_id": None if author is None else author.id,
        }
    attachments = list_in(message, "attachments")
    if attachments:
        told["attachments"] = min(len(attachments), _MOST_ATTACHMENTS)
    if is_private(message):
        told["is_private"] = True
    return told


def reaction_name(payload: Fields) -> str:
    """The emoji of a reaction: itself, or the name of one a server made."""
    return text_in(fields_in(payload, "emoji"), "name", limit=64)
