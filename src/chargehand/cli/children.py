"""Processes a command starts and surely ends: each in a group of its own, with a log of its own.

Rejected
Fault
├── ChildEnded     a process ended that should have gone on
└── WaitedTooLong  something did not come about within its time
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self, TypeVar

from chargehand.cli.keeper import end_groups
from chargehand.domain.errors import Fault

T = TypeVar("T")
_LOOK_EVERY_S: Final = 0.02
_GRACE_S: Final = 25.0
_TAIL_LINES: Final = 15
_TAIL_BYTES: Final = 16_384
_LONGEST_LINE: Final = 600


class ChildEnded(Fault):
    """A process ended that should have gone on."""

    code = "child_ended"
    template = "{name} ended by itself with exit code {code}."


class WaitedTooLong(Fault):
    """Something did not come about within its time."""

    code = "waited_too_long"
    template = "{what} did not come about within {seconds:.0f} seconds."


@dataclass(frozen=True, slots=True)
class Child:
    """A running process; `log` holds everything it writes."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path


class Children:
    """The processes of one command; leaving the `with` block ends them, and so does its death."""

    def __init__(self, logs: Path, environ: Mapping[str, str]) -> None:
        self._logs = logs
        self._environ = dict(environ)
        self._children: list[Child] = []
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the keeper, who ends what we can not."""
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "chargehand.cli.keeper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=self._environ,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process and wait for it."""
        try:
            self.stop()
        finally:
            self._release_keeper()

    def start(self, name: str, module: str, arguments: Sequence[str]) -> Child:
        """Start `python -m module`, writing to `<name>.log`."""
        log = self._logs / f"{name}.log"
        # A Ctrl-C between the start and the note of it would leave the process to nobody.
        with log.open("ab") as output, _signals_later():
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module.
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environ,
                start_new_session=True,
            )
            child = Child(name, process, log)
            self._children.append(child)
            self._tell_keeper("started", process.pid)
        return child

    def require_alive(self) -> None:
        """Say so when one of them is gone.

        Raises: ChildEnded.
        """
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise ChildEnded(name=child.name, code=code)

    def wait_for(self, what: str, look: Callable[[], T | None], *, within_s: float) -> T:
        """What `look` finds as soon as it finds anything.

        Raises: ChildEnded, WaitedTooLong, and what `look` raises.
        """
        deadline_s = time.monotonic() + within_s
        while True:
            found = look()
            if found is not None:
                return found
            self.require_alive()
            if time.monotonic() > deadline_s:
                raise WaitedTooLong(what=what, seconds=within_s)
            time.sleep(_LOOK_EVERY_S)

    def stop(self) -> None:
        """Ask all of them to end, wait, and kill what takes too long; safe to call twice."""
        running = [child.process for child in self._children if child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline_s = time.monotonic() + _GRACE_S
        for process in running:
            try:
                process.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        # One that was killed from outside may have left children of its own.
        end_groups(child.process.pid for child in self._children)
        for child in self._children:
            self._tell_keeper("ended", child.process.pid)
        self._children.clear()

    def last_words(self) -> str:
        """The end of every log, for people to see why; empty when nothing was written."""
        parts = []
        for child in self._children:
            lines = _tail(child.log)
            if lines:
                shown = "\n".join(f"    {line}" for line in lines)
                parts.append(f"\n  The end of {child.log}:\n{shown}")
        return "".join(parts)

    def _tell_keeper(self, word: str, group: int) -> None:
        if self._keeper is None or self._keeper.stdin is None or self._keeper.stdin.closed:
            return
        try:
            self._keeper.stdin.write(f"{word} {group}\n".encode())
            self._keeper.stdin.flush()
        except BrokenPipeError:
            # A keeper somebody killed can not help; we still end everything ourselves.
            self._keeper.stdin.close()

    def _release_keeper(self) -> None:
        if self._keeper is None:
            return
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper = None


@contextmanager
def signals_as_exit() -> Iterator[None]:
    """Let a polite kill and a closed terminal unwind the stack, as Ctrl-C does."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    wanted = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, leave) for number in wanted]
    try:
        yield
    finally:
        for number, earlier in zip(wanted, before, strict=True):
            signal.signal(number, earlier)


@contextmanager
def _signals_later() -> Iterator[None]:
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, note) for number in numbers]
    try:
        yield
    finally:
        for number, earlier in zip(numbers, before, strict=True):
            signal.signal(number, earlier)
        for missed in caught:
            signal.raise_signal(missed)


def _tail(log: Path) -> list[str]:
    try:
        raw = log.read_bytes()[-_TAIL_BYTES:]
    except OSError as error:
        return [f"({error.strerror})"]
    return [line[:_LONGEST_LINE] for line in raw.decode(errors="replace").splitlines()][
        -_TAIL_LINES:
    ]
