"""What a configuration says of foreign requests: where a value stands, and texts made of values.

No code and no regular expressions: every look-up and every comparison takes time in proportion to
what it reads, whatever somebody sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.domain.json import JSONScalar
from chargehand.kit.hidden import without_hidden

MOST_STEPS: Final = 16
LONGEST_TEMPLATE: Final = 2_000
LONGEST_VALUE: Final = 20_000
LONGEST_PATTERN: Final = 200
_MOST_LISTED: Final = 50
_HEADER: Final = "header."
_HEADER_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_STEP: Final = re.compile(
    r"""\.(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\[(?P<number>[0-9]{1,4})\]|\["(?P<quoted>[^"\\]+)"\]"""
)
_FORM: Final = 'must be like $.data.title, $.items[0]["odd name"] or header.x-event'
# Where senders put what proves them; nobody may make a text of it.
_PROOFS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Location:
    """Where a value stands: in a header, or in the body by a path of names and positions."""

    text: str
    header: str | None
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """What values are looked up in: lower-case headers, and the body as it was decoded."""

    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True, slots=True)
class Template:
    """Literal texts and the locations whose values stand between them."""

    parts: tuple[str | Location, ...]

    @property
    def locations(self) -> tuple[Location, ...]:
        """Every location in it."""
        return tuple(part for part in self.parts if isinstance(part, Location))


def read_location(text: str) -> Location:
    """The location a configuration names.

    Raises: ValueError, in words for whoever wrote it.
    """
    if text.startswith(_HEADER):
        name = text.removeprefix(_HEADER).lower()
        if _HEADER_NAME.fullmatch(name) is None:
            message = f"{_FORM}; {name!r} is no name of a header"
            raise ValueError(message)
        if name in _PROOFS:
            message = f"the header {name} holds a proof, which is never kept"
            raise ValueError(message)
        return Location(text, name)
    if not text.startswith("$"):
        raise ValueError(_FORM)
    return Location(text, None, _steps_in(text))


def _steps_in(text: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            message = f"{_FORM}; {text[position : position + 20]!r} is not understood"
            raise ValueError(message)
        number, name = found["number"], found["name"] or found["quoted"]
        steps.append(int(number) if number is not None else name)
        position = found.end()
    if len(steps) > MOST_STEPS:
        message = f"has {len(steps)} steps; at most {MOST_STEPS} are followed"
        raise ValueError(message)
    return tuple(steps)


def read_template(text: str) -> Template:
    """The template a configuration writes: text with {locations} in it; {{ and }} are braces.

    Raises: ValueError, in words for whoever wrote it.
    """
    if len(text) > LONGEST_TEMPLATE:
        message = f"has {len(text)} characters; at most {LONGEST_TEMPLATE} are allowed"
        raise ValueError(message)
    parts: list[str | Location] = []
    literal, rest = "", text
    while rest:
        if rest[:2] in ("{{", "}}"):
            literal, rest = literal + rest[0], rest[2:]
        elif rest[0] == "{":
            inside, brace, after = rest[1:].partition("}")
            if not brace:
                message = "has a { without its }; a brace itself is written {{"
                raise ValueError(message)
            parts += [literal, read_location(inside.strip())]
            literal, rest = "", after
        elif rest[0] == "}":
            message = "has a } without its {; a brace itself is written }}"
            raise ValueError(message)
        else:
            literal, rest = literal + rest[0], rest[1:]
    return Template(tuple(part for part in (*parts, literal) if part != ""))


def value_at(location: Location, received: Received) -> object:
    """The value at a location; None where there is none, or nothing stands there."""
    if location.header is not None:
        return received.headers.get(location.header)
    found: object = received.body
    for step in location.path:
        if isinstance(step, str) and isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(step, int) and isinstance(found, list) and step < len(found):
            found = found[step]
        else:
            return None
    return found if isinstance(found, str | int | float | bool | list | Mapping) else None


def text_at(location: Location, received: Received) -> str:
    """The value at a location as people read it; nothing for an object, and where there is none."""
    return _shown(value_at(location, received))


def rendered(template: Template, received: Received) -> str:
    """The text of a template; nothing where none of its locations holds anything."""
    texts = [part if isinstance(part, str) else text_at(part, received) for part in template.parts]
    is_found = any(
        text for part, text in zip(template.parts, texts, strict=True) if not isinstance(part, str)
    )
    if template.locations and not is_found:
        return ""
    return without_hidden("".join(texts)[: LONGEST_VALUE * 2])[:LONGEST_VALUE].strip()


def scalar_of(template: Template, received: Received) -> JSONScalar:
    """What a template gives as data: a lone location its own value, everything else a text."""
    if len(template.parts) == 1 and isinstance(template.parts[0], Location):
        value = value_at(template.parts[0], received)
        if isinstance(value, bool | int | float):
            return value if _is_storable(value) else None
    return rendered(template, received) or None


def is_like(text: str, pattern: str) -> bool:
    """Whether a text reads like a pattern in which * stands for anything; in linear time."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    last = others.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for part in others:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _shown(value: object) -> str:
    match value:
        case str():
            return value[:LONGEST_VALUE]
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value) if _is_storable(value) else ""
        case list():
            listed = [_shown(one) for one in value[:_MOST_LISTED] if not isinstance(one, list)]
            return ", ".join(one for one in listed if one)[:LONGEST_VALUE]
        case _:
            return ""


def _is_storable(value: int | float) -> bool:  # noqa: PYI041 - the two differ here.
    """Whether a number has an end: JSON has no infinity, and a long integer takes long to write."""
    if isinstance(value, float):
        return value - value == 0
    return abs(value) < 2**63
