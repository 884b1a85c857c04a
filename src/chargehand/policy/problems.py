"""What is wrong with a document, all of it at once: field, what is there, what is allowed."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from chargehand.domain.json import JSONValue

# A file that is wrong everywhere is told by its first faults.
_MOST: Final = 50
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document.

    Shape: `field` is a path as `rules[2].when.kind[0]`; `near` is what was probably meant, empty
    where nothing is near; `line` counts from 1, None where the place is not known.
    """

    field: str
    found: str
    allowed: str
    near: str = ""
    line: int | None = None

    @property
    def sentence(self) -> str:
        """The fault for people."""
        near = f" Did you mean {self.near}?" if self.near else ""
        return f"{self.field} is {self.found}; allowed: {self.allowed}.{near}"


@dataclass(slots=True)
class Problems:
    """Collects faults while a document is read."""

    found: list[Problem] = field(default_factory=list)

    def add(self, where: str, value: JSONValue, allowed: str, *, near: str = "") -> None:
        """Note a value that is not allowed."""
        self.note(where, shown(value), allowed, near=near)

    def note(self, where: str, found: str, allowed: str, *, near: str = "") -> None:
        """Note a fault that is no value, in words."""
        if len(self.found) < _MOST:
            self.found.append(Problem(where, found, allowed, near))

    def word(self, where: str, value: JSONValue, allowed: Collection[str]) -> str | None:
        """The value if it is one of some words; else None, and a fault."""
        if isinstance(value, str) and value in allowed:
            return value
        near = nearest(value, allowed) if isinstance(value, str) else ""
        self.add(where, value, ", ".join(allowed), near=near)
        return None

    def table(self, where: str, value: JSONValue, allowed: Sequence[str]) -> dict[str, JSONValue]:
        """The entries of a table that have a known key; unknown ones are faults."""
        if not isinstance(value, dict):
            self.add(where, value, f"a table of {', '.join(allowed)}")
            return {}
        prefix = f"{where}." if where else ""
        for key in value:
            if key not in allowed:
                near = nearest(key, allowed)
                self.note(f"{prefix}{key}", "an unknown key", ", ".join(allowed), near=near)
        return {key: entry for key, entry in value.items() if key in allowed}

    def items(self, where: str, value: JSONValue, *, what: str, most: int) -> list[JSONValue]:
        """The entries of a list; a list that is none, empty or too long is a fault."""
        if not isinstance(value, list | tuple):
            self.add(where, value, f"a list of {what}")
            return []
        if not value:
            self.note(where, "an empty list", f"at least one of {what}, or leave {where} out")
        if len(value) > most:
            self.note(where, f"{len(value)} entries", f"at most {most}")
            return []
        return list(value)

    def number(self, where: str, value: JSONValue, *, least: int, most: int) -> int | None:
        """The value if it is a whole number within bounds; else None, and a fault."""
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and least <= value <= most:  # type: ignore[operator]
            return int(value)  # type: ignore[arg-type]
        self.add(where, value, f"a whole number from {least} to {most}")
        return None

    def flag(self, where: str, value: JSONValue) -> bool | None:
        """The value if it is true or false; else None, and a fault."""
        if isinstance(value, bool):
            return value
        self.add(where, value, "true or false")
        return None


def shown(value: JSONValue) -> str:
    """A value as a fault quotes it."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "missing"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def nearest(word: str, allowed: Collection[str]) -> str:
    """The allowed word that is nearest to what somebody wrote; empty where none is near."""
    found = difflib.get_close_matches(word[:_SHOWN], allowed, n=1, cutoff=0.6)
    return found[0] if found else ""
