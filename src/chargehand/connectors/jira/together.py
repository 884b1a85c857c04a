"""Questions of one moment, asked of Jira in one request.

A batch of approved actions reads what each was based on right before sending. Jira counts and
limits requests, and each costs us about as much as everything else an action takes, so those of
one turn of the loop become one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chargehand.plugins.errors import PermissionMissing, RequestRefused, TargetMissing

T = TypeVar("T")
_MOST_TOGETHER = 100


@dataclass(slots=True)
class _Round(Generic[T]):
    """Questions that are still being collected, and their common answer."""

    keys: set[str] = field(default_factory=set)
    reading: "asyncio.Task[Mapping[str, T]] | None" = None


class Together(Generic[T]):
    """Collects keys for one turn of the loop and has them read together.

    Shape: `read` gets at least two keys, sorted; what it can not tell is missing in its answer.
    """

    def __init__(self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._read_all = read
        self._round: _Round[T] = _Round()

    async def find(self, key: str) -> T | None:
        """What the common answer says of a key.

        Shape: None when nobody else asked, or when it has to be asked for alone.
        Raises: what `read` raises, unless one of several keys may be at fault.
        """
        joined = self._round
        if joined.reading is None:
            joined.reading = asyncio.create_task(self._read(joined))
        joined.keys.add(key)
        if len(joined.keys) == _MOST_TOGETHER:
            self._round = _Round()
        # Whoever gives up must not take the answer from the others.
        return (await asyncio.shield(joined.reading)).get(key)

    async def _read(self, asked: _Round[T]) -> Mapping[str, T]:
        # This runs in the next turn of the loop, when all of this turn have joined.
        if self._round is asked:
            self._round = _Round()
        if len(asked.keys) == 1:
            return {}
        try:
            return await self._read_all(sorted(asked.keys))
        except (PermissionMissing, RequestRefused, TargetMissing):
            # One of them is at fault; asked for alone, the others are answered.
            return {}
