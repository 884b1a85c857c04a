"""What Slack tells of slash commands, buttons, forms and shortcuts.

Their place carries the trigger id, by which a form can be opened within three seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.slack.meanings import Meaning, lacking, of_no_use
from chargehand.connectors.slack.participants import (
    Home,
    actor_of_user,
    kind_of_channel,
    with_person,
)
from chargehand.connectors.slack.schemas import id_in, moment_of, stamp_in
from chargehand.connectors.slack.text.mrkdwn import plain, read_mrkdwn
from chargehand.domain.event import EventKind, Place
from chargehand.domain.json import JSONValue
from chargehand.domain.text import plain_text
from chargehand.kit.hidden import without_hidden
from chargehand.kit.tolerant import Fields, decode_json, fields_in, list_in, text_in
from chargehand.plugins.reading import marked

# The slash command of the app; `/chargehand-dev` is that of another stage.
_OUR_COMMAND: Final = re.compile(r"/?chargehand(?:-[a-z0-9]+)*")
_LONGEST_COMMAND: Final = 4_000
_LONGEST_VALUE: Final = 10_000
_MOST_FIELDS: Final = 100


@dataclass(frozen=True, slots=True)
class Pressed:
    """An interaction: who is at home, and its fields."""

    fields: Fields
    home: Home

    @property
    def user(self) -> Fields:
        """Who acted."""
        return fields_in(self.fields, "user")

    @property
    def is_outsider(self) -> bool:
        """Whether who acted belongs to another workspace."""
        team = fields_in(self.fields, "team")
        teams = [id_in(self.user, "team_id") or id_in(team, "id")]
        enterprise = id_in(team, "enterprise_id") or id_in(
            fields_in(self.fields, "enterprise"), "id"
        )
        return self.home.is_outside(teams, [enterprise])


def command_meaning(pressed: Pressed) -> Meaning:
    """What a slash command tells; its text is the line without the app's own name."""
    fields = pressed.fields
    trigger, channel = id_in(fields, "trigger_id"), id_in(fields, "channel_id")
    for name, value in (("trigger_id", trigger), ("channel_id", channel)):
        if not value:
            return lacking(EventKind.COMMAND_INVOKED, name)
    command, words = text_in(fields, "command"), fields.get("text")
    line = words if isinstance(words, str) else ""
    if not _OUR_COMMAND.fullmatch(command):
        line = f"{command.removeprefix('/')} {line}"
    reading = marked(read_mrkdwn(line[:_LONGEST_COMMAND]), line)
    name = text_in(fields, "channel_name")
    teams, enterprises = [id_in(fields, "team_id")], [id_in(fields, "enterprise_id")]
    return Meaning(
        EventKind.COMMAND_INVOKED,
        key=f"command:{trigger}",
        actor=actor_of_user({"id": fields.get("user_id"), "name": fields.get("user_name")}),
        reading=reading,
        said=" ".join(plain_text(reading.lines).split()),
        place=Place(
            channel_id=channel,
            kind=kind_of_channel(channel, name=name),
            thread_id=stamp_in(fields, "thread_ts") or None,
            is_outsider=pressed.home.is_outside(teams, enterprises),
            reply_token=trigger,
        ),
        data={"command": command, "shortcut": None, "message_text": None},
    )


def shortcut_meaning(pressed: Pressed) -> Meaning:
    """What a shortcut tells: its callback id is the command's line."""
    fields = pressed.fields
    trigger, line = id_in(fields, "trigger_id"), text_in(fields, "callback_id")
    for name, value in (("trigger_id", trigger), ("callback_id", line)):
        if not value:
            return lacking(EventKind.COMMAND_INVOKED, name)
    message = fields_in(fields, "message")
    is_global = fields.get("type") == "shortcut"
    text = message.get("text")
    return Meaning(
        EventKind.COMMAND_INVOKED,
        key=f"command:{trigger}",
        occurred_at=moment_of(stamp_in(fields, "action_ts")),
        actor=actor_of_user(pressed.user),
        said=line,
        place=_place(pressed, message=stamp_in(fields, "message_ts"), hangs_on=message),
        data={
            "command": None,
            "shortcut": "global" if is_global else "message",
            "message_text": _value(plain(text)) if isinstance(text, str) else None,
        },
    )


