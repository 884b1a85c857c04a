"""Passes a wanted poll on to the process that polls, where that is another one.

Whoever dispatches hears in a webhook that there is something to read, and a clock or another worker
may have the duty of reading it. The wish goes through the database; who polls looks for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import Clock
from chargehand.pipeline.poll_waking import PollWaking
from chargehand.pipeline.sharing import Share
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

LOOK_EVERY_S: Final = 2.0
_POLL_WANTED: Final = "poll_wanted"


@dataclass(slots=True)
class WantedPolls:
    """The polls that are wanted of one process, and those it wants of others.

    Shape: `polled_here` are the connections this process polls.
    """

    database: Database
    waking: PollWaking
    share: Share
    clock: Clock
    polled_here: set[ConnectionId] = field(default_factory=set)
    _seen: Mapping[str, datetime] = field(default_factory=dict)

    async def want(self, connection_ids: Iterable[ConnectionId]) -> None:
        """Have connections polled soon, by whoever polls them.

        Raises: Retryable when the store is away; they are polled in their time then.
        """
        wanted = frozenset(connection_ids)
        self.waking.want(wanted)
        elsewhere, now = sorted(wanted - self.polled_here), self.clock.now()
        if not elsewhere or self.share.callers == 1:
            return

        def work(tx: Writing) -> None:
            for connection_id in elsewhere:
                tx.observations.note(_POLL_WANTED, connection_id, 1, now=now)

        await self.database.awrite(work)

    async def look(self) -> None:
        """Wake the polls that others want of this process; nothing where nobody else is."""
        if not self.polled_here or self.share.callers == 1:
            return
        noted = await self.database.aread(lambda tx: tx.observations.all_of(_POLL_WANTED))
        found = {name: one.observed_at for name, one in noted.items()}
        new = {ConnectionId(name) for name, at in found.items() if self._seen.get(name) != at}
        self._seen = found
        self.waking.want(new & self.polled_here)
