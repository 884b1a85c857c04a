"""Processes that end with whoever started them, and with everybody they started themselves."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_SET_PARENT_DEATH_SIGNAL: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have this process killed when the thread that started it ends, however that ends.

    It is what a `preexec_fn` is for: it asks the system one thing. Elsewhere than on Linux it does
    nothing.
    Source: prctl(2), PR_SET_PDEATHSIG, 2026-11-27
    """
    if _LIBC is not None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def end_family(process: "subprocess.Popen[Any]") -> None:
    """Kill a process that leads a group, and whoever is left of that group."""
    # Nobody may be left.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_family(
    command: Sequence[str], *, timeout_s: float, cwd: Path, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, and leave nobody behind that it started, however it ends.

    Raises: subprocess.TimeoutExpired after `timeout_s` seconds, with what was said until then.
    """
    process = subprocess.Popen(  # noqa: S603 - who tests names what is started.
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - see there.
    )
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as late:
        end_family(process)
        # What it says is bytes or text, as the process was opened; the library's stubs say bytes.
        late.stdout, late.stderr = process.communicate()  # type: ignore[assignment]
        raise
    finally:
        end_family(process)
    return subprocess.CompletedProcess(command, process.returncode, out, err)
