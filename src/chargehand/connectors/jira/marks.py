"""The mark that tells which comments and work items are ours."""

from collections.abc import Mapping

from chargehand.domain.json import JSONObject

MARK_KEY = "chargehand.action"


def mark_of(action_id: str) -> JSONObject:
    """The entity property that names the action a comment or work item was made by."""
    return {"key": MARK_KEY, "value": {"action_id": action_id}}


def action_in(value: object) -> str | None:
    """The action a mark names; None without a mark.

    Shape: empty for a mark in a form we never wrote, which still says that no person made it.
    """
    if value is None:
        return None
    action_id = value.get("action_id") if isinstance(value, Mapping) else None
    return action_id if isinstance(action_id, str) else ""
