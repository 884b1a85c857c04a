"""What people do in the workspace: write, edit, react, command, press, submit."""

from collections.abc import Mapping
from typing import Any

from chargehand.testing.slack.forms import filled_in
from chargehand.testing.slack.records import Channel, Message, Person
from chargehand.testing.slack.refusals import ControlRefused
from chargehand.testing.slack.sending import Sending
from chargehand.testing.slack.workspace import Workspace
from chargehand.testing.slack.workspace_ids import APP, TEAM

_TOKEN = "verification-token"  # noqa: S105 - Slack sends it in every body, and nobody checks it.


def say(
    place: Workspace,
    channel: str,
    *,
    user: str,
    text: str,
    thread_ts: str | None = None,
    blocks: list[Any] | None = None,
    subtype: str | None = None,
) -> Message:
    """Somebody writes a message; `channel` may be `@chargehand` for a direct one."""
    person = place.person(user)
    where = place.direct(person) if channel == "@chargehand" else place.channel(channel)
    named = {"thread_ts": thread_ts, "blocks": blocks, "subtype": subtype}
    more = {name: value for name, value in named.items() if value is not None}
    return place.write(where, person, text=text, client_msg_id=place.next_id("m"), **more)


def edit_message(place: Workspace, channel: str, ts: str, *, text: str) -> Message:
    """Somebody edits their message."""
    where, message = _message(place, channel, ts)
    place.edit(where, message, place.person(message.raw["user"]), text=text)
    return message


def delete_message(place: Workspace, channel: str, ts: str) -> None:
    """Somebody deletes their message."""
    place.remove(*_message(place, channel, ts))


def react(
    place: Workspace, channel: str, ts: str, *, user: str, name: str, is_adding: bool = True
) -> None:
    """Somebody adds a reaction, or takes it away."""
    where, message = _message(place, channel, ts)
    place.react(where, message, place.person(user), name=name, is_adding=is_adding)


def type_command(
    place: Workspace, channel: str, *, user: str, text: str, command: str = "/chargehand"
) -> Sending:
    """Somebody uses a slash command."""
    where, person = place.channel(channel), place.person(user)
    return place.sender.send(
        "slash_commands",
        {
            "token": _TOKEN,
            "team_id": person.team,
            "team_domain": "acme",
            "channel_id": where.id,
            "channel_name": place.name_for_interaction(where),
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": f"https://hooks.slack.com/commands/{TEAM}/1/fake",
            "trigger_id": place.new_trigger(),
        },
    )


def use_shortcut(
    place: Workspace, callback_id: str, *, user: str, channel: str = "", ts: str = ""
) -> Sending:
    """Somebody uses a shortcut of the app: on a message, or on nothing without `ts`."""
    person = place.person(user)
    on_message: dict[str, Any] = {}
    if ts:
        where, message = _message(place, channel, ts)
        on_message = {
            "channel": {"id": where.id, "name": place.name_for_interaction(where)},
            "message_ts": ts,
            "message": dict(message.raw),
            "response_url": f"https://hooks.slack.com/app/{TEAM}/3/fake",
        }
    return place.sender.send(
        "interactive",
        {
            "type": "message_action" if ts else "shortcut",
            "token": _TOKEN,
            "action_ts": place.next_stamp(),
            "team": {"id": person.team, "domain": "acme"},
            "user": _user(person),
            "is_enterprise_install": False,
            "enterprise": None,
            "callback_id": callback_id,
            "trigger_id": place.new_trigger(),
            **on_message,
        },
    )


def newest_with(place: Workspace, channel: str, *, label: str) -> str:
    """The newest message of a channel with a button of that label.

    Raises: ControlRefused when there is none.
    """
    for message in reversed(place.channel(channel).messages):
        blocks = message.raw.get("blocks", [])
        if any(label == _label(one) for block in blocks for one in block.get("elements", [])):
            return message.ts
    text = f"label: no message there has a button {label!r}"
    raise ControlRefused(text)


def press(place: Workspace, channel: str, ts: str, *, user: str, label: str) -> Sending:
    """Somebody presses the button with a label.

    Raises: ControlRefused when the message has no such button.
    """
    where, message = _message(place, channel, ts)
    person = place.person(user)
    for block in message.raw.get("blocks", []):
        for element in block.get("elements", []):
            if _label(element) == label:
                return _pressed(place, where, message, person, block, element)
    text = f"label: the message has no button {label!r}"
    raise ControlRefused(text)


def submit(place: Workspace, view_id: str, *, user: str, values: Mapping[str, str]) -> Sending:
    """Somebody submits a form.

    Shape: a field that is not named keeps what stood in it.
    Raises: ControlRefused when there is no such form, or what Slack's own form would not take.
    """
    person = place.person(user)
    view = next((one for one in place.views if one.id == view_id), None)
    if view is None:
        text = f"view: there is none called {view_id!r}"
        raise ControlRefused(text)
    state = filled_in(view.raw, values)
    return place.sender.send(
        "interactive",
        {
            "type": "view_submission",
            "team": {"id": person.team, "domain": "acme"},
            "user": _user(person),
            "api_app_id": APP,
            "token": _TOKEN,
            "trigger_id": place.new_trigger(),
            "view": {**view.raw, "state": {"values": state}},
            "response_urls": [],
            "is_enterprise_install": False,
            "enterprise": None,
        },
    )


def _pressed(  # noqa: PLR0917 - all of it stands in the payload.
    place: Workspace,
    channel: Channel,
    message: Message,
    person: Person,
    block: Mapping[str, Any],
    element: Mapping[str, Any],
) -> Sending:
    in_thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    return place.sender.send(
        "interactive",
        {
            "type": "block_actions",
            "user": _user(person),
            "api_app_id": APP,
            "token": _TOKEN,
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": False,
                **in_thread,
            },
            "trigger_id": place.new_trigger(),
            "team": {"id": person.team, "domain": "acme"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel.id, "name": place.name_for_interaction(channel)},
            "message": dict(message.raw),
            "state": {"values": {}},
            "response_url": f"https://hooks.slack.com/actions/{TEAM}/2/fake",
            "actions": [
                {
                    "type": "button",
                    "action_id": element.get("action_id", ""),
                    "block_id": block.get("block_id", "b0"),
                    "text": element.get("text", {}),
                    "value": element.get("value", ""),
                    "action_ts": place.next_stamp(),
                }
            ],
        },
    )


def _label(element: Mapping[str, Any]) -> str | None:
    text = element.get("text")
    return text.get("text") if isinstance(text, Mapping) else None


def _user(person: Person) -> dict[str, str]:
    return {
        "id": person.id,
        "username": person.name,
        "name": person.name,
        "team_id": person.team,
    }


def _message(place: Workspace, channel: str, ts: str) -> tuple[Channel, Message]:
    where = place.channel(channel)
    message = place.find(where, ts)
    if message is None:
        text = f"ts: the channel has no message {ts!r}"
        raise ControlRefused(text)
    return where, message
