"""Notices that a file or the settings stop this process, or no longer do.

The transactions look at the file themselves; this tells the operator, and wakes what waited once
the file is gone.
"""

from typing import Final

from chargehand.domain.records import Severity
from chargehand.domain.switches import StopRecord
from chargehand.kit.clock import Clock
from chargehand.pipeline.barriers import let_go
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.stopping import stopped_words
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

_LONGEST_SUBJECT: Final = 300


class LocalStops:
    """What one process saw last of its own stops."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        # What waited for a file that went while nobody ran is let go of by the first look.
        self._seen: tuple[StopRecord, ...] | None = None

    async def look(self) -> None:
        """Look once more; costs one look at a file while nothing changes.

        Raises: Retryable when the store is away; the next look tries again.
        """
        found = self._database.switches.stops()
        if found == self._seen:
            return
        now, before = self._clock.now(), self._seen

        def work(tx: Writing) -> None:
            if found:
                notes = " ".join(f"{one.note}." for one in found if one.note)
                since = max((one.since.isoformat() for one in found if one.since), default="")
                tell_operator(
                    tx,
                    "stopped_here",
                    subject_id=f"{stopped_words(found)}:{since}"[:_LONGEST_SUBJECT],
                    text=f"The worker here is stopped: {stopped_words(found)}. {notes} Remove the "
                    "file or the setting to go on; see `chargehand status`.",
                    now=now,
                    severity=Severity.CRITICAL,
                )
            if before or before is None:
                let_go(tx, now=now)

        await self._database.awrite(work)
        self._seen = found
