"""Foreign JSON, tamed: every field has the type that was asked for, or counts as absent."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from chargehand.kit.hidden import one_line

MAX_NAME_CHARS = 255

Fields: TypeAlias = Mapping[object, object]
NO_FIELDS: Fields = MappingProxyType({})


def fields_in(fields: Fields, name: str) -> Fields:
    """The object under a name, empty when there is none."""
    value = fields.get(name)
    return value if isinstance(value, Mapping) else NO_FIELDS


def text_in(fields: Fields, name: str, limit: int = MAX_NAME_CHARS) -> str:
    """The text under a name on one line, empty when there is none."""
    value = fields.get(name)
    return one_line(value, limit) if isinstance(value, str) else ""


def list_in(fields: Fields, name: str) -> Sequence[object]:
    """The list under a name, empty when there is none."""
    value = fields.get(name)
    return value if isinstance(value, list) else ()
