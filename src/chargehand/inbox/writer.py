"""The one thread that writes: everything queued during a commit goes into the next."""

import threading
from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.ids import DeliveryId
from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.ports import StoreBatch, StoreOutcome
from chargehand.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """How much may wait, and how much goes into one transaction.

    Shape: a delivery waits until it is committed, so those being written count as well.
    Units: `heartbeat_s` is the longest pause between two commits, so that an idle inbox notices
    a lost store; `retry_s` is the pause before a failing store is tried again. While commits follow
    each other within `gather_s`, a batch of fewer than `gather_deliveries` waits that long for
    more: what a commit costs is the same for one delivery and for ten.
    """

    waiting_deliveries: int = 5_000
    waiting_bytes: int = 64 * 1024 * 1024
    batch_deliveries: int = 512
    batch_bytes: int = 32 * 1024 * 1024
    heartbeat_s: float = 5.0
    retry_s: float = 1.0
    gather_s: float = 0.004
    gather_deliveries: int = 16


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery in the queue and the request that waits for its commit."""

    delivery_id: DeliveryId
    delivery: VerifiedDelivery
    outcome: Future[StoreOutcome]


@dataclass(frozen=True, slots=True)
class WriterReports:
    """Whom the writer tells, on its own thread.

    Shape: `committed` gets the batch, its outcomes and the seconds it took, an empty batch when
    the store was only proved writable; `refused` the deliveries whose requests have to be told;
    `ended` comes last and once, with what the writer did not know, or None.
    """

    committed: Callable[[Sequence[Waiting], Sequence[StoreOutcome], float], object]
    refused: Callable[[Sequence[Waiting], InboxUnavailable], object]
    ended: Callable[[BaseException | None], object]


class Writer:
    """Owns the queue and the thread behind it."""

    def __init__(
        self, store: StoreBatch, *, clock: Clock, limits: InboxLimits, reports: WriterReports
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._reports = reports
        # None only wakes the thread, so that it sees that it has to stop.
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._ended_at = clock.now()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chargehand-inbox", daemon=True)

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def put(self, waiting: Waiting) -> None:
        """Queue one delivery."""
        self._queue.put(waiting)

    def stop(self) -> None:
        """Write what is queued, then end; `ended` is reported when that is done."""
        self._stopping.set()
        self._queue.put(None)

    def join(self) -> None:
        """Wait for the last few instructions of a thread that has reported its end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._write([])
            while not (self._stopping.is_set() and self._queue.empty()):
                self._write(self._next_batch())
        except BaseException as error:  # noqa: BLE001 - the edge of this thread: requests wait.
            self._reports.ended(error)
        else:
            self._reports.ended(None)

    def _next_batch(self) -> list[Waiting]:
        try:
            first = self._queue.get(timeout=self._limits.heartbeat_s)
        except Empty:
            return []
        self._gather()
        return self._take([first] if first else [], limit=self._limits.batch_deliveries)

    def _gather(self) -> None:
        """Let more arrive under load; a delivery that comes alone is written at once."""
        pause_s = (self._clock.now() - self._ended_at).total_seconds()
        is_busy = 0 <= pause_s < self._limits.gather_s
        if is_busy and self._queue.qsize() + 1 < self._limits.gather_deliveries:
            self._stopping.wait(self._limits.gather_s)

    def _take(self, batch: list[Waiting], *, limit: int) -> list[Waiting]:
        size_bytes = sum(len(waiting.delivery.body) for waiting in batch)
        while len(batch) < limit and size_bytes < self._limits.batch_bytes:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is not None:
                batch.append(waiting)
                size_bytes += len(waiting.delivery.body)
        return batch

    def _drain(self) -> list[Waiting]:
        return self._take([], limit=self._limits.waiting_deliveries)

    def _write(self, batch: list[Waiting]) -> None:
        refused = batch
        while (error := self._try(batch)) is not None:
            # The requests are told at once, and their rows are tried again: the keys make that
            # harmless, and the first success shows that the store is back.
            self._reports.refused(refused, error)
            if self._stopping.wait(self._limits.retry_s):
                self._reports.refused(self._drain(), error)
                return
            refused = self._drain()

    def _try(self, batch: list[Waiting]) -> InboxUnavailable | None:
        started = self._clock.now()
        try:
            outcomes = self._store([(waiting.delivery_id, waiting.delivery) for waiting in batch])
        except InboxUnavailable as error:
            return error
        self._ended_at = self._clock.now()
        took_s = (self._ended_at - started).total_seconds()
        self._reports.committed(batch, outcomes, took_s)
        return None
