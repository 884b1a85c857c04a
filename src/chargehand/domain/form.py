"""A form that opens over a chat; handing it in is a command said by whoever filled it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# What Slack writes above a form, the least of all surfaces.
LONGEST_TITLE: Final = 24
# How much one field holds, by connector; in UTF-16 units, which is how the vendors count.
LONGEST_VALUES: Final[Mapping[str, int]] = {"slack": 3_000, "discord": 4_000}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form.

    Shape: `value` is what stands in it when it opens; `longest` is how many characters it takes,
    None for as many as the surface's fields hold.
    """

    name: str
    label: str
    value: str = ""
    is_long: bool = False
    is_optional: bool = False
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """One form.

    Shape: `title` has at most 24 characters; `command` is the line of the command registry that
    handing it in says, of at most 100 characters; it carries no right, as that of a `Control`.
    """

    title: str
    command: str
    fields: tuple[FormField, ...]
