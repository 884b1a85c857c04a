"""Wakes a poll before its time, when a webhook said that there is something to read.

Some vendors name in their webhooks what changed, and hold none of its words. Several processes
share the polls; `pipeline.wanted_polls` passes on what one heard and another one polls.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import ConnectionId

NO_WORDS: Final = "no_words"
# What was told of can be searched for a moment later; what then is not found yet, soon after.
SETTLE_S: Final = 5.0
AGAIN_S: Final = 30.0


def is_wordless(event: Event) -> bool:
    """Whether a webhook told that something was written, and not what."""
    return event.kind is EventKind.UNSUPPORTED and event.data.get("reason") == NO_WORDS


class PollWaking:
    """The rests between the polls of one worker, which end early when somebody wants a poll.

    Units: `settle_s` passes between the wish and the poll, in which further wishes join it;
    `again_s` is the longest rest after a poll that was wished for.
    """

    def __init__(self, *, settle_s: float = SETTLE_S, again_s: float = AGAIN_S) -> None:
        self._settle_s = settle_s
        self._again_s = again_s
        self._wanted: dict[ConnectionId, asyncio.Event] = {}
        self._woken: set[ConnectionId] = set()
        self._is_stopped = False

    def want(self, connection_ids: Iterable[ConnectionId]) -> None:
        """Have connections polled soon."""
        for connection_id in connection_ids:
            self._event(connection_id).set()

    def stop(self) -> None:
        """End every rest, and those to come."""
        self._is_stopped = True
        for event in self._wanted.values():
            event.set()

    async def rest(
        self,
        connection_id: ConnectionId,
        interval_s: float,
        *,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        """Return when it is time to poll again; `pause` waits, and ends when stopping."""
        if self._is_stopped:
            return
        wanted = self._event(connection_id)
        was_woken = connection_id in self._woken
        self._woken.discard(connection_id)
        longest_s = min(interval_s, self._again_s) if was_woken else interval_s
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await wanted.wait()
        if wanted.is_set():
            self._woken.add(connection_id)
            await pause(self._settle_s)
            wanted.clear()

    def _event(self, connection_id: ConnectionId) -> asyncio.Event:
        return self._wanted.setdefault(connection_id, asyncio.Event())
