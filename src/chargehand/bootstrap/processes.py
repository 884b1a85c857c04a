"""What the supervisor hands a child process."""

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
