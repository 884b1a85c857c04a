"""How one kind of action is described."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind does, and the values its params and base are read into."""

    does: str
    params: type[object]
    base: type[object]
