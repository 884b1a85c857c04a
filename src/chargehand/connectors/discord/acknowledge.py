"""How each interaction is answered at once; everything said here is read from the request alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import msgspec

from chargehand.connectors.discord.command_line import command_line, focused_text
from chargehand.connectors.discord.schemas import InteractionType, number_in, read_body
from chargehand.domain.form import LONGEST_VALUES, Form, FormField
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.hidden import one_line
from chargehand.kit.tolerant import Fields, fields_in, text_in
from chargehand.plugins.connector import OUR_OWN, Acknowledgement

_EPHEMERAL: Final = 1 << 6
_MOST_CHOICES: Final = 25
_LONGEST_CHOICE: Final = 100
_LONGEST_LABEL: Final = 45
_ROW, _TEXT_INPUT = 1, 4
_SHORT, _LONG = 1, 2


class CallbackType(IntEnum):
    """What an answer to an interaction is."""

    PONG = 1
    DEFERRED_REPLY = 5
    DEFERRED_UPDATE = 6
    CHOICES = 8
    FORM = 9


@dataclass(frozen=True, slots=True)
class CommandTable:
    """What is known of the commands before anything is looked up.

    Shape: `names` are offered while somebody types; the answers of `private` are seen by the asker
    alone, by the first word of the command line.
    """

    names: tuple[str, ...] = ()
    private: frozenset[str] = frozenset()


def acknowledgement_of(body: bytes, commands: CommandTable) -> Acknowledgement:
    """The answer Discord wants to a request; ours for what is no interaction.

    Source: discord.com/developers/docs/interactions/receiving-and-responding (read 2026-11).
    """
    payload = read_body(body)
    if not isinstance(payload, Mapping) or "event" in payload:
        return OUR_OWN
    match number_in(payload, "type"):
        case InteractionType.PING:
            return _answer({"type": CallbackType.PONG}, is_kept=False)
        case InteractionType.AUTOCOMPLETE:
            return _answer(_choices(payload, commands), is_kept=False)
        case InteractionType.COMMAND | InteractionType.COMPONENT | InteractionType.FORM as kind:
            promise = _answer(_promise(payload, InteractionType(kind), commands))
            # A form can not be the answer to a form.
            may_show = kind is not InteractionType.FORM
            return replace(promise, showing=form_answer) if may_show else promise
        case _:
            return OUR_OWN


def form_answer(form: Form) -> Acknowledgement:
    """The answer that opens a form; nothing is asked yet, so the request is not kept."""
    inputs = (_text_input(one) for one in form.fields)
    rows: list[JSONValue] = [{"type": _ROW, "components": [one]} for one in inputs]
    data: JSONObject = {"custom_id": form.command, "title": form.title, "components": rows}
    return _answer({"type": CallbackType.FORM, "data": data}, is_kept=False)


def _text_input(field: FormField) -> JSONObject:
    filled: JSONObject = {"value": field.value} if field.value else {}
    return {
        "type": _TEXT_INPUT,
        "custom_id": field.name,
        "style": _LONG if field.is_long else _SHORT,
        "label": one_line(field.label, _LONGEST_LABEL),
        "max_length": field.longest or LONGEST_VALUES["discord"],
        "required": not field.is_optional,
        **filled,
    }


def _promise(payload: Fields, kind: InteractionType, commands: CommandTable) -> JSONObject:
    if kind is not InteractionType.COMMAND and fields_in(payload, "message"):
        # The message the button hangs on is what will tell what happened.
        return {"type": CallbackType.DEFERRED_UPDATE}
    data = fields_in(payload, "data")
    is_form = kind is InteractionType.FORM
    line = text_in(data, "custom_id") if is_form else command_line(data)
    is_said = kind is not InteractionType.COMPONENT
    if is_said and line.partition(" ")[0] in commands.private:
        # Who sees the reply is settled here: the later one can not change it.
        return {"type": CallbackType.DEFERRED_REPLY, "data": {"flags": _EPHEMERAL}}
    return {"type": CallbackType.DEFERRED_REPLY}


def _choices(payload: Fields, commands: CommandTable) -> JSONObject:
    typed = focused_text(fields_in(payload, "data")).casefold()
    fitting = sorted(
        (name for name in commands.names if typed in name.casefold()),
        key=lambda name: (not name.casefold().startswith(typed), name),
    )
    offered = [name for name in fitting if len(name) <= _LONGEST_CHOICE][:_MOST_CHOICES]
    choices = [{"name": name, "value": name} for name in offered]
    return {"type": CallbackType.CHOICES, "data": {"choices": choices}}


def _answer(content: JSONObject, *, is_kept: bool = True) -> Acknowledgement:
    return Acknowledgement(body=msgspec.json.encode(content), is_kept=is_kept)
