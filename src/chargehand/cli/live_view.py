"""Shows the sentence on a terminal, stage by stage; in colour for people, plain for programs.

A stage is made by a pure function of `cli/stages.py`; this module only draws it.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from chargehand.cli.output import safe_text

_TIME_WIDTH: Final = 9
_NAME_WIDTH: Final = 10
_LEAST_WIDTH: Final = 40
_MOST_WIDTH: Final = 100


class Tone(StrEnum):
    """How a stage turned out."""

    CALM = "cyan"
    GOOD = "green"
    WAITING = "yellow"
    BAD = "red"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the sentence.

    Shape: `lines` stand under the headline; `box` is a text shown in a frame, as it is; `after`
    stands below the frame. `at_ms` is None where no time was taken.
    Units: `at_ms` counts from the moment the delivery was received.
    """

    name: str
    headline: str
    lines: tuple[str, ...] = ()
    box: str = ""
    after: tuple[str, ...] = ()
    at_ms: int | None = None
    tone: Tone = Tone.CALM


@dataclass(frozen=True, slots=True)
class _Marks:
    top: str
    side: str
    bottom: str
    fill: str


_LINES: Final = _Marks("╭", "│", "╰", "─")
_ASCII: Final = _Marks("+", "|", "+", "-")


class LiveView:
    """A terminal, or whatever standard output is."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(
            file=sys.stdout, highlight=False, markup=False, emoji=False
        )
        self._width = max(_LEAST_WIDTH, min(self._console.width, _MOST_WIDTH))
        has_lines = self._console.is_terminal and "utf" in self._console.encoding.lower()
        self._marks = _LINES if has_lines else _ASCII

    def title(self, text: str) -> None:
        """A heading with room above it."""
        self._console.print()
        self._lines(text, indent=0, style="bold")

    def say(self, text: str, *, style: str = "") -> None:
        """A sentence, from the left edge."""
        self._lines(text, indent=0, style=style)

    def row(self, name: str, text: str, *, style: str = "") -> None:
        """A name and what there is to say of it."""
        start = Text().append(f"  {name:<{_TIME_WIDTH + _NAME_WIDTH - 3}} ", style="bold")
        self._hanging(start, text, style=style)

    def command(self, command: str, meaning: str) -> None:
        """A command on a line of its own, never broken, with its meaning above it."""
        self._lines(f"# {meaning}", indent=2, style="dim")
        self._print(Text(f"  {command}"))

    def stage(self, stage: Stage) -> None:
        """One stage of the sentence."""
        time = f"{stage.at_ms:,} ms" if stage.at_ms is not None else ""
        start = Text().append(f"{time:>{_TIME_WIDTH}} ", style="dim")
        start.append(f"{stage.name:<{_NAME_WIDTH}}", style=f"bold {stage.tone.value}")
        indent = start.cell_len
        self._hanging(start, stage.headline)
        for line in stage.lines:
            self._lines(line, indent=indent)
        if stage.box:
            self._frame(stage.box, indent=indent)
        for line in stage.after:
            self._lines(line, indent=indent)

    def remark(self, author: str, when: str, lines: Sequence[str], *, is_ours: bool) -> None:
        """One comment of a thread; ours is marked."""
        style = f"bold {Tone.GOOD.value}" if is_ours else "bold"
        start = Text().append("  > " if is_ours else "    ", style=style)
        start.append(author, style=style)
        start.append(f"  {when}", style="dim")
        self._print(start)
        for line in lines:
            self._lines(line, indent=6)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Shows that something is awaited, on a terminal only."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(Text(safe_text(text)), spinner_style=Tone.CALM.value):
            yield

    def ask(self, question: str) -> str:
        """What a person types.

        Raises: EOFError when there is nobody any more.
        """
        self._console.print()
        return input(f"{question} ").strip()

    def _hanging(self, start: Text, text: str, *, style: str = "") -> None:
        first, *rest = self._wrapped(text, self._width - start.cell_len) or [""]
        start.append(first, style=style)
        self._print(start)
        self._written(rest, indent=_TIME_WIDTH + _NAME_WIDTH + 1, style=style)

    def _lines(self, text: str, *, indent: int, style: str = "") -> None:
        self._written(self._wrapped(text, self._width - indent), indent=indent, style=style)

    def _written(self, lines: Sequence[str], *, indent: int, style: str) -> None:
        for line in lines:
            self._print(Text(" " * indent + line, style=style) if line else Text())

    def _frame(self, text: str, *, indent: int) -> None:
        marks, width = self._marks, self._width - indent
        inner = width - 4
        edge = marks.fill * (width - 2)
        corner = {"╭": "╮", "╰": "╯"}
        space = " " * indent
        self._print(Text(f"{space}{marks.top}{edge}{corner.get(marks.top, marks.top)}"))
        for line in self._wrapped(text, inner):
            pad = " " * max(0, inner - cell_len(line))
            self._print(Text(f"{space}{marks.side} {line}{pad} {marks.side}"))
        self._print(Text(f"{space}{marks.bottom}{edge}{corner.get(marks.bottom, marks.bottom)}"))

    def _wrapped(self, text: str, width: int) -> list[str]:
        lines: list[str] = []
        for line in safe_text(text).split("\n"):
            wrapped = Text(line).wrap(self._console, max(width, 10), tab_size=4)
            lines += [one.plain.rstrip() for one in wrapped] or [""]
        return lines

    def _print(self, text: Text) -> None:
        # The lines were broken here, so that a command is never broken at all.
        self._console.print(text, soft_wrap=True)
