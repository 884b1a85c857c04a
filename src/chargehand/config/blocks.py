"""Edits of a configuration's text that leave every other line as somebody wrote it.

Every edit is read back before it is given out: the text must say what it said before, but for what
was to be changed. A text in which that can not be done is refused, and the person told what to do.
"""

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

from chargehand.config.errors import ConfigNotEditable

TOMLValue: TypeAlias = str | bool | tuple[str, ...] | Mapping[str, tuple[str, ...]]
_CONNECTIONS: Final = "connections"
_SECRETS: Final = "secrets"
_EXPIRES_ON: Final = "expires_on"
_MARK: Final = "# Added by `chargehand connect {id}`; `chargehand disconnect {id}` takes it out."


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one table, from its header to its last key; `end` is not part of it."""

    header: int
    end: int


def shown(value: TOMLValue) -> str:
    """A value as TOML writes it, on one line."""
    match value:
        case str():
            # A JSON string is a TOML basic string for everything a setting can hold.
            return json.dumps(value, ensure_ascii=False)
        case bool():
            return "true" if value else "false"
        case Mapping():
            inner = ", ".join(f"{shown(key)} = {shown(one)}" for key, one in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case _:
            return f"[{', '.join(shown(one) for one in value)}]"


def add_connection(text: str, connection_id: str, lines: Sequence[str]) -> str:
    """The text with one connection more, at its end; `lines` are its keys.

    Raises: ConfigNotEditable.
    """
    mark = _MARK.format(id=connection_id)
    block = "\n".join([mark, "[[connections]]", *lines]) + "\n"
    changed = f"{_ended(text)}\n{block}" if text.strip() else block
    added = tomllib.loads(block)[_CONNECTIONS]
    return _verified(text, changed, lambda document: _appended(document, added))


def remove_connection(text: str, place: int) -> str:
    """The text without the connection that is the `place`-th of its list.

    Raises: ConfigNotEditable.
    """
    lines = text.splitlines(keepends=True)
    block = _connection_block(text, place)
    start = block.header
    if start and lines[start - 1].startswith(_MARK.partition("{")[0]):
        start -= 1
    if start and not lines[start - 1].strip():
        start -= 1
    changed = "".join(lines[:start] + lines[block.end :])
    return _verified(text, changed, lambda document: _without(document, place))


def set_value(text: str, place: int, key: str, value: TOMLValue) -> str:
    """The text with another value of a key in the `place`-th connection.

    Raises: ConfigNotEditable.
    """
    lines = text.splitlines(keepends=True)
    block = _connection_block(text, place)
    for start in range(block.header + 1, block.end):
        said = _statement(lines, start, block.end)
        if said is not None and key in said[1]:
            end, _ = said
            changed = "".join([*lines[:start], f"{key} = {shown(value)}\n", *lines[end:]])
            return _verified(text, changed, lambda document: _with(document, place, key, value))
    raise _not_by_itself(key)


def set_expiry(text: str, setting: str, day: date | None) -> str:
    """The text with the day a secret stops working; None takes the day out.

    Raises: ConfigNotEditable.
    """
    known = tomllib.loads(text).get(_SECRETS, {}).get(_EXPIRES_ON, {})
    if day is None and setting not in known:
        return text
    lines = _ended(text).splitlines(keepends=True)
    block = _block_of(text, lambda header: header == {_SECRETS: {_EXPIRES_ON: {}}})
    line = f"{shown(setting)} = {day}\n" if day is not None else ""
    if block is None:
        if known or day is None:
            raise _not_by_itself(f"the day in secrets.expires_on for {setting}")
        changed = f"{_ended(text)}\n[{_SECRETS}.{_EXPIRES_ON}]\n{line}"
    else:
        kept = [
            one for one in lines[block.header + 1 : block.end] if setting not in _keys_of_line(one)
        ]
        changed = "".join([*lines[: block.header + 1], *kept, line, *lines[block.end :]])
    return _verified(text, changed, lambda document: _expiring(document, setting, day))


def _connection_block(text: str, place: int) -> _Block:
    """The block of a connection, with the tables below it.

    Raises: ConfigNotEditable.
    """
    headers = _headers(text)
    starts = [line for line, header in headers if header == {_CONNECTIONS: [{}]}]
    if place >= len(starts):
        raise _not_by_itself(f"connection {place + 1}")
    start = starts[place]
    following = (
        line
        for line, header in headers
        if line > start and not (header != {_CONNECTIONS: [{}]} and _CONNECTIONS in header)
    )
    return _Block(start, _last_said(text, start, next(following, None)))


def _block_of(text: str, is_wanted: Callable[[dict[str, Any]], bool]) -> _Block | None:
    headers = _headers(text)
    for number, (line, header) in enumerate(headers):
        if is_wanted(header):
            next_line = headers[number + 1][0] if number + 1 < len(headers) else None
            return _Block(line, _last_said(text, line, next_line))
    return None


def _headers(text: str) -> list[tuple[int, dict[str, Any]]]:
    """Every line that begins a table, with what that line alone says."""
    lines = text.splitlines(keepends=True)
    found = []
    for number, line in enumerate(lines):
        # Within a text or a list of several lines, what stands before is no whole document.
        if line.lstrip().startswith("[") and _read("".join(lines[:number])) is not None:
            header = _read(line)
            if header is not None:
                found.append((number, header))
    return found


def _last_said(text: str, start: int, end: int | None) -> int:
    """Where a block ends: what stands above the next header in comments belongs to that."""
    lines = text.splitlines()
    last = len(lines) if end is None else end
    while last > start + 1 and (not lines[last - 1].strip() or lines[last - 1].startswith("#")):
        last -= 1
    return last


def _statement(lines: list[str], start: int, limit: int) -> tuple[int, dict[str, Any]] | None:
    """Where the statement that begins in a line ends, and what it says; None for no statement."""
    for end in range(start + 1, limit + 1):
        said = _read("".join(lines[start:end]))
        if said is not None:
            return end, said
    return None


def _keys_of_line(line: str) -> set[str]:
    return set(_read(line) or {})


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _verified(before: str, after: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    if _read(after) != change(tomllib.loads(before)):
        raise _not_by_itself("this")
    return after


def _not_by_itself(what: str) -> ConfigNotEditable:
    return ConfigNotEditable(what=what, cure="Change it there by hand")


def _appended(document: dict[str, Any], added: list[Any]) -> dict[str, Any]:
    return {**document, _CONNECTIONS: [*document.get(_CONNECTIONS, []), *added]}


def _without(document: dict[str, Any], place: int) -> dict[str, Any]:
    entries = document[_CONNECTIONS]
    left = [*entries[:place], *entries[place + 1 :]]
    others = {key: value for key, value in document.items() if key != _CONNECTIONS}
    return {**others, _CONNECTIONS: left} if left else others


def _with(document: dict[str, Any], place: int, key: str, value: TOMLValue) -> dict[str, Any]:
    entries = list(document[_CONNECTIONS])
    entries[place] = {**entries[place], key: list(value) if isinstance(value, tuple) else value}
    return {**document, _CONNECTIONS: entries}


def _expiring(document: dict[str, Any], setting: str, day: date | None) -> dict[str, Any]:
    secrets = dict(document.get(_SECRETS, {}))
    days = {key: value for key, value in secrets.get(_EXPIRES_ON, {}).items() if key != setting}
    if day is not None:
        days[setting] = day
    return {**document, _SECRETS: {**secrets, _EXPIRES_ON: days}}
