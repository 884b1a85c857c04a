"""Deliveries and stores for tests of the inbox."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import ConnectionId, DeliveryId
from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.ports import NewDelivery, StoreOutcome, StoreStatus
from chargehand.kit.ids import new_id

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DEADLINE_S = 60.0


def delivery(
    key: str,
    *,
    connection: str = "site",
    lane: Lane = Lane.BULK,
    body: bytes = b"{}",
    received_at: datetime = NOW,
) -> VerifiedDelivery:
    return VerifiedDelivery(
        connection_id=ConnectionId(connection),
        connector="jira",
        delivery_key=key,
        source=DeliverySource.WEBHOOK,
        lane=lane,
        received_at=received_at,
        body=body,
        headers={"x-flow": "Primär"},
    )


def new(key: str, *, at: datetime = NOW, **fields: object) -> NewDelivery:
    return DeliveryId(new_id("dlv", at)), delivery(key, received_at=at, **fields)  # type: ignore[arg-type]


class FakeStore:
    """A store in memory that can be held up, and made to fail.

    `failure` is called before each batch that holds deliveries, and may raise.
    """

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.first: dict[str, DeliveryId] = {}
        self.failure: Callable[[], None] | None = None
        self.may_commit = threading.Event()
        self.may_commit.set()
        self.is_committing = threading.Event()

    def __call__(self, batch: Sequence[NewDelivery], /) -> list[StoreOutcome]:
        if batch:
            self.is_committing.set()
            assert self.may_commit.wait(DEADLINE_S)
        if self.failure is not None:
            self.failure()
        self.batches.append([one.delivery_key for _, one in batch])
        return [self._store(id_, one.delivery_key) for id_, one in batch]

    def _store(self, delivery_id: DeliveryId, key: str) -> StoreOutcome:
        first = self.first.setdefault(key, delivery_id)
        is_new = first == delivery_id
        return StoreOutcome(StoreStatus.STORED if is_new else StoreStatus.DUPLICATE, first)


@dataclass
class Witness:
    """A watcher that remembers what it was told."""

    commits: list[int] = field(default_factory=list)
    lost: list[InboxUnavailable] = field(default_factory=list)
    deaths: list[BaseException] = field(default_factory=list)
    returned: asyncio.Event = field(default_factory=asyncio.Event)
    beat: asyncio.Event = field(default_factory=asyncio.Event)

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        assert took_s >= 0
        self.commits.append(len(outcomes))
        self.beat.set()

    def went_away(self, error: InboxUnavailable) -> None:
        self.lost.append(error)

    def came_back(self) -> None:
        self.returned.set()

    def died(self, error: BaseException) -> None:
        self.deaths.append(error)
