"""A policy as a text of TOML: read with the line of every fault, and written."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any, Final

from chargehand.domain.json import JSONValue
from chargehand.policy.document import Given, PolicyDocument, Section
from chargehand.policy.problems import Problem
from chargehand.policy.reading import read_document

MOST_BYTES: Final = 1_048_576
_WHOLE: Final = "the policy"
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_DEEPEST: Final = 20
_TOO_DEEP: Final = f"no TOML (more than {_DEEPEST} tables within each other)"
_TABLES: Final = "tables and lists of texts and numbers"
# Beyond any line of a policy; reading a dotted key takes as long as the square of its names, which
# is half a minute for one of fifty kilobytes.
_MOST_DOTS: Final = 100
_QUOTED: Final = re.compile("\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """A text as it was read; one with problems is never put in force."""

    document: PolicyDocument
    problems: tuple[Problem, ...]


def read_text(text: bytes) -> ReadPolicy:
    """The document that a text of TOML describes, with everything that is wrong with it."""
    if len(text) > MOST_BYTES:
        return _wrong(f"{len(text)} bytes", f"at most {MOST_BYTES} bytes")
    try:
        plain = text.decode("utf-8")
    except UnicodeDecodeError as error:
        return _wrong(f"no text at byte {error.start}", "a text in UTF-8")
    return _read_plain(plain)


def _read_plain(plain: str) -> ReadPolicy:
    crowded = _crowded_line(plain)
    if crowded is not None:
        return _wrong(_TOO_DEEP, _TABLES, crowded)
    try:
        values = _as_json(tomllib.loads(plain), depth=0)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place is not None and place[1] else None
        found = _PLACE.sub("", str(error)).lower()
        return _wrong(f"no TOML ({found})", "TOML 1.0, as `chargehand policy show` prints it", line)
    except RecursionError:
        return _wrong(_TOO_DEEP, _TABLES)
    except ValueError as error:
        return _wrong(f"no TOML ({str(error)[:80]})", _TABLES)
    document, problems = read_document(values)
    lines = plain.splitlines()
    return ReadPolicy(
        document, tuple(replace(one, line=line_of(lines, one.field)) for one in problems)
    )


def line_of(lines: Sequence[str], field: str) -> int | None:
    """The line where a field stands, or the part it belongs to; None where neither is found."""
    path = [key or int(number) for key, number in _STEP.findall(field)]
    at, begin = 0, None
    # The longest header that the field stands under, then the key it stands behind.
    for length in range(len(path), 0, -1):
        begin = _header(lines, path[:length])
        if begin is not None:
            at = length
            break
    keys = [key for key in path[at:] if isinstance(key, str)]
    for key in reversed(keys):
        wanted = re.compile(rf'^(.*[{{,])?\s*"?{re.escape(key)}"?\s*=')
        for n in range(begin or 0, len(lines)):
            if n > (begin or 0) and lines[n].lstrip().startswith("["):
                break
            if wanted.match(lines[n]):
                return n + 1
    return begin


def write_text(document: PolicyDocument) -> str:
    """The text that reads to a document."""
    parts = ["format = 2\n"]
    if document.cohorts:
        lines = [f"{_key(name)} = {_value(sorted(ids))}" for name, ids in document.cohorts.items()]
        parts.append("\n".join(["[cohorts]", *lines, ""]))
    parts += _section(document.organization, "")
    for key, section in document.projects.items():
        parts += _section(section, f"projects.{_key(key)}.")
    return "\n".join(parts)


def _wrong(found: str, allowed: str, line: int | None = None) -> ReadPolicy:
    return ReadPolicy(PolicyDocument(), (Problem(_WHOLE, found, allowed, line=line),))


def _crowded_line(text: str) -> int | None:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _MOST_DOTS and _QUOTED.sub("", line).count(".") > _MOST_DOTS:
            return number
    return None


def _as_json(value: Any, *, depth: int) -> JSONValue:
    if depth > _DEEPEST:
        message = f"more than {_DEEPEST} tables within each other"
        raise ValueError(message)
    if isinstance(value, dict):
        return {key: _as_json(entry, depth=depth + 1) for key, entry in value.items()}
    if isinstance(value, list):
        return [_as_json(entry, depth=depth + 1) for entry in value]
    if isinstance(value, time):
        # TOML knows times of day by themselves; a policy writes them as texts.
        return value.isoformat("minutes")
    return value.isoformat() if isinstance(value, date) else value


def _header(lines: Sequence[str], path: Sequence[str | int]) -> int | None:
    *names, last = path
    wanted, number = (names, last) if isinstance(last, int) else (list(path), None)
    if any(isinstance(one, int) for one in wanted):
        return None
    name = r"\s*\.\s*".join(rf'"?{re.escape(str(one))}"?' for one in wanted)
    opening, closing = (r"\[\[", r"\]\]") if number is not None else (r"\[", r"\]")
    header = re.compile(rf"^\s*{opening}\s*{name}\s*{closing}")
    found = [n + 1 for n, line in enumerate(lines) if header.match(line)]
    at = number or 0
    return found[at] if at < len(found) else None


def _section(section: Section, prefix: str) -> list[str]:
    parts = []
    defaults = _given(section.defaults)
    if defaults:
        parts.append("\n".join([f"[{prefix}defaults]", *defaults, ""]))
    for rule in section.rules:
        when = [f"when = {_value(rule.when)}"] if rule.when else []
        lines = [f"name = {_value(rule.name)}", *when, f"mode = {_value(rule.mode.value)}"]
        parts.append("\n".join([f"[[{prefix}rules]]", *lines, *_given(rule.given), ""]))
    return parts


def _given(given: Given) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in given.to_json().items()]


def _value(value: JSONValue) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(entry) for entry in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)
