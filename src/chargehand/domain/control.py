"""A button under a message; pressing it is a command said by whoever pressed it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_LABEL: Final = 75
# What Discord carries in a button, the least of all surfaces.
LONGEST_COMMAND: Final = 100


class ControlStyle(StrEnum):
    """How much a button stands out."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Control:
    """One button.

    Shape: `label` has at most 75 characters; `command` is a line of the command registry of at
    most 100, such as `approve apv_... <first 16 characters of the digest>`; it carries no right,
    the presser's are looked up when it is pressed.
    """

    label: str
    command: str
    style: ControlStyle = ControlStyle.PLAIN
