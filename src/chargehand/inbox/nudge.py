"""One byte from process to process: look now instead of at the next poll."""

import asyncio
import contextlib
import os

_MANY = 4096


class Nudge:
    """The sending end of a pipe or socket pair; `fd` stays the caller's to close.

    A lost nudge only costs the time until the next poll, so a full or broken pipe is not an error.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        os.set_blocking(fd, False)

    def send(self) -> None:
        """Wake whoever listens."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            os.write(self._fd, b"\0")


class NudgeListener:
    """The hearing end, for one event loop; `fd` stays the caller's to close."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._heard = asyncio.Event()
        os.set_blocking(fd, False)

    def start(self) -> None:
        """Begin to listen on the running loop."""
        asyncio.get_running_loop().add_reader(self._fd, self._take)

    def stop(self) -> None:
        """Listen no longer; safe to call twice."""
        asyncio.get_running_loop().remove_reader(self._fd)

    async def wait(self, *, timeout_s: float) -> bool:
        """Whether a nudge came within the time; those sent since the last wait count as one."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._heard.wait()
        except TimeoutError:
            return False
        self._heard.clear()
        return True

    def _take(self) -> None:
        try:
            ended = not os.read(self._fd, _MANY)
        except BlockingIOError:
            return
        except ConnectionResetError:
            ended = True
        if ended:
            # The sender is gone for good; a closed pipe is readable for ever and would spin.
            asyncio.get_running_loop().remove_reader(self._fd)
            return
        self._heard.set()
