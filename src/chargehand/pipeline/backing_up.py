"""Has a backup made when it is time, and tells the operator when that fails."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.records import Severity
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading

_LOOK_EVERY_S: Final = 60.0
_AGAIN_AFTER: Final = timedelta(hours=1)
_log = get_logger()

# Makes one backup; what went wrong in a sentence, nothing when all is well.
MakeBackup = Callable[[], Awaitable[str]]


class BackupSchedule:
    """Backups at a distance from each other, counted from the last one that is on the disk.

    A database that is new has nothing to lose yet, so its own beginning counts as the first.
    """

    def __init__(
        self,
        database: Database,
        *,
        every: timedelta,
        make: MakeBackup,
        find_last: Callable[[], datetime | None],
        clock: Clock,
    ) -> None:
        self._database = database
        self._every = every
        self._make = make
        self._find_last = find_last
        self._clock = clock
        self._due_at: datetime | None = None

    async def run(self, is_on_duty: Callable[[], Awaitable[bool]]) -> None:
        """Look once a minute, while nobody else does; until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if await is_on_duty():
                await self.look()

    async def look(self) -> bool:
        """Have a backup made if it is time; whether it was."""
        if self._due_at is None:
            self._due_at = await self._next()
        now = self._clock.now()
        if now < self._due_at:
            return False
        problem = await self._make()
        if not problem:
            self._due_at = None
            _log.info("backup.made_by_schedule")
            return True
        self._due_at = now + min(_AGAIN_AFTER, self._every)
        await self._database.awrite(
            lambda tx: tell_operator(
                tx,
                "backup_failed",
                subject_id=f"{now:%Y-%m-%d}",
                text=f"The scheduled backup failed: {problem} It is tried again every hour.",
                now=now,
                severity=Severity.CRITICAL,
            )
        )
        return True

    async def _next(self) -> datetime:
        last = await asyncio.to_thread(self._find_last)
        if last is None:
            last = await self._database.aread(_began_at)
        return last + self._every if last is not None else self._clock.now()


def _began_at(tx: Reading) -> datetime | None:
    history = tx.policies.history()
    return min((one.created_at for one in history), default=None)
