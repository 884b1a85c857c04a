"""What the front counts, for Prometheus."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from chargehand.domain.ids import ConnectionId
from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.group_commit import GroupCommit
from chargehand.inbox.ports import StoreOutcome, StoreStatus
from chargehand.kit.clock import Clock

NO_CONNECTION = ConnectionId("")
_LATENCIES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class FrontMetrics:
    """Counters of one front; watches its inbox.

    Shape: `LABELS` are those of each counter that has any, by its name without `_total`.
    """

    LABELS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "chargehand_deliveries_acknowledged": ("connection", "status"),
        "chargehand_deliveries_refused": ("connection", "reason"),
    }

    def __init__(self, registry: CollectorRegistry, inbox: GroupCommit, clock: Clock) -> None:
        self._acknowledged = Counter(
            "chargehand_deliveries_acknowledged",
            "Deliveries answered with success, by connection and status (stored, duplicate).",
            self.LABELS["chargehand_deliveries_acknowledged"],
            registry=registry,
        )
        self._refused = Counter(
            "chargehand_deliveries_refused",
            "Requests to a webhook path that were refused, by connection and error code.",
            self.LABELS["chargehand_deliveries_refused"],
            registry=registry,
        )
        self._latency = Histogram(
            "chargehand_delivery_acknowledge_seconds",
            "From the head of a request to its durable acknowledgement.",
            buckets=_LATENCIES_S,
            registry=registry,
        )
        self._batch = Histogram(
            "chargehand_inbox_batch_deliveries",
            "Deliveries in one transaction of the inbox.",
            buckets=_BATCHES,
            registry=registry,
        )
        self._commit = Histogram(
            "chargehand_inbox_commit_seconds",
            "Time one transaction of the inbox took.",
            buckets=_LATENCIES_S,
            registry=registry,
        )
        self._lost = Counter(
            "chargehand_inbox_lost", "Times the inbox could not write any more.", registry=registry
        )
        _watch_queue(registry, inbox, clock)
        # Children are looked up under a lock each time, so the known ones are kept.
        self._known: dict[tuple[ConnectionId, StoreStatus], Counter] = {}
        inbox.watch(self)

    def acknowledged(
        self, connection_id: ConnectionId, status: StoreStatus, *, took_s: float
    ) -> None:
        """A delivery was answered with success."""
        counter = self._known.get((connection_id, status))
        if counter is None:
            counter = self._acknowledged.labels(connection_id, status.value)
            self._known[connection_id, status] = counter
        counter.inc()
        self._latency.observe(took_s)

    def refused(self, connection_id: ConnectionId, reason: str) -> None:
        """A request was refused; `connection_id` is `NO_CONNECTION` when it named none."""
        self._refused.labels(connection_id, reason).inc()

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        """A transaction was committed."""
        if outcomes:
            self._batch.observe(len(outcomes))
            self._commit.observe(took_s)

    def went_away(self, error: InboxUnavailable) -> None:
        """The store stopped taking deliveries."""
        del error
        self._lost.inc()

    def came_back(self) -> None:
        """The store takes deliveries again; the commits show it."""

    def died(self, error: BaseException) -> None:
        """The writer died; the process ends with its counters."""
        del error


def _watch_queue(registry: CollectorRegistry, inbox: GroupCommit, clock: Clock) -> None:
    waiting = Gauge(
        "chargehand_inbox_waiting", "Deliveries waiting for their commit.", registry=registry
    )
    waiting.set_function(lambda: inbox.health(clock.now()).waiting)
    waiting_bytes = Gauge(
        "chargehand_inbox_waiting_bytes", "Bytes waiting for their commit.", registry=registry
    )
    waiting_bytes.set_function(lambda: inbox.health(clock.now()).waiting_bytes)
