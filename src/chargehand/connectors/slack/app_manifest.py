"""The app as Slack makes it from a text: its scopes with their reasons, its events, its command.

Source: docs.slack.dev/reference/app-manifest (read 2026-11)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.domain.json import JSONObject, JSONValue

# No more than what is used; each with what stops working without it.
SCOPES: Final[Mapping[str, str]] = {
    "app_mentions:read": "hear that it was mentioned",
    "channels:history": "read messages of public channels it is in, and find its own again",
    "channels:read": "tell who can read a public channel, and whether others share it",
    "chat:write": "answer",
    "commands": "take /chargehand and shortcuts",
    "groups:history": "read messages of private channels it was let into",
    "groups:read": "tell who can read a private channel",
    "im:history": "read what people write to it directly",
    "im:read": "tell a direct talk from a channel",
    "im:write": "write to one person",
    "mpim:history": "read talks of several people it was let into",
    "mpim:read": "tell a talk of several people from a channel",
    "reactions:read": "hear a reaction to its answers",
    "reactions:write": "show by a reaction that it works on an answer",
    "users:read": "tell a guest and a deactivated account from the others",
    "users:read.email": "match people to the accounts they have elsewhere",
}
APP_SCOPE: Final = "connections:write"
EVENTS: Final = (
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)

# What a shortcut's callback says is the line of a command.
SHORTCUTS: Final[tuple[Mapping[str, JSONValue], ...]] = (
    {
        "name": "Status of the ticket",
        "type": "message",
        "callback_id": "status",
        "description": "Tells you alone where the ticket stands that this message names",
    },
    {
        "name": "Blockers of the ticket",
        "type": "message",
        "callback_id": "blockers",
        "description": "Tells you alone what the ticket waits for that this message names",
    },
    {
        "name": "What can I ask?",
        "type": "global",
        "callback_id": "help",
        "description": "Sends you a list of what can be asked, as a direct message",
    },
)


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What an app is to be.

    Shape: `webhook_url` is where Slack posts to, None for Socket Mode; `command` without its
    slash.
    """

    name: str = "chargehand"
    command: str = "chargehand"
    webhook_url: str | None = None


def app_manifest(plan: AppPlan) -> JSONObject:
    """The manifest to paste at api.slack.com/apps, Create New App, From a manifest."""
    url = plan.webhook_url
    at: JSONObject = {} if url is None else {"request_url": url}
    command_at: JSONObject = {} if url is None else {"url": url}
    return {
        "display_information": {
            "name": plan.name,
            "description": "Answers questions about tickets, and proposes changes for approval",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": plan.name, "always_online": True},
            "slash_commands": [
                {
                    "command": f"/{plan.command}",
                    "description": "Ask or command the foreman",
                    "usage_hint": "help",
                    "should_escape": True,
                    **command_at,
                }
            ],
            "shortcuts": [dict(one) for one in SHORTCUTS],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**at, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **at},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }
