"""What workers and clocks have in common: how they come by their place, and how they end."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from chargehand.bootstrap.leases import HeldLease, end_without_lease, take_lease
from chargehand.bootstrap.lifeline import watch_lifeline
from chargehand.bootstrap.locks import FolderLock
from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError
from chargehand.domain.process import ProcessRole
from chargehand.engine.port import TaskEngine
from chargehand.kit.clock import Clock
from chargehand.pipeline.leasing import Leasing


class Stoppable(Protocol):
    """What runs until it is told to stop."""

    def stop(self) -> None:
        """Begin nothing new."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """What a process works with; `held` is None on SQLite, where nobody else is."""

    stores: Stores
    held: HeldLease | None
    clock: Clock

    def open_leasing(self, engine: TaskEngine | None) -> Leasing | None:
        """What keeps the lease and knows the others; None where there are none."""
        if self.held is None:
            return None
        return Leasing(
            self.held.lease,
            self.held.process,
            self.stores.database,
            engine,
            clock=self.clock,
            lost=end_without_lease,
        )


@contextmanager
def taken_place(role: ProcessRole, settings: Settings, *, clock: Clock) -> Iterator[Place]:
    """The stores, and what keeps a second process of this role out of the same data folder.

    Raises: AnotherWorkerRuns and what opening the stores raises.
    """
    with ExitStack() as taken:
        stores = open_stores(settings)
        taken.callback(stores.close)
        lock = FolderLock(settings.storage.data_dir / f"{role.value}.lock", role=role.value)
        lock.take()
        taken.callback(lock.release)
        held = take_lease(role, settings, stores, clock=clock)
        if held is not None:
            taken.callback(held.lease.close)
        yield Place(stores, held, clock)


class Stop:
    """What is called to end a worker or a clock; the others hear of it at once."""

    def __init__(self, what_runs: Stoppable, leasing: Leasing | None) -> None:
        self._runs = what_runs
        self._leasing = leasing
        self._draining: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    def listen(self, options: ProcessOptions) -> None:
        """Stop on a signal, and when the supervisor is gone."""
        watch_lifeline(options, self)
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self)

    def keep_lease(self) -> None:
        """Keep the lease until it is handed back."""
        if self._leasing is not None:
            self._keeping = asyncio.create_task(self._leasing.keep())
            self._keeping.add_done_callback(_end_if_broken)

    def __call__(self) -> None:
        """Begin nothing new, and leave every duty to the others."""
        self._runs.stop()
        if self._leasing is not None and self._draining is None:
            self._draining = asyncio.create_task(self._leasing.drain())

    async def hand_back(self) -> None:
        """Leave what is unfinished to the others; after everything was written down."""
        if self._draining is not None:
            with contextlib.suppress(ChargehandError):
                await self._draining
        if self._keeping is not None and self._leasing is not None:
            self._keeping.cancel()
            await self._leasing.end()


def _end_if_broken(keeping: "asyncio.Task[None]") -> None:
    """Whoever's lease nobody keeps must not go on as if it had one."""
    error = None if keeping.cancelled() else keeping.exception()
    if error is not None:
        end_without_lease(f"keeping its lease failed ({type(error).__name__})")


def keep_what_was_loaded() -> None:
    """Spare what was loaded the looks for garbage, which begin here."""
    # What was loaded stays for ever; looking through it for garbage would stop every task for a
    # fifth of a second, again and again under load.
    gc.collect()
    gc.freeze()
    gc.enable()
