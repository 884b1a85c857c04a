"""Asks a vendor what changed and puts it through the same inbox as webhooks."""

from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.errors import ChargehandError
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.refusals import note_call
from chargehand.plugins.connector import StoreDeliveries
from chargehand.plugins.errors import CursorUnreadable
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

_log = get_logger()
# How far back a lost position is looked for.
_LOOK_BACK: Final = timedelta(days=3)


class Polling:
    """Polls one connection; the cursor moves only after what it covers is durable."""

    def __init__(
        self,
        connection: LiveConnection,
        database: Database,
        store: StoreDeliveries,
        *,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._database = database
        self._store = store
        self._clock = clock
        self._was_lost = False

    async def poll(self) -> int:
        """One round to the end; how many deliveries were handed in. A failure is recorded."""
        try:
            found = await self._round()
        except CursorUnreadable:
            await self._forget_position()
            return 0
        except ChargehandError as error:
            await self._lost(error)
            return 0
        if self._was_lost:
            self._was_lost = False
            _log.warning("poll.connection_returned", connection_id=self._connection.id)
        return found

    async def _round(self) -> int:
        record = await self._database.aread(lambda tx: tx.connections.find(self._connection.id))
        if record is None or record.first_connected_at is None:
            # Nobody knows yet who the bot is, nor from when on it is asked.
            return 0
        if record.cursor is not None:
            return await self._read_from(record.cursor, now=self._clock.now())
        return await self._read_from(None, now=self._restart_at(record.first_connected_at))

    def _restart_at(self, first_connected_at: datetime) -> datetime:
        """Where to begin without a position: at the first connection, or three days ago.

        What is read twice is the same event; what is old waits in the late list.
        """
        return max(first_connected_at, self._clock.now() - _LOOK_BACK)

    async def _read_from(self, cursor: str | None, *, now: datetime) -> int:
        found = 0
        pages = self._connection.client.poll(sorted(self._connection.projects), cursor, now=now)
        async for page in pages:
            if page.deliveries:
                await self._store(page.deliveries)
            await self._remember(page.cursor)
            found += len(page.deliveries)
        return found

    async def _forget_position(self) -> None:
        """A position nobody can read is as good as none, and says so once."""
        now = self._clock.now()

        def work(tx: Writing) -> None:
            tx.connections.forget_cursor(self._connection.id)
            tell_operator(
                tx,
                "poll_position_lost",
                subject_id=f"{self._connection.id}:{now:%Y-%m-%d}",
                text=f"The poll position of {self._connection.id} could not be read. Polling goes "
                "on from three days ago; older questions wait in `chargehand asks late`.",
                now=now,
            )

        await self._database.awrite(work)

    async def _remember(self, cursor: str) -> None:
        now = self._clock.now()

        def work(tx: Writing) -> None:
            tx.connections.record_poll(self._connection.id, cursor=cursor, now=now)
            note_call(tx, self._connection.id, None, now=now)

        await self._database.awrite(work)

    async def _lost(self, error: ChargehandError) -> None:
        now = self._clock.now()

        def work(tx: Writing) -> None:
            tx.connections.record_failure(self._connection.id, error.code, now=now)
            note_call(tx, self._connection.id, error, now=now)
            tell_operator(
                tx,
                "poll_failing",
                subject_id=f"{self._connection.id}:{error.code}:{now:%Y-%m-%d}",
                text=f"Polling {self._connection.id} does not work: {error} It is tried again by "
                "itself. See `chargehand doctor`.",
                now=now,
            )

        await self._database.awrite(work)
        if not self._was_lost:
            self._was_lost = True
            _log.warning("poll.connection_lost", connection_id=self._connection.id, code=error.code)
