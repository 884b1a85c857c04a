"""Turns reminders whose moment came into deliveries, once each.

The inbox and `main` can not commit together. The delivery goes first, under a key made from the
reminder, so one that is made again after a crash is the same; then the reminder is marked.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.attention import Reminder
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.intake.internal import reminder_due
from chargehand.kit.clock import Clock
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

_MOST_AT_ONCE: Final = 50


class Reminding:
    """Fires what is due; safe to be killed anywhere and to run beside another."""

    def __init__(
        self,
        database: Database,
        store: Callable[[tuple[VerifiedDelivery, ...]], Awaitable[None]],
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._store = store
        self._clock = clock

    async def fire(self) -> int:
        """Fire what is due, the oldest first; how many reminders became deliveries."""
        now = self._clock.now()
        due = await self._database.aread(
            lambda tx: tx.attention.due_reminders(now=now, limit=_MOST_AT_ONCE)
        )
        if not due:
            return 0
        await self._store(tuple(reminder_due(one.id, now=now) for one in due))
        return await self._database.awrite(lambda tx: self._mark(tx, due))

    def _mark(self, tx: Writing, due: tuple[Reminder, ...]) -> int:
        now, fired = self._clock.now(), 0
        for one in due:
            if tx.attention.mark_fired(one.id, now=now):
                fired += 1
                tx.audit.append(AuditTag.WORKER_REMINDER_FIRED, one.id, {}, now=now)
        return fired
