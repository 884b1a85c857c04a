"""The command registry as Discord takes it: what is registered, and what is answered at once."""

from typing import Final

from chargehand.commands.registry import Command, commands_on
from chargehand.connectors.discord.acknowledge import CommandTable
from chargehand.domain.command import (
    LONGEST_DESCRIPTION,
    ChatCommand,
    ChatOption,
    OptionType,
    Surface,
)

_ELLIPSIS: Final = "…"


def slash_commands() -> tuple[ChatCommand, ...]:
    """Every command of the registry, in its order; what follows its name is one text."""
    return tuple(
        ChatCommand(command.name, _short(command.does), _options(command))
        for command in commands_on(Surface.DISCORD)
    )


def command_table() -> CommandTable:
    """What is known of the commands before anything is looked up."""
    commands = commands_on(Surface.DISCORD)
    return CommandTable(
        names=tuple(command.name for command in commands),
        private=frozenset(command.name for command in commands if command.is_private),
    )


def _options(command: Command) -> tuple[ChatOption, ...]:
    _, has_more, rest = command.usage.partition(" ")
    if not has_more:
        return ()
    return (ChatOption("text", _short(rest), OptionType.TEXT, is_required=False),)


def _short(text: str) -> str:
    within = LONGEST_DESCRIPTION
    return text if len(text) <= within else text[: within - 1].rstrip() + _ELLIPSIS
