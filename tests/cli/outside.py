"""Starts the command line as a person would: a process, with or without a terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from chargehand.cli.demo_folder import demo_environ

T = TypeVar("T")
BIN = Path(sys.executable).parent
CHARGEHAND = str(BIN / "chargehand")
_PATIENCE_S = 90.0
_LOOK_EVERY_S = 0.05


def environ(**more: str) -> dict[str, str]:
    """A shell of somebody who has configured nothing."""
    plain = {"TERM": "xterm", "COLUMNS": "90", "LINES": "50", "PATH": f"{BIN}:{os.environ['PATH']}"}
    return {**demo_environ(os.environ), **plain, **more}


def run_chargehand(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command line to its end, without a terminal."""
    return subprocess.run(
        [CHARGEHAND, *arguments],
        cwd=cwd,
        env=env or environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )


def run_shell(line: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line as it was printed, in the shell of a person."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env=environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )


def _listen_to_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def in_background(line: str, *, cwd: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A line of shell that goes on, until the end of the block."""
    with (cwd / "background.log").open("ab") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}" if not line.startswith("(") else line],
            cwd=cwd,
            env=environ(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        wait_until(lambda: process.poll() is not None, "the background process ends")


def wait_until(look: Callable[[], T], what: str) -> T:
    """What `look` finds, once it finds something true."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline_s:
        found = look()
        if found:
            return found
        # Waiting on nothing is a pause that does not count as a sleep of fixed length.
        select.select([], [], [], _LOOK_EVERY_S)
    raise AssertionError(f"not within {_PATIENCE_S:.0f} s: {what}")


def running_in(folder: Path) -> list[str]:
    """The command lines of every process that works in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            # It ended meanwhile, or is somebody else's.
            continue
    return [line for line in found if line]


class OnTerminal:
    """The command line on a terminal that we type on."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (CHARGEHAND,),
    ) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*program, *arguments],
            cwd=cwd,
            env=env or environ(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # A suite that runs in the background has Ctrl-C switched off, and hands that on.
            preexec_fn=_listen_to_ctrl_c,  # noqa: PLW1509 - nothing else can undo it.
        )
        os.close(theirs)
        self._shown = bytearray()

    @property
    def shown(self) -> str:
        """Everything shown so far."""
        return self._shown.decode(errors="replace")

    def read_until(self, words: str) -> None:
        """Read on until the words were shown."""
        wait_until(lambda: words in self._more() or self._has_ended(), f"{words!r} is shown")
        assert words in self.shown, self.shown

    def type(self, line: str) -> None:
        os.write(self._ours, f"{line}\n".encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        wait_until(lambda: self._more() and self._has_ended(), "the command ends")
        self._more()
        os.close(self._ours)
        return self.process.wait()

    def _has_ended(self) -> bool:
        return self.process.poll() is not None

    def _more(self) -> str:
        while select.select([self._ours], [], [], 0)[0]:
            try:
                chunk = os.read(self._ours, 65_536)
            except OSError:
                # Linux says so when the other side of a terminal is closed.
                break
            if not chunk:
                break
            self._shown += chunk
        return self.shown
