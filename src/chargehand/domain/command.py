"""What a surface needs to know of a command: plain values, so that connectors can register them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# What Discord takes as the description of a command or an option, the least of all surfaces.
LONGEST_DESCRIPTION: Final = 100


class Surface(StrEnum):
    """Where a command line is said; `ticket` is a comment on a work item or a pull request."""

    SLACK = "slack"
    DISCORD = "discord"
    TICKET = "ticket"
    CLI = "cli"
    REST = "rest"


class OptionType(StrEnum):
    """What an option holds."""

    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class ChatOption:
    """One argument as a chat offers it.

    Shape: `choices` are the values allowed, empty where any are; required options come first.
    """

    name: str
    description: str
    type: OptionType
    is_required: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatCommand:
    """One command as a chat registers it; a chat that has one command only offers its names."""

    name: str
    description: str
    options: tuple[ChatOption, ...]
