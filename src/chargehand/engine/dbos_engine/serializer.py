"""What the engine writes into its rows: JSON, never pickle.

Whoever can write the database must not be able to run code, and a renamed class must not make
old rows unreadable; so values are plain JSON, and an error keeps only its name and code. Its text
stays out: it may quote a vendor, and rows of the engine outlive the retention of such words.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from dbos import Serializer

from chargehand.domain.errors import ChargehandError
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.engine.errors import ValueNotJSON

_VALUE = "value"
_ERROR = "error"


class RecordedError(Exception):
    """An error read back from a checkpoint: the name and the code of what was raised then."""

    def __init__(self, name: str, code: str) -> None:
        self.name = name
        self.code = code
        super().__init__(f"{name} ({code})" if code else name)


class JSONSerializer(Serializer):
    """Rows as JSON objects with one key, `value` or `error`, so that neither imitates the other."""

    def serialize(self, data: Any) -> str:
        """One row's text.

        Raises: ValueError or TypeError for what JSON can not hold.
        """
        content = {_ERROR: _described(data)} if isinstance(data, Exception) else {_VALUE: data}
        # Escaped to ASCII, since PostgreSQL's text refuses NUL and half surrogates.
        return json.dumps(content, separators=(",", ":"), allow_nan=False)

    def deserialize(self, serialized_data: str) -> Any:
        """What the row held; an error comes back as RecordedError."""
        content = json.loads(serialized_data)
        if _ERROR in content:
            return RecordedError(**content[_ERROR])
        return content[_VALUE]

    def name(self) -> str:
        """Stored beside each row, so that another serializer is never tried on it."""
        return "chargehand_json"


def to_json(value: object, *, where: str) -> JSONValue:
    """The value as it will be read back after a crash, so that both runs see the same.

    Raises: ValueNotJSON, naming the first place inside the value that JSON can not hold.
    """
    return _plain(value, where=where, path="$")


def object_to_json(value: JSONObject, *, where: str) -> JSONObject:
    """A JSON object as it will be read back after a crash.

    Raises: ValueNotJSON.
    """
    return _plain_mapping(value, where=where, path="$")


def _plain(value: object, *, where: str, path: str) -> JSONValue:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # Not str(value): an enumeration member would give its own text.
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, list | tuple):
        return [
            _plain(item, where=where, path=f"{path}[{index}]") for index, item in enumerate(value)
        ]
    if isinstance(value, Mapping):
        return _plain_mapping(value, where=where, path=path)
    found = repr(value) if isinstance(value, float) else type(value).__name__
    raise ValueNotJSON(where=where, path=path, found=found)


def _plain_mapping(value: Mapping[Any, object], *, where: str, path: str) -> dict[str, JSONValue]:
    plain: dict[str, JSONValue] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            found = f"a key of type {type(key).__name__}"
            raise ValueNotJSON(where=where, path=path, found=found)
        plain[str.__str__(key)] = _plain(item, where=where, path=f"{path}.{key}")
    return plain


def _described(error: Exception) -> dict[str, str]:
    code = error.code if isinstance(error, ChargehandError | RecordedError) else ""
    name = error.name if isinstance(error, RecordedError) else type(error).__name__
    return {"name": name, "code": code}
