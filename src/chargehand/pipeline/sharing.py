"""How processes on one database share the work: whose an ask is, and who has which duty.

Asks and actions are divided among the workers; a duty is had by a worker or by a clock.
Nothing that must happen once rests on this alone. Two processes that both believe something to be
theirs meet at unique keys, at the effect ledger, and at the one turn to write; sharing only keeps
them from doing for nothing what the other does.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol
from zlib import crc32

DISPATCH = "dispatch"
HOUSEKEEPING = "housekeeping"
PRUNE = "prune"
WATCH = "watch"
TELL = "tell"
VIEWS = "views"
REMIND = "remind"
APPROVALS = "approvals"
SUBSCRIBERS = "subscribers"
ACCOUNTS = "accounts"
BACKUP = "backup"
TRACING = "tracing"
OUTGOING = "outgoing"
TAKE_OVER = "take_over"
# The durable engine makes its tables at its first launch.
LAUNCH = "launch"
# What goes with tasks is no business of a clock, so no worker asks whether one wishes for it.
OF_WORKERS: Final = frozenset({DISPATCH, VIEWS, TAKE_OVER, LAUNCH})


class Share(Protocol):
    """What one process may do now."""

    @property
    def workers(self) -> int:
        """Among how many workers the work is divided."""
        ...

    @property
    def callers(self) -> int:
        """How many processes ask vendors, and have to stay within their limits together."""
        ...

    def may_begin(self) -> bool:
        """Whether anything new may be begun."""
        ...

    def is_mine(self, key: str) -> bool:
        """Whether the work with this key is for this worker to begin."""
        ...

    async def has(self, duty: str) -> bool:
        """Whether this process has a duty, which it takes for good when nobody has it.

        Shape: a worker leaves a duty to a clock that wishes for it.
        """
        ...

    def turn(self, duty: str) -> AbstractAsyncContextManager[bool]:
        """Have a duty for a moment; False when another process has it."""
        ...

    async def look(self) -> None:
        """See to the processes that are gone, and to what they left."""
        ...


class Alone:
    """The share of a worker that has its database for itself: everything."""

    workers = 1
    callers = 1

    def may_begin(self) -> bool:
        """Always."""
        return True

    def is_mine(self, key: str) -> bool:
        """Always."""
        _ = key
        return True

    async def has(self, duty: str) -> bool:
        """Always."""
        _ = duty
        return True

    @asynccontextmanager
    async def turn(self, duty: str) -> AsyncIterator[bool]:
        """At once."""
        _ = duty
        yield True

    async def look(self) -> None:
        """Nobody else is there."""


def is_of(worker: str, key: str, workers: Sequence[str]) -> bool:
    """Whether a key belongs to one of some workers; every key belongs to exactly one of them."""
    if worker not in workers:
        return False
    return workers[crc32(key.encode()) % len(workers)] == worker
