"""How each interaction is answered at once; everything said here is read from the request alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from chargehand.connectors.discord.command_line import command_line, focused_text
from chargehand.connectors.discord.schemas import InteractionType, number_in, read_body
from chargehand.domain.json import JSONObject
from chargehand.kit.tolerant import Fields, fields_in
from chargehand.plugins.connector import OUR_OWN, Acknowledgement

_EPHEMERAL: Final = 1 << 6
_MOST_CHOICES: Final = 25
_LONGEST_CHOICE: Final = 100


class CallbackType(IntEnum):
    """What an answer to an interaction is."""

    PONG = 1
    DEFERRED_REPLY = 5
    DEFERRED_UPDATE = 6
    CHOICES = 8


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
            return _answer(_promise(payload, InteractionType(kind), commands))
        case _:
            return OUR_OWN


def _promise(payload: Fields, kind: InteractionType, commands: CommandTable) -> JSONObject:
    if kind is not InteractionType.COMMAND and fields_in(payload, "message"):
        # The message the button hangs on is what will tell what happened.
        return {"type": CallbackType.DEFERRED_UPDATE}
    line = command_line(fields_in(payload, "data"))
    if kind is InteractionType.COMMAND and line.partition(" ")[0] in commands.private:
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
