"""One database, its two kinds of transaction, and the door from async code."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from chargehand.audit.chain import ChainPosition
from chargehand.domain.ids import DEFAULT_ORGANIZATION, OrganizationId, ProcessId
from chargehand.domain.policy import Stage
from chargehand.logs.log import get_logger
from chargehand.storage.checkpoint import AuditCheckpoint
from chargehand.storage.engines import WRITES, open_engine
from chargehand.storage.errors import (
    CheckpointUnreadable,
    LeaseLost,
    StoreBroken,
    StoreBusy,
    StoreUnavailable,
)
from chargehand.storage.inbox.failures import is_passing
from chargehand.storage.local_switches import NO_LOCAL_SWITCHES, LocalSwitches
from chargehand.storage.locks import take_turn_to_write
from chargehand.storage.patience import PATIENCE_S
from chargehand.storage.transaction import Reading, Writing
from chargehand.storage.write_back import write_back

T = TypeVar("T")
_THREADS = 4
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOCK_NOT_AVAILABLE = "55P03"
# SQLite's words for a file that is something else, or was destroyed.
_NO_DATABASE = "file is not a database"
_log = get_logger()


class Database:
    """Runs work in transactions; a write ends with its audit records, or does not happen.

    One write lock per process stands before BEGIN IMMEDIATE, so that threads of one process wait
    on a lock that is fair and cheap instead of on SQLite's busy handler. On PostgreSQL one process
    writes at a time as well, however many there are.
    Source: docs/decisions/0011-several-workers-on-one-postgresql.md
    """

    def __init__(
        self,
        url: URL,
        *,
        checkpoint: AuditCheckpoint | None = None,
        organization_id: OrganizationId = DEFAULT_ORGANIZATION,
        stage: Stage | None = None,
        switches: LocalSwitches = NO_LOCAL_SWITCHES,
    ) -> None:
        self.url = url
        self.organization_id = organization_id
        self.stage = stage
        self.switches = switches
        self.engine = open_engine(url)
        self._checkpoint = checkpoint
        self._write_lock = threading.Lock()
        self._leaseholder: ProcessId | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="chargehand-db")

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the one-file database, which one worker owns."""
        return self.url.get_backend_name() == "sqlite"

    def write_only_as(self, process_id: ProcessId) -> None:
        """Refuse every write from now on in which this worker is not among the living any more."""
        self._leaseholder = process_id

    def read(self, work: Callable[[Reading], T]) -> T:
        """Run `work` on one consistent view.

        Raises: StoreUnavailable, StoreBusy, and what `work` raises.
        """
        with translated(), self.engine.connect() as connection, connection.begin():
            return work(Reading(connection, self.organization_id, self.stage, self.switches))

    def write(self, work: Callable[[Writing], T]) -> T:
        """Run `work` in one write transaction; anything raised rolls all of it back.

        Raises: StoreUnavailable, StoreBusy, and what `work` raises.
        """
        with self._write_lock:
            return self._write(work, {WRITES: True})

    def write_before(self, deadline_s: float, work: Callable[[Writing], T]) -> T:
        """`write`, unless it can not begin before a moment of the monotonic clock; then nothing.

        Raises: StoreBusy when it could not begin, StoreUnavailable, and what `work` raises.
        """
        if not self._write_lock.acquire(timeout=max(deadline_s - monotonic(), 0)):
            raise StoreBusy
        try:
            patience_s = max(deadline_s - monotonic(), 0)
            return self._write(work, {WRITES: True, PATIENCE_S: patience_s})
        finally:
            self._write_lock.release()

    def write_back(self) -> None:
        """Have no commit of others wait for what was written here; see `storage.write_back`.

        Raises: StoreUnavailable, StoreBusy.
        """
        with translated():
            write_back(self.engine)

    async def aread(self, work: Callable[[Reading], T]) -> T:
        """`read` from async code, on the bounded thread pool."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read, work)

    async def awrite(self, work: Callable[[Writing], T]) -> T:
        """`write` from async code, on the bounded thread pool."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.write, work)

    async def awrite_within(self, wait_s: float, work: Callable[[Writing], T]) -> T:
        """`awrite`, unless it can not begin within some seconds; then nothing was done.

        Raises: as `write_before`.
        """
        writing = self._threads.submit(self.write_before, monotonic() + wait_s, work)
        waiting = asyncio.wrap_future(writing)
        done, _ = await asyncio.wait({waiting}, timeout=wait_s)
        # Every thread may be busy with something long; what has begun ends by itself soon.
        if not done and writing.cancel():
            raise StoreBusy
        return await waiting

    def close(self) -> None:
        """Let go of every connection and thread; safe to call twice."""
        self._threads.shutdown(wait=True)
        self.engine.dispose()

    def _advance_checkpoint(self, position: ChainPosition) -> None:
        """Keep the end of the chain outside; the commit stands whether or not that works."""
        if self._checkpoint is None:
            return
        try:
            self._checkpoint.advance(self.organization_id, position)
        except (CheckpointUnreadable, OSError) as error:
            _log.error("audit.checkpoint_not_kept", seq=position.seq, detail=str(error))

    def _write(self, work: Callable[[Writing], T], options: Mapping[str, Any]) -> T:
        with translated(), self._writing(options) as connection, connection.begin():
            if not self.is_sqlite:
                _wait_for_turn(connection, options)
            transaction = Writing(connection, self.organization_id, self.stage, self.switches)
            self._require_lease(transaction)
            result = work(transaction)
            position = transaction.audit.flush()
        if position is not None:
            self._advance_checkpoint(position)
        return result

    def _require_lease(self, transaction: Writing) -> None:
        if self._leaseholder is None:
            return
        # A worker that was stopped between this look and its commit was stopped for less than it
        # takes to be taken over: the server ends a transaction in which nothing happens.
        holder = transaction.processes.find(self._leaseholder)
        if holder is None or not holder.is_live:
            raise LeaseLost(process_id=self._leaseholder, why="others have taken its work over")

    @contextmanager
    def _writing(self, options: Mapping[str, Any]) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection.execution_options(**options)


def _wait_for_turn(connection: Connection, options: Mapping[str, Any]) -> None:
    if PATIENCE_S in options:
        # PostgreSQL takes 0 for as long as it likes.
        wait_ms = max(int(options[PATIENCE_S] * 1000), 1)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait_ms}")
    take_turn_to_write(connection)


@contextmanager
def told_when_away() -> Iterator[None]:
    """Let a store that is away or broken be known as such; a mistake in a statement stays one.

    Raises: StoreUnavailable, StoreBroken.
    """
    try:
        yield
    except DBAPIError as error:
        if _NO_DATABASE in str(error.orig):
            raise StoreBroken(detail=str(error.orig)) from error
        if is_passing(error.orig):
            raise StoreUnavailable(detail=str(error.orig)) from error
        raise


@contextmanager
def translated() -> Iterator[None]:
    """Let a store that is away, or busy, be known as such.

    Raises: StoreUnavailable, StoreBusy.
    """
    try:
        yield
    except OperationalError as error:
        text = str(error.orig)
        is_timeout = getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE
        if is_timeout or "locked" in text or "busy" in text:
            raise StoreBusy from error
        raise StoreUnavailable(detail=text) from error
    except DBAPIError as error:
        if _NO_DATABASE in str(error.orig):
            raise StoreBroken(detail=str(error.orig)) from error
        if error.connection_invalidated:
            raise StoreUnavailable(detail=str(error.orig)) from error
        raise
