"""How commands print: aligned columns, local times, JSON, and nothing that can move the cursor."""

import json
import re
import sys
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import typer

from chargehand.domain.json import JSONValue

if TYPE_CHECKING:
    # Both name types only.
    from zoneinfo import ZoneInfo

    from chargehand.config.settings import Settings

# What stands where a text was that is past its retention, or of a person who was erased.
ERASED = "(erased: after its retention, or on request)"
_GAP = "  "
_LEAST_TEXT_WIDTH = 24
_LONGEST_EXCERPT = 60
# A terminal obeys control characters, and reordering marks make a text read as another.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ESCAPED_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def safe_text(text: str) -> str:
    """The text with every character named that a terminal would obey instead of showing."""
    return "".join(
        f"⟨U+{ord(char):04X}⟩" if _is_unsafe(char) and char != "\n" else char for char in text
    )


def safe_line(text: str) -> str:
    """The same on one line: line ends and tabs become blanks."""
    return safe_text(" ".join(text.split()))


def excerpt(text: str, *, longest: int = _LONGEST_EXCERPT) -> str:
    """The beginning of a text on one line."""
    line = safe_line(text)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def indented(text: str, prefix: str) -> str:
    """The text, safe to print, with a prefix before every line."""
    return "\n".join(f"{prefix}{line}".rstrip() for line in safe_text(text).split("\n"))


def echo_json(value: JSONValue) -> None:
    """Print a JSON value for people and programs alike: indented, in UTF-8."""
    typer.echo(_as_bytes(json.dumps(value, ensure_ascii=False, indent=2)))


def echo_json_line(value: JSONValue) -> None:
    """Print a JSON value on one line."""
    typer.echo(_as_bytes(json.dumps(value, ensure_ascii=False)))


def echo_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, texts: Sequence[str] = ()
) -> None:
    """Print rows below their columns' names; `texts` names columns that may wrap on a terminal.

    Every other column is printed whole, however narrow the terminal is: ids are for copying.
    """
    safe = [[safe_line(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _echo_rich(columns, safe, texts)
        return
    for line in plain_lines([list(columns), *safe]):
        typer.echo(line)


def echo_fields(fields: Sequence[tuple[str, str]]) -> None:
    """Print names and values below each other; what has no value is left out."""
    shown = [(name, value) for name, value in fields if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        typer.echo(f"  {name.ljust(width)}  {safe_line(value)}")


def echo_next(next_cursor: str | None) -> None:
    """Say how to go on, when there is more; on stderr, so that columns stay columns."""
    if next_cursor is not None:
        typer.echo(f"More: add --cursor {next_cursor}", err=True)


def plain_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def local_time(moment: datetime | None, settings: "Settings") -> str:
    """A moment in the team's zone, for columns whose heading names the zone."""
    if moment is None:
        return "-"
    return f"{moment.astimezone(settings.business.zone):%Y-%m-%d %H:%M:%S}"


def zoned_time(moment: datetime | None, settings: "Settings") -> str:
    """A moment in the team's zone, with the zone's name."""
    if moment is None:
        return "never"
    return f"{local_time(moment, settings)} {settings.business.time_zone}"


def precise_time(moment: datetime, zone: "ZoneInfo") -> str:
    """A moment to the millisecond."""
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `12 min 5 s`, `0.012 s`."""
    seconds = abs(length.total_seconds())
    sign = "-" if length < timedelta(0) else ""
    if seconds < _MINUTE_S:
        return f"{sign}{seconds:.3f} s" if seconds % 1 else f"{sign}{seconds:.0f} s"
    whole = int(seconds)
    for size, unit, part_size, part in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // part_size
            return f"{sign}{whole // size} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{sign}{whole} s"


def since(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, or how far ahead it is."""
    length = timedelta(seconds=round((now - moment).total_seconds()))
    if not length:
        return "just now"
    return f"{span(length)} ago" if length >= timedelta(0) else f"in {span(-length)}"


def _is_unsafe(char: str) -> bool:
    return char in _REORDERING or unicodedata.category(char) in _UNSAFE_CATEGORIES


def _as_bytes(text: str) -> bytes:
    # JSON is UTF-8 whatever the terminal's encoding; half a surrogate pair stays an escape.
    escaped = _ESCAPED_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return escaped.encode("utf-8", "backslashreplace")


def _echo_rich(columns: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[str]) -> None:
    # lazy: rich takes longer than `--help` may.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        is_text = name in texts
        table.add_column(Text(name), no_wrap=not is_text, overflow="fold" if is_text else "ignore")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    whole = [
        _LEAST_TEXT_WIDTH if name in texts else max(len(cell) for cell in cells)
        for name, cells in zip(columns, zip(columns, *rows, strict=True), strict=True)
    ]
    console = Console(highlight=False)
    console.width = max(console.width, sum(whole) + len(_GAP) * len(whole))
    console.print(table)
