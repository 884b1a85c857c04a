"""Writes the state file after each change; changes that come together share one writing."""

import asyncio
from pathlib import Path
from threading import Lock

from chargehand.testing.jira.state import State, encode_state, write_state


class StateSaver:
    """Keeps the file up to date; without a path nothing is ever written."""

    def __init__(self, state: State, path: Path | None) -> None:
        self._state = state
        self._path = path
        self._lock = asyncio.Lock()
        # A request that is given up leaves its thread writing, and others write meanwhile.
        self._writing = Lock()
        self._wanted = 0
        self._written = 0

    def save_now(self) -> None:
        """Write the state before returning."""
        if self._path is not None:
            self._wanted += 1
            self._write(self._path, encode_state(self._state), self._wanted)

    async def save(self) -> None:
        """Return when the file holds the state as it is now, or newer."""
        if self._path is None:
            return
        self._wanted += 1
        mine = self._wanted
        async with self._lock:
            if self._written >= mine:
                return
            encoded = encode_state(self._state)
            await asyncio.to_thread(self._write, self._path, encoded, self._wanted)

    def _write(self, path: Path, encoded: bytes, covered: int) -> None:
        """Write what was encoded when so many changes were wanted, unless a later one was."""
        with self._writing:
            if covered > self._written:
                write_state(path, encoded)
                self._written = covered
