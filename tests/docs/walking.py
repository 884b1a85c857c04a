"""Reads the commands of a document and what they print, and walks through them.

A block fenced as `console` holds commands after `$ ` (continued after `> `) and, below each, what
it prints; `…` stands for lines that are left out. A block fenced as `console background` holds one
command for a terminal of its own.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx

from chargehand.cli.demo_folder import choose_port
from tests.cli.outside import in_background, running_in, wait_until
from tests.conftest import ROOT

SITE_PORT, SERVER_PORT, CHAT_PORT = "8089", "8085", "8090"
WIDTH = "100"
_FENCE = re.compile(r"^```(\w*)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ID = r"\b(?:dlv|evt|ask|dec|act|apv|eff|key|ntc)_[0-9a-hjkmnp-tv-z]{26}\b"
_SHORT = r"(?:(?<=approval )|(?<=approve )|(?<=trace )|(?<=^))[0-9a-hjkmnp-tv-z]{6}\b(?!:)"
_NAMES = re.compile(f"{_ID}|{_SHORT}", re.MULTILINE)
_DAYS = r"(?:Mon|Tue|Wednes|Wed|Thurs|Thu|Fri|Satur|Sat|Sun)(?:day|sday)?"
_MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
)
_CHANGING = re.compile(rf"\b{_DAYS}\b|\b{_MONTHS}\b|\d+(?:[.,:-]\d+)*")
_LOOKING = re.compile(
    r"^(?:chargehand \S+ (?:list|show|verify|late)|chargehand (?:trace|status))\b"
)


@dataclass(frozen=True)
class Step:
    """One command of a document."""

    line: int
    command: str
    printed: tuple[str, ...]
    is_background: bool


def steps_of(document: Path) -> list[Step]:
    """Every command of a document, in order."""
    text = document.read_text(encoding="utf-8")
    return [
        step
        for fence in _FENCE.finditer(text)
        if fence[1] == "console"
        for step in _steps(
            fence[3], text.count("\n", 0, fence.start(3)) + 1, is_background=bool(fence[2])
        )
    ]


def _steps(block: str, first_line: int, *, is_background: bool) -> Iterator[Step]:
    command: list[str] = []
    printed: list[str] = []
    start = first_line
    for number, line in enumerate(block.splitlines(), start=first_line):
        if line.startswith("$ "):
            if command:
                yield Step(start, "\n".join(command), tuple(printed), is_background)
            command, printed, start = [line[2:]], [], number
        elif (line == ">" or line.startswith("> ")) and not printed:
            command.append(line[2:])
        else:
            printed.append(line)
    if command:
        yield Step(start, "\n".join(command), tuple(printed), is_background)


def shape(line: str) -> str:
    """What stays the same of a line each time it is printed."""
    return " ".join(_CHANGING.sub("#", _NAMES.sub("ID", line)).split())


def missing_line(wanted: tuple[str, ...], found: str) -> str | None:
    """The first line that should have been printed next and was not; None when all is there."""
    lines = found.splitlines()
    place = 0
    may_skip = True
    for line in wanted:
        if line.strip() == "…":
            may_skip = True
            continue
        rest = [shape(one) for one in lines[place:]]
        if shape(line) not in rest or (not may_skip and rest[0] != shape(line)):
            return line
        place += rest.index(shape(line)) + 1
        may_skip = False
    return None


class Walk:
    """One document on its way, in a folder of its own."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = {**environ, "COLUMNS": WIDTH}
        self._stack = ExitStack()
        ports = (SITE_PORT, SERVER_PORT, CHAT_PORT)
        self._ports = {written: str(choose_port(None)) for written in ports}
        self._names: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        wait_until(lambda: running_in(self._folder) == [], "nothing runs any more")

    def take(self, step: Step) -> str:
        """Do what a step says, and compare what it prints; what it printed."""
        command = step.command
        for written, real in (self._ports | self._names).items():
            command = command.replace(written, real)
        if command.startswith("make "):
            # Targets start pytest and the demo, which are tested by themselves.
            return self._run(f"make --dry-run {command[5:]}", step, cwd=ROOT)
        if step.is_background:
            self._start(command)
            return ""
        if _LOOKING.match(command):
            found = wait_until(lambda: self._matching(command, step), f"{command}: {step.printed}")
        else:
            found = self._run(command, step, cwd=self._folder)
            missing = missing_line(step.printed, found)
            assert missing is None, f"line {step.line}: {missing!r} was not printed:\n{found}"
        self._learn(step.printed, found)
        return found

    def _matching(self, command: str, step: Step) -> str | None:
        found = self._run(command, step, cwd=self._folder)
        return found if missing_line(step.printed, found) is None else None

    def _run(self, command: str, step: Step, *, cwd: Path) -> str:
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=cwd,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=90,
            check=False,
        )
        assert ran.returncode == 0, f"line {step.line}: $ {command}\n{ran.stdout}"
        return ran.stdout

    def _start(self, command: str) -> None:
        self._stack.enter_context(in_background(command, cwd=self._folder))
        look = self._server_knows_itself
        if "chargehand.testing" in command:
            is_chat = "chargehand.testing.slack" in command
            look = self._chat_answers if is_chat else self._site_answers
        wait_until(look, f"{command} is ready")

    def _site_answers(self) -> bool:
        return bool(_get(f"http://127.0.0.1:{self._ports[SITE_PORT]}/__fake__/clock"))

    def _chat_answers(self) -> bool:
        return bool(_get(f"http://127.0.0.1:{self._ports[CHAT_PORT]}/__fake__/state"))

    def _server_knows_itself(self) -> bool:
        found = _get(f"http://127.0.0.1:{self._ports[SERVER_PORT]}/")
        connections = found.get("connections", []) if isinstance(found, dict) else []
        return bool(connections) and all(one["ok"] for one in connections)

    def _learn(self, wanted: tuple[str, ...], found: str) -> None:
        """Take over the real names for those the document shows in the same places."""
        by_shape: dict[str, list[str]] = {}
        for line in found.splitlines():
            by_shape.setdefault(shape(line), []).append(line)
        for line in wanted:
            same = by_shape.get(shape(line), [])
            real = same.pop(0) if same else ""
            pairs = zip(_NAMES.findall(line), _NAMES.findall(real), strict=False)
            self._names.update(pairs)


def _get(url: str) -> object:
    with httpx.Client(trust_env=False) as http:
        try:
            return http.get(url).json()
        except (httpx.TransportError, ValueError):
            return {}
