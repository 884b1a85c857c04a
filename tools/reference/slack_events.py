"""What Slack tells of: the names it gives, and what the data of its events holds."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.slack.messages import message_details, reaction_details
from chargehand.domain.event import EventKind
from tools.reference.markdown import table

SLACK_NAMES: Final[Mapping[EventKind, tuple[str, ...]]] = {
    EventKind.MESSAGE_CREATED: ("message", "app_mention"),
    EventKind.MESSAGE_UPDATED: ("message.message_changed",),
    EventKind.MESSAGE_DELETED: ("message.message_deleted",),
    EventKind.REACTION_ADDED: ("reaction_added",),
    EventKind.REACTION_REMOVED: ("reaction_removed",),
    EventKind.COMMAND_INVOKED: ("slash command", "shortcut", "message_action"),
    EventKind.BUTTON_PRESSED: ("block_actions",),
    EventKind.FORM_SUBMITTED: ("view_submission",),
    EventKind.CONNECTION_PINGED: ("url_verification",),
}
_MESSAGES: Final[Mapping[str, str]] = {
    "message_id": "The time stamp Slack knows the message by.",
    "updated_ms": "When it was edited, in milliseconds since 1970; only of an edit.",
    "bot_id": "The bot that wrote it.",
    "app_id": "The app that wrote it.",
    "files": "How many files hang on it.",
    "text_state": "`read`, `cut` because it was too long, or `none`.",
}
_REACTIONS: Final[Mapping[str, str]] = {
    "reaction": "Its name, without skin colour.",
    "message_author": "Who wrote the message.",
}
_INTERACTIONS: Final[Mapping[str, str]] = {
    "command": "`command.invoked`: the slash command as it was typed.",
    "shortcut": "`command.invoked`: `global` or `message` when it was a shortcut.",
    "message_text": "`command.invoked`: the words of the message a shortcut was used on.",
    "action_id": "`button.pressed`: what the button is called.",
    "is_ephemeral": "`button.pressed`: whether only the presser saw the message.",
    "values": "`form.submitted`: what was entered, by the name of the field.",
}


def slack_sections() -> list[str]:
    """The part of the page that is Slack's."""
    names = [
        [f"`{kind.value}`", ", ".join(f"`{name}`" for name in SLACK_NAMES[kind])]
        for kind in SLACK_NAMES
    ]
    message = message_details({}, message_id="", reading=None, updated_ms=None)
    reaction = reaction_details("", author="")
    return [
        "## What Slack tells\n\n" + table(["kind", "Slack's name for it"], names),
        _section("message.*", {key: _MESSAGES[key] for key in message}),
        _section("reaction.*", {key: _REACTIONS[key] for key in reaction}),
        _section("command.*`, `button.*` and `form.*", _INTERACTIONS),
    ]


def _section(title: str, meanings: Mapping[str, str]) -> str:
    rows = [[f"`{key}`", meaning] for key, meaning in meanings.items()]
    return f"## Slack's data of `{title}`\n\n" + table(["key", "meaning"], rows)
