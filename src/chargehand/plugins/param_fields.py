"""Checks of single values in an action's plain JSON; every refusal names the field.

Rejected
├── ParamInvalid    a parameter is missing or holds what is not allowed
└── ParamUnknown    a parameter nobody reads; it would be approved without having an effect
"""

import re
from collections.abc import Mapping
from typing import Final

from chargehand.domain.errors import Rejected
from chargehand.domain.json import JSONObject, JSONValue

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SHOWN_CHARS: Final = 60


class ParamInvalid(Rejected):
    """A parameter of an action holds something its kind can not use."""

    code = "action_param_invalid"
    template = "The action's parameter {field} must be {allowed}; found: {found}."


class ParamUnknown(Rejected):
    """A parameter its action kind does not know."""

    code = "action_param_unknown"
    template = "The action has no parameter {field}; allowed are: {allowed}."


def invalid(field: str, allowed: str, *, found: object) -> ParamInvalid:
    """The refusal of one value; long texts are described, not repeated."""
    return ParamInvalid(field=field, allowed=allowed, found=_describe(found))


def refuse_unknown(fields: JSONObject, *known: str, inside: str = "") -> None:
    """Pass only when every key is known; `inside` is the path of the object, for the error.

    Raises: ParamUnknown; ParamInvalid when it is no object at all.
    """
    if not isinstance(fields, Mapping):
        raise invalid(inside or "params", "an object", found=fields)
    for key in fields:
        if key not in known:
            name = ascii(key)[1:-1][:_SHOWN_CHARS]
            raise ParamUnknown(field=_path(name, inside), allowed=", ".join(known))


def read_text(fields: JSONObject, key: str, *, limit_chars: int, inside: str = "") -> str:
    """A text with something to see in it.

    Raises: ParamInvalid.
    """
    text = read_optional_text(fields, key, limit_chars=limit_chars, inside=inside)
    if not text.strip():
        allowed = f"a text of 1 to {limit_chars} characters, not only spaces"
        raise invalid(_path(key, inside), allowed, found=text)
    return text


def read_optional_text(fields: JSONObject, key: str, *, limit_chars: int, inside: str = "") -> str:
    """A text, empty when it was not given.

    Raises: ParamInvalid.
    """
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit_chars:
        allowed = f"a text of at most {limit_chars} characters"
        raise invalid(_path(key, inside), allowed, found=value)
    if _SURROGATE.search(value):
        raise invalid(_path(key, inside), "Unicode text without lone surrogates", found=value)
    return value


def read_matching(value: JSONValue, field: str, *, pattern: re.Pattern[str], allowed: str) -> str:
    """A text of an exact form; `allowed` says the form in words.

    Raises: ParamInvalid.
    """
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise invalid(field, allowed, found=value)
    return value


def _path(key: str, inside: str) -> str:
    return f"{inside}.{key}" if inside else key


def _describe(found: object) -> str:
    if found is None or found == "":
        return "nothing"
    if isinstance(found, bool | int | float):
        return str(found)
    if not isinstance(found, str):
        return f"a value of type {type(found).__name__}"
    if len(found) > _SHOWN_CHARS:
        return f"a text of {len(found)} characters"
    return ascii(found)
