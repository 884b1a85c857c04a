"""Keeps the front's listening socket while there is no front: callers wait instead of failing.

The first front binds the address and sends the socket to the supervisor, which hands it to every
front after that one. While a front is replaced, new connections wait in the socket's own queue.
"""

import contextlib
import socket
from typing import Final

_LONGEST_NAME: Final = 512


class KeptListener:
    """The supervisor's side."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        # Python 3.11 drops the flag that would say so for a single call.
        self._ours.settimeout(0)
        self._name = ""
        self._fd: int | None = None

    def for_a_front(self) -> tuple[list[str], list[int]]:
        """The arguments and file descriptors a front is started with."""
        self._take()
        arguments, passed = ["--handover-fd", str(self._theirs.fileno())], [self._theirs.fileno()]
        if self._fd is not None:
            arguments += ["--listen-fd", str(self._fd), "--listen-name", self._name]
            passed.append(self._fd)
        return arguments, passed

    def _take(self) -> None:
        """Keep what fronts sent since the last look; the newest counts."""
        with contextlib.suppress(BlockingIOError):
            while True:
                name, fds, _, _ = socket.recv_fds(self._ours, _LONGEST_NAME, 1)
                if self._fd is not None:
                    socket.close(self._fd)
                self._name, self._fd = name.decode(), fds[0]


def hand_over(listener: socket.socket, *, name: str, handover_fd: int) -> None:
    """Send a front's listening socket to the supervisor.

    Shape: `name` is the address as it was configured; a front that is configured otherwise must
    not take the socket.
    """
    with socket.socket(fileno=handover_fd) as channel:
        socket.send_fds(channel, [name.encode()], [listener.fileno()])


def take_over(*, kept_name: str, kept_fd: int, name: str) -> socket.socket | None:
    """The socket the supervisor kept; None when it listens on another address, which it leaves."""
    kept = socket.socket(fileno=kept_fd)
    if kept_name == name:
        return kept
    # The supervisor still holds it, and the addresses may overlap.
    with contextlib.suppress(OSError):
        kept.shutdown(socket.SHUT_RDWR)
    kept.close()
    return None
