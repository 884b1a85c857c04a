"""How a child process notices that its supervisor is gone."""

import asyncio
import os
from collections.abc import Callable

from chargehand.bootstrap.processes import ProcessOptions


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
