"""What the supervisor hands a child process, and how a child notices that it is alone."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The word that makes `python -m chargehand` a child process instead of the command line.
CHILD: Final = "process"


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How one child was started.

    Shape: `nudge_fd` is one end of the socket pair between front and worker; `lifeline_fd` is a
    pipe that ends when the supervisor does; None when there is none.
    """

    config: Path | None = None
    clock_from: str | None = None
    nudge_fd: int | None = None
    lifeline_fd: int | None = None


def watch_lifeline(options: ProcessOptions, stop: Callable[[], None]) -> None:
    """Call `stop` when the supervisor is gone, however it went."""
    descriptor = options.lifeline_fd
    if descriptor is None:
        return
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(descriptor, 1):
            loop.remove_reader(descriptor)
            stop()

    os.set_blocking(descriptor, False)
    loop.add_reader(descriptor, look)
