"""The mark that tells which comments and pages are ours, and by which action."""

from collections.abc import Mapping
from typing import Final

from chargehand.domain.json import JSONObject

MARK_KEY: Final = "chargehand.action"
_MESSAGE: Final = "chargehand "


def mark_value(action_id: str) -> JSONObject:
    """What the content property of that name holds."""
    return {"action_id": action_id}


def action_in(value: object) -> str | None:
    """The action a mark names; None without a mark, empty for one in a form we never wrote."""
    if value is None:
        return None
    action_id = value.get("action_id") if isinstance(value, Mapping) else None
    return action_id if isinstance(action_id, str) else ""


def version_message(action_id: str) -> str:
    """What the history of a page says of a version: stored together with it, unlike a property."""
    return f"{_MESSAGE}{action_id}"
