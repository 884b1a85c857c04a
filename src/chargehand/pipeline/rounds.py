"""The loops of one process: each outlives the failures of a single round, until told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from chargehand.pipeline.round_log import RoundLog

AFTER_FAILURE_S: Final = 1.0


class Rounds:
    """What every loop of a process goes by."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self._log = RoundLog()

    @property
    def is_stopping(self) -> bool:
        """Whether the loops are to end."""
        return self.stopping.is_set()

    def stop(self) -> None:
        """End every pause, and every loop after its round."""
        self.stopping.set()

    async def every(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Run rounds with a pause between them, until told to stop."""

        async def run() -> bool:
            await work()
            return True

        while not self.is_stopping:
            await self.guarded(name, run)
            await self.pause(seconds)

    async def guarded(self, name: str, work: Callable[[], Awaitable[bool]]) -> bool | None:
        """What one round says; None when it failed, which is told, and waits a second."""
        try:
            told = await work()
        except Exception as error:  # noqa: BLE001 - the worker loop is one of the three edges.
            self._log.failed(name, error)
            await self.pause(AFTER_FAILURE_S)
            return None
        self._log.worked(name)
        return told

    async def pause(self, seconds: float) -> None:
        """Wait, but not longer than until told to stop."""
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            return
