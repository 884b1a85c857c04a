"""The socket a front listens on: the one the supervisor kept, or a new one."""

import socket

from chargehand.bootstrap.errors import PortUnusable
from chargehand.bootstrap.handover import hand_over, take_over
from chargehand.bootstrap.processes import ProcessOptions


def open_listener(host: str, port: int, options: ProcessOptions) -> socket.socket:
    """A bound socket for an address, which the supervisor knows from now on.

    Raises: PortUnusable.
    """
    name = f"{host} {port}"
    if options.listen_fd is not None:
        kept = take_over(kept_name=options.listen_name, kept_fd=options.listen_fd, name=name)
        if kept is not None:
            return kept
    listener = _bind(host, port)
    if options.handover_fd is not None:
        hand_over(listener, name=name, handover_fd=options.handover_fd)
    return listener


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The event loop switches Nagle's delay off only for sockets that say they are TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        detail = error.strerror or str(error)
        raise PortUnusable(host=host, port=port, detail=detail) from error
    listener.set_inheritable(False)
    return listener
