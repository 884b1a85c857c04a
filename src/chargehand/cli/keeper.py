"""Ends the processes a command started once that command is gone, however it went.

`python -m chargehand.cli.keeper` reads lines from its standard input: `started <group>` and
`ended <group>`. When the input ends, it ends the process groups that are left. A kill -9 gives the
killed no last word, so this is a process of its own, in a session that no terminal reaches.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from typing import Final

_GRACE_S: Final = 15.0
_LOOK_EVERY_S: Final = 0.05


def main() -> int:
    """Wait for the other side's end, then end what it left."""
    end_groups(_left_by(sys.stdin))
    return 0


def end_groups(groups: Iterable[int]) -> None:
    """Ask process groups to end, and kill those that take too long."""
    left = [group for group in groups if _send(group, signal.SIGTERM)]
    deadline_s = time.monotonic() + _GRACE_S
    while left and time.monotonic() < deadline_s:
        time.sleep(_LOOK_EVERY_S)
        left = [group for group in left if _send(group, 0)]
    for group in left:
        _send(group, signal.SIGKILL)


def _left_by(lines: Iterable[str]) -> tuple[int, ...]:
    groups: dict[int, None] = {}
    for line in lines:
        word, _, number = line.strip().partition(" ")
        if word == "started":
            groups[int(number)] = None
        elif word == "ended":
            groups.pop(int(number), None)
    return tuple(groups)


def _send(group: int, number: int) -> bool:
    """Whether the group was still there."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