def button_meaning(pressed: Pressed) -> Meaning:
    """What pressing a button, or choosing from a menu, tells: its value is the command's line."""
    fields = pressed.fields
    pressings = [one for one in list_in(fields, "actions") if isinstance(one, Mapping)]
    if not pressings:
        return lacking(EventKind.BUTTON_PRESSED, "actions")
    action = pressings[0]
    chosen = fields_in(action, "selected_option")
    line = text_in(action, "value", _LONGEST_COMMAND) or text_in(chosen, "value", _LONGEST_COMMAND)
    if not line:
        # A button that opens an address, or a field of a form that is not submitted yet.
        return of_no_use("unused_event")
    trigger = id_in(fields, "trigger_id")
    if not trigger:
        return lacking(EventKind.BUTTON_PRESSED, "trigger_id")
    container, message = fields_in(fields, "container"), fields_in(fields, "message")
    stamp = stamp_in(container, "message_ts") or stamp_in(message, "ts")
    return Meaning(
        EventKind.BUTTON_PRESSED,
        key=f"button:{trigger}",
        occurred_at=moment_of(stamp_in(action, "action_ts")),
        actor=actor_of_user(pressed.user),
        said=line,
        place=_place(pressed, message=stamp, hangs_on={**message, **container}),
        data={
            "action_id": text_in(action, "action_id") or None,
            "is_ephemeral": container.get("is_ephemeral") is True,
        },
    )


def form_meaning(pressed: Pressed) -> Meaning:
    """What a submitted form tells; its command and its place stand in what we hid in it."""
    view = fields_in(pressed.fields, "view")
    trigger = id_in(pressed.fields, "trigger_id") or id_in(view, "hash", "id")
    if not trigger:
        return lacking(EventKind.FORM_SUBMITTED, "trigger_id")
    hidden = _hidden_in(view)
    channel, stamp = id_in(hidden, "channel"), stamp_in(hidden, "message")
    place = with_person(id_in(pressed.user, "id"), is_outsider=pressed.is_outsider)
    if channel:
        place = Place(
            channel_id=channel,
            kind=kind_of_channel(channel),
            message_id=stamp or None,
            thread_id=stamp_in(hidden, "thread") or None,
            is_outsider=pressed.is_outsider,
        )
    return Meaning(
        EventKind.FORM_SUBMITTED,
        key=f"form:{trigger}",
        actor=actor_of_user(pressed.user),
        said=text_in(hidden, "command", _LONGEST_COMMAND) or text_in(view, "callback_id"),
        place=place,
        data={"values": _values_of(fields_in(fields_in(view, "state"), "values"))},
    )


def _hidden_in(view: Fields) -> Fields:
    """What `open_form` wrote into the form, empty when it is none of ours."""
    text = view.get("private_metadata")
    try:
        hidden = decode_json(text.encode("utf-8", "replace")) if isinstance(text, str) else None
    except ValueError:
        return {}
    return hidden if isinstance(hidden, Mapping) else {}


def _values_of(blocks: Fields) -> dict[str, JSONValue]:
    """The fields of a form: a field is a block, with one element in it."""
    values: dict[str, JSONValue] = {}
    for name, elements in list(blocks.items())[:_MOST_FIELDS]:
        if not isinstance(name, str) or not isinstance(elements, Mapping):
            continue
        for element in elements.values():
            if isinstance(element, Mapping):
                values[_value(name)] = _value_of(element)
    return values


def _value_of(element: Fields) -> JSONValue:
    options = list_in(element, "selected_options")
    if options:
        picked = [one for one in options[:_MOST_FIELDS] if isinstance(one, Mapping)]
        return [text_in(one, "value", _LONGEST_VALUE) for one in picked]
    option = fields_in(element, "selected_option")
    for value in (element.get("value"), option.get("value"), element.get("selected_user")):
        if isinstance(value, str):
            return _value(value)
    return None


def _value(text: str) -> str:
    return without_hidden(text[:_LONGEST_VALUE])


def _place(pressed: Pressed, *, message: str, hangs_on: Fields) -> Place:
    fields = pressed.fields
    channel_fields, container = fields_in(fields, "channel"), fields_in(fields, "container")
    channel = id_in(channel_fields, "id") or id_in(container, "channel_id")
    if not channel:
        return with_person(id_in(pressed.user, "id"), is_outsider=pressed.is_outsider)
    thread = stamp_in(hangs_on, "thread_ts")
    return Place(
        channel_id=channel,
        kind=kind_of_channel(channel, name=text_in(channel_fields, "name")),
        message_id=message or None,
        thread_id=thread if thread not in ("", message) else None,
        is_outsider=pressed.is_outsider,
        reply_token=id_in(fields, "trigger_id") or None,
    )
