"""Foreign JSON, tamed: every field has the type that was asked for, or counts as absent."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from chargehand.kit.hidden import one_line

MAX_NAME_CHARS = 255

Fields: TypeAlias = Mapping[object, object]
NO_FIELDS: Fields = MappingProxyType({})
_DECODER = msgspec.json.Decoder()


def decode_json(body: bytes) -> object:
    """What a body holds, also with texts that were cut within a character.

    Raises: ValueError when it is no JSON.
    """
    try:
        decoded: object = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # A vendor may cut a text within a surrogate pair. The stricter decoder refuses the half
        # that is left; the standard one keeps it, and it is removed with the hidden characters.
        try:
            decoded = json.loads(body.decode())
        except RecursionError as error:
            raise ValueError from error
    return decoded


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
