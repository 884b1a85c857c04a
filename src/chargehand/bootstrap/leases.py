"""How processes on one PostgreSQL make themselves known, and come by their leases.

On SQLite there is nobody else: the lock on the data folder says all there is to say.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, NoReturn

from chargehand import __version__
from chargehand.bootstrap.databases import database_url
from chargehand.bootstrap.errors import AnotherWorkerRuns
from chargehand.bootstrap.processes import TRY_AGAIN
from chargehand.bootstrap.stores import Stores
from chargehand.config.settings import Settings
from chargehand.domain.errors import Retryable
from chargehand.domain.ids import ProcessId
from chargehand.domain.process import LEASED_ROLES, ProcessRecord, ProcessRole, ProcessState
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id
from chargehand.logs.log import get_logger
from chargehand.storage.leases import Lease

_FRONT_BEAT_S: Final = 15.0
_log = get_logger()


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease and whose it is."""

    lease: Lease
    process: ProcessRecord


def take_lease(
    role: ProcessRole, settings: Settings, stores: Stores, *, clock: Clock
) -> HeldLease | None:
    """The lease of this worker or clock, after which it writes under its name only; None on SQLite.

    The lock on the data folder is held, so whoever worked with it before is dead.
    Raises: AnotherWorkerRuns, StoreUnavailable.
    """
    if stores.database.is_sqlite:
        return None
    process = this_process(role, clock=clock)
    noted = settings.storage.data_dir / f"{role.value}.id"
    predecessor = None
    with suppress(OSError, UnicodeError):
        predecessor = ProcessId(noted.read_text(encoding="ascii").strip())
    lease = Lease(database_url(settings))
    if not lease.open(process, predecessor=predecessor):
        lease.close()
        raise AnotherWorkerRuns(role=role.value, holder="", path="the database")
    noted.write_text(process.id, encoding="ascii")
    stores.database.write_only_as(process.id)
    return HeldLease(lease, process)


def end_without_lease(why: str) -> NoReturn:
    """End this process now, as if it had been killed: others may do its work already."""
    _log.error("worker.ended_without_lease", why=why)
    sys.stderr.write(f"chargehand: this process ends and starts anew, because {why}\n")
    sys.stderr.flush()
    os._exit(TRY_AGAIN)


@asynccontextmanager
async def front_made_known(stores: Stores, *, clock: Clock) -> AsyncIterator[None]:
    """Let the others on the same PostgreSQL know of this front for as long as it serves."""
    if stores.database.is_sqlite:
        yield
        return
    process = this_process(ProcessRole.FRONT, clock=clock)
    beating = asyncio.create_task(_beat_for_good(stores, process, clock))
    try:
        yield
    finally:
        beating.cancel()
        now = clock.now()
        with suppress(Retryable):
            await stores.database.awrite(
                lambda tx: tx.processes.move(process.id, ProcessState.ENDED, now=now)
            )


async def _beat_for_good(stores: Stores, process: ProcessRecord, clock: Clock) -> None:
    while True:
        now = clock.now()
        # A database that is away is told of by others.
        with suppress(Retryable):
            await stores.database.awrite(lambda tx: tx.processes.add(process))
            await stores.database.awrite(
                lambda tx, now=now: tx.processes.beat(process.id, now=now)  # type: ignore[misc] # the loop's own value.
            )
        await asyncio.sleep(_FRONT_BEAT_S)


def this_process(role: ProcessRole, *, clock: Clock) -> ProcessRecord:
    """What this process tells of itself at its start."""
    now = clock.now()
    return ProcessRecord(
        id=ProcessId(new_id("prc", now)),
        role=role,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=__version__,
        state=ProcessState.STARTING if role in LEASED_ROLES else ProcessState.WORKING,
        beats=0,
        started_at=now,
        seen_at=now,
        state_at=now,
    )
