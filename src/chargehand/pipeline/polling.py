"""Asks a vendor what changed and puts it through the same inbox as webhooks."""

from collections.abc import Awaitable, Callable

from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.errors import ChargehandError
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.connection import LiveConnection
from chargehand.storage.database import Database

_log = get_logger()
StoreDeliveries = Callable[[tuple[VerifiedDelivery, ...]], Awaitable[None]]


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
        except ChargehandError as error:
            await self._lost(error)
            return 0
        if self._was_lost:
            self._was_lost = False
            _log.warning("poll.connection_returned", connection_id=self._connection.id)
        return found

    async def _round(self) -> int:
        record = await self._database.aread(lambda tx: tx.connections.find(self._connection.id))
        cursor = record.cursor if record is not None else None
        found = 0
        pages = self._connection.client.poll(
            sorted(self._connection.projects), cursor, now=self._clock.now()
        )
        async for page in pages:
            if page.deliveries:
                await self._store(page.deliveries)
            await self._remember(page.cursor)
            found += len(page.deliveries)
        return found

    async def _remember(self, cursor: str) -> None:
        now = self._clock.now()
        await self._database.awrite(
            lambda tx: tx.connections.record_poll(self._connection.id, cursor=cursor, now=now)
        )

    async def _lost(self, error: ChargehandError) -> None:
        now = self._clock.now()
        await self._database.awrite(
            lambda tx: tx.connections.record_failure(self._connection.id, error.code, now=now)
        )
        if not self._was_lost:
            self._was_lost = True
            _log.warning("poll.connection_lost", connection_id=self._connection.id, code=error.code)
