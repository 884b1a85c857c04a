"""The slash commands registered with Discord, brought in line with ours one by one.

What is the same is left alone, so a start costs one request, and a command somebody looks at does
not vanish for a moment, as it would if the whole list were written anew.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from chargehand.connectors.discord.answers import CommandAnswer
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.transport import Call, DiscordTransport, path_of
from chargehand.domain.command import ChatCommand, ChatOption, OptionType
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.errors import VendorBusy
from chargehand.plugins.vendor_http import Sleep

_MOST_CHOICES: Final = 25
# The option that takes the name of a command; the names are offered while it is typed.
_COMPLETED: Final = "command"
_CHAT_INPUT: Final = 1
_MOST_ATTEMPTS: Final = 5
_LONGEST_WAIT_S: Final = 60.0
# What Discord tells of an option and leaves out where it has its default.
_OPTION_DEFAULTS: Final[Mapping[str, JSONValue]] = {"required": False, "autocomplete": False}
_OPTION_TYPES: Final = {OptionType.TEXT: 3, OptionType.NUMBER: 4}
_COMPARED: Final = ("type", "name", "description", "required", "autocomplete", "choices")


class ChangeKind(StrEnum):
    """What is done to one registered command."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class CommandChange:
    """One difference; `command_id` is empty for a command Discord does not have."""

    kind: ChangeKind
    name: str
    command_id: str = ""
    body: JSONObject = field(default_factory=dict)


async def registered(transport: DiscordTransport, config: DiscordConfig) -> list[CommandAnswer]:
    """The commands Discord has of this application in the connection's server.

    Raises: the errors of plugins/errors.py.
    """
    path = _path(config)
    call = Call("GET", path, "list the commands", "the commands", route=f"GET {path}")
    return await transport.read(call, list[CommandAnswer])


def changes_to(
    wanted: Sequence[ChatCommand], found: Sequence[CommandAnswer]
) -> tuple[CommandChange, ...]:
    """What has to be done for Discord to have exactly the wanted commands; pure.

    Commands of a message's or a person's own menu are none of ours and stay.
    """
    present = {one.name: one for one in found if one.type == _CHAT_INPUT}
    changes: list[CommandChange] = []
    for command in wanted:
        body, there = _body(command), present.pop(command.name, None)
        if there is None:
            changes.append(CommandChange(ChangeKind.CREATE, command.name, body=body))
        elif not _is_same(body, there):
            # What kind of command it is can not be changed, nor be named in a change.
            edit = {name: value for name, value in body.items() if name != "type"}
            changes.append(CommandChange(ChangeKind.EDIT, command.name, there.id, edit))
    gone = [CommandChange(ChangeKind.DELETE, one.name, one.id) for one in present.values()]
    return (*gone, *changes)


async def write_change(
    transport: DiscordTransport,
    config: DiscordConfig,
    change: CommandChange,
    *,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Write one change, waiting while Discord takes no more.

    Raises: the errors of plugins/errors.py; whoever compares again goes on from there.
    """
    call = _call(config, change)
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            await transport.write(call)
        except VendorBusy as error:
            wait_s = error.retry_after_s or 1.0
            if attempt == _MOST_ATTEMPTS or wait_s > _LONGEST_WAIT_S:
                raise
            await sleep(wait_s)
        else:
            return


def _call(config: DiscordConfig, change: CommandChange) -> Call:
    path, target = _path(config), f"command /{change.name}"
    operation = f"{change.kind.value} a command"
    match change.kind:
        case ChangeKind.CREATE:
            return Call("POST", path, operation, target, route=f"POST {path}", body=change.body)
        case ChangeKind.EDIT:
            one, route = f"{path}/{change.command_id}", f"PATCH {path}/:id"
            return Call("PATCH", one, operation, target, route=route, body=change.body)
        case ChangeKind.DELETE:
            one, route = f"{path}/{change.command_id}", f"DELETE {path}/:id"
            return Call("DELETE", one, operation, target, route=route)


def _path(config: DiscordConfig) -> str:
    # Of one server: seen at once, where commands of an application everywhere take up to an hour.
    return path_of("applications", config.application_id, "guilds", config.guild_id, "commands")


def _body(command: ChatCommand) -> JSONObject:
    return {
        "type": _CHAT_INPUT,
        "name": command.name,
        "description": command.description,
        "options": [_option(one) for one in command.options],
    }


def _option(option: ChatOption) -> JSONObject:
    body: dict[str, JSONValue] = {
        "type": _OPTION_TYPES[option.type],
        "name": option.name,
        "description": option.description,
        "required": option.is_required,
    }
    if option.name == _COMPLETED:
        body["autocomplete"] = True
    elif 0 < len(option.choices) <= _MOST_CHOICES:
        body["choices"] = [{"name": one, "value": one} for one in option.choices]
    return body


def _is_same(body: JSONObject, there: CommandAnswer) -> bool:
    options = body["options"]
    ours = [_comparable(one) for one in options] if isinstance(options, list) else []
    theirs = [_comparable(one) for one in there.options]
    return body["description"] == there.description and ours == theirs


def _comparable(option: Any) -> dict[str, Any]:
    told = {name: option.get(name, _OPTION_DEFAULTS.get(name)) for name in _COMPARED}
    return {name: value for name, value in told.items() if value not in (None, [])}
