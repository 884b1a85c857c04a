"""Edits of the text of `.env` that leave every other line as somebody wrote it."""

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from chargehand.config.errors import ConfigNotEditable, ConfigUnreadable

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./+=:@,%~-]+")
_ASSIGNED: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=")


def read_names(text: str, path: Path = Path(".env")) -> dict[str, str]:
    """The names of a `.env`, with their values.

    Raises: ConfigUnreadable, with the number of the line.
    """
    # The library leaves such a line out and goes on, and a secret would be missing without a word.
    # What stands there is not repeated, because it may be that secret.
    for one in parse_stream(StringIO(text)):
        if one.error:
            line = one.original.line
            detail = f"line {line} is not NAME=value, or a quote in it is never closed."
            raise ConfigUnreadable(path=str(path), detail=detail)
    found = dotenv_values(stream=StringIO(text))
    return {name: value for name, value in found.items() if value is not None}


def set_names(text: str, values: Mapping[str, str | None], *, under: str = "") -> str:
    """The text with some names set, and those taken out whose value is None.

    Shape: a name that is there keeps its line; new ones follow at the end, below the comment
    `under`, which goes with the last of them.
    Raises: ConfigNotEditable, ConfigUnreadable.
    """
    kept: list[str] = []
    left = dict(values)
    for line in text.splitlines():
        name = _name_of(line)
        if name not in values:
            kept.append(line)
            continue
        value = left.pop(name, None)
        if value is not None:
            kept.append(f"{name}={_written(value)}")
    new = [f"{name}={_written(value)}" for name, value in left.items() if value is not None]
    comment = f"# {under}"
    if new:
        kept += [comment] * bool(under) + new
    elif under and comment in kept:
        kept.remove(comment)
    changed = "\n".join(kept) + "\n" if kept else ""
    before = {name: value for name, value in read_names(text).items() if name not in values}
    wanted = {name: value for name, value in values.items() if value is not None}
    if read_names(changed) != {**before, **wanted}:
        names = ", ".join(values)
        raise ConfigNotEditable(what=f"{names} of .env", cure="Change the line there by hand")
    return changed


def rename(text: str, names: Mapping[str, str]) -> str:
    """The text with some names called otherwise, each in its own line.

    Raises: ConfigNotEditable, ConfigUnreadable.
    """
    lines = []
    for line in text.splitlines():
        name = _name_of(line)
        lines.append(line.replace(name, names[name], 1) if name in names else line)
    changed = "\n".join(lines) + "\n" if lines else ""
    wanted = {names.get(name, name): value for name, value in read_names(text).items()}
    if read_names(changed) != wanted:
        raise ConfigNotEditable(what=f"{', '.join(names)} of .env", cure="Rename it there by hand")
    return changed


def _name_of(line: str) -> str:
    found = _ASSIGNED.match(line)
    return found[1] if found is not None else ""


def _written(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
