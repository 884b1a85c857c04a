"""Slack's limits: tiers by method and workspace, and one message a second to a channel.

Source: docs.slack.dev/apis/web-api/rate-limits and the page of each method (read 2026-11)
"""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.slack.render import PART_LIMIT
from chargehand.domain.action import ActionKind
from chargehand.plugins.connector import SentAction
from chargehand.plugins.limits import Limit

# So many calls in a minute.
_TIERS: Final[Mapping[int, int]] = {2: 20, 3: 50, 4: 100}
_METHODS: Final[Mapping[str, int]] = {
    "chat.update": 3,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.list": 2,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.replies": 3,
    "reactions.add": 3,
    "reactions.remove": 2,
    "users.info": 4,
    "users.list": 2,
    "users.lookupByEmail": 3,
    "views.open": 4,
}
_POST: Final = "chat.postMessage"
# One message a second to a channel, with short bursts.
_TO_CHANNEL: Final = (10, 11.0)
# "Several hundred messages a minute" to a workspace.
_TO_WORKSPACE: Final = (50, 16.0)
_BY_KIND: Final[Mapping[ActionKind, str]] = {
    ActionKind.SLACK_POST_EPHEMERAL: "chat.postEphemeral",
    ActionKind.SLACK_UPDATE_MESSAGE: "chat.update",
    ActionKind.SLACK_DELETE_MESSAGE: "chat.delete",
    ActionKind.SLACK_ADD_REACTION: "reactions.add",
    ActionKind.SLACK_REMOVE_REACTION: "reactions.remove",
    ActionKind.SLACK_OPEN_MODAL: "views.open",
}


def limit_of_method(method: str) -> Limit:
    """What a call of a method counts against."""
    tier = _METHODS.get(method)
    return Limit(method) if tier is None else Limit(method, _TIERS[tier], 61.0)


def limits_of(action: SentAction) -> tuple[Limit, ...]:
    """What an action counts against: its method, and for a message its channel."""
    if action.kind in _BY_KIND:
        return (limit_of_method(_BY_KIND[action.kind]),)
    takes = _parts(action)
    to_channel = Limit(f"{_POST} {action.target}", *_TO_CHANNEL, takes)
    to_workspace = Limit(_POST, *_TO_WORKSPACE, takes)
    if action.kind is ActionKind.SLACK_SEND_DIRECT_MESSAGE:
        return to_channel, to_workspace, limit_of_method("conversations.open")
    return to_channel, to_workspace


def _parts(action: SentAction) -> int:
    """How many messages a text needs, about: rendering it only to count would cost more."""
    text = action.params.get("markdown")
    return 1 + len(text) // PART_LIMIT if isinstance(text, str) else 1
