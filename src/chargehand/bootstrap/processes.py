"""What the supervisor hands a child process."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The word that makes `python -m chargehand` a child process instead of the command line.
CHILD: Final = "process"
GATE_OPENS: Final = b"+"
# What a child ends with when the same start may succeed later (EX_TEMPFAIL): the database or a
# place of secrets was away, or it lost its lease. The supervisor starts it again, however often.
TRY_AGAIN: Final = 75


# Beside a busy front the worker gets a quarter of a contested core; it needs no more to keep up,
# and must never get so little that a lock it holds keeps the front waiting.
WORKER_NICENESS: Final = 10


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How one child was started.

    Shape: `nudge_fd` is one end of the socket pair between front and worker; `lifeline_fd` is a
    pipe that ends when the supervisor does; `gate_fd` is one that brings a byte when the
    databases are ready; `handover_fd` is where a front sends its listening socket, and `listen_fd`
    one that an earlier front sent, bound to the address `listen_name`; None when there is none.
    `niceness` is how far it stands back behind a process it shares a machine with; `served` are
    the roles that wait for a migration.
    """

    config: Path | None = None
    clock_from: str | None = None
    nudge_fd: int | None = None
    lifeline_fd: int | None = None
    gate_fd: int | None = None
    handover_fd: int | None = None
    listen_fd: int | None = None
    listen_name: str = ""
    niceness: int = 0
    served: tuple[str, ...] = ()


def pass_gate(options: ProcessOptions) -> bool:
    """Wait until the databases are ready; False when they will not be, or nobody is left to say."""
    if options.gate_fd is None:
        return True
    told = os.read(options.gate_fd, 1)
    os.close(options.gate_fd)
    return told == GATE_OPENS


def niceness_of(role: str, roles: Collection[str]) -> int:
    """How far one of the roles that share a machine stands back; alone it has nobody to let by.

    Source: docs/decisions/0019-the-front-goes-first.md
    """
    return WORKER_NICENESS if role == "worker" and "front" in roles else 0


def stand_back(options: ProcessOptions, lower: Callable[[int], int] = os.nice) -> bool:
    """Let the front go first where both want to run; False when the platform will not have it."""
    if options.niceness == 0:
        return True
    try:
        lower(options.niceness)
    except OSError:
        # Some containers forbid the call; the service is as right without it, and less prompt.
        return False
    return True
