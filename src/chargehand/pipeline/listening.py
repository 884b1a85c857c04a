"""Listens on a connection that we opened, and puts what is said there through the same inbox."""

import asyncio
from contextlib import suppress

from chargehand.domain.errors import ChargehandError
from chargehand.kit.clock import Clock
from chargehand.pipeline.connecting import note_failure
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import Listener, StoreDeliveries
from chargehand.storage.database import Database


class Listening:
    """Listens on one connection until told to stop."""

    def __init__(
        self,
        connection: LiveConnection,
        listener: Listener,
        database: Database,
        store: StoreDeliveries,
        *,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._listener = listener
        self._database = database
        self._store = store
        self._clock = clock

    async def listen(self, stopping: asyncio.Event) -> None:
        """Listen until told to stop, or until going on is useless, which is recorded."""
        listening = asyncio.create_task(self._listener.listen(self._store))
        told = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({listening, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            listening.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await listening
        except ChargehandError as error:
            await note_failure(self._connection, error, self._database, clock=self._clock)
