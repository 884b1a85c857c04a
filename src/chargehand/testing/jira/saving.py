"""Writes the state file after each change; changes that come together share one writing."""

import asyncio
from pathlib import Path

from chargehand.testing.jira.state import State, encode_state, write_state


class StateSaver:
    """Keeps the file up to date; without a path nothing is ever written."""

    def __init__(self, state: State, path: Path | None) -> None:
        self._state = state
        self._path = path
        self._lock = asyncio.Lock()
        self._wanted = 0
        self._written = 0

    def save_now(self) -> None:
        """Write the state before returning."""
        if self._path is not None:
            write_state(self._path, encode_state(self._state))

    async def save(self) -> None:
        """Return when the file holds the state as it is now, or newer."""
        if self._path is None:
            return
        self._wanted += 1
        mine = self._wanted
        async with self._lock:
            if self._written >= mine:
                return
            covered = self._wanted
            encoded = encode_state(self._state)
            await asyncio.to_thread(write_state, self._path, encoded)
            self._written = covered
