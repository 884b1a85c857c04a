"""What the inbox needs from a store, and what it tells those who watch it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from chargehand.domain.delivery import DeliverySource, Lane, StoredDelivery, VerifiedDelivery
from chargehand.domain.ids import ConnectionId, DeliveryId
from chargehand.inbox.errors import InboxUnavailable

# How far the states are counted for whoever asks how things stand.
MOST_WAITING_COUNTED: Final = 100_000
MOST_CLOSED_COUNTED: Final = 10_000
NewDelivery: TypeAlias = tuple[DeliveryId, VerifiedDelivery]


class StoreStatus(StrEnum):
    """What became of a delivery that was handed to the store."""

    STORED = "stored"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """Whether a delivery is new; `delivery_id` names the first with its key, new or not."""

    status: StoreStatus
    delivery_id: DeliveryId


class StoreBatch(Protocol):
    """Stores deliveries in one transaction, durably; safe to call from several threads at once."""

    def __call__(self, batch: Sequence[NewDelivery], /) -> list[StoreOutcome]:
        """One outcome for each delivery, in the same order, after the commit.

        Shape: the same delivery under the same id may be handed in again after a failure; an
        empty batch checks that the store can be written.
        Raises: InboxUnavailable when the store is full, failing, locked or away.
        """
        ...


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How many deliveries are in each state; the two lanes are those still to be dispatched.

    Shape: none is counted further than its bound, since an inbox holds weeks of deliveries.
    """

    interactive: int
    bulk: int
    dispatched: int
    dead: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in the inbox and since when; `given_up` are deliveries that broke our own code.

    Shape: `waiting` and `oldest_at` are by lane; a lane in which nothing waits has no `oldest_at`.
    `lately_given_up_at` are the moments of the last hundred that were given up.
    """

    waiting: Mapping[Lane, int]
    oldest_at: Mapping[Lane, datetime]
    given_up: int
    lately_given_up_at: Sequence[datetime]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class GivenUpDelivery:
    """A delivery nobody could dispatch; `error` is the kind of the last failure."""

    id: DeliveryId
    connection_id: ConnectionId
    source: DeliverySource
    received_at: datetime
    given_up_at: datetime
    attempts: int
    error: str
    size_bytes: int


class DeliveryQueue(Protocol):
    """The dispatcher's side of the store; every call may be repeated."""

    def claim(
        self, limit: int, *, max_bytes: int, leave_out: Collection[ConnectionId] = ()
    ) -> list[StoredDelivery]:
        """The next deliveries to dispatch, interactive before bulk, oldest first.

        Shape: nothing is changed, so a dispatcher that dies gets the same again; at least one
        when any waits, even if it alone is larger than `max_bytes`. Those of the connections in
        `leave_out` stay where they are and keep nobody else waiting.
        Raises: InboxUnavailable.
        """
        ...

    def mark_dispatched(self, delivery_ids: Sequence[DeliveryId], *, now: datetime) -> int:
        """Close deliveries whose work is safe in `main`; how many were still open."""
        ...

    def record_failure(self, delivery_id: DeliveryId, error: str) -> int:
        """Note that dispatching failed, and how often it has failed by now."""
        ...

    def mark_dead(self, delivery_id: DeliveryId, error: str, *, now: datetime) -> bool:
        """Give a delivery up; False when it was closed before."""
        ...

    def given_up(
        self, limit: int, *, before: DeliveryId | None = None
    ) -> tuple[GivenUpDelivery, ...]:
        """What was given up and is kept still, newest first; only what is older than `before`."""
        ...

    def take_up_again(self, delivery_id: DeliveryId) -> bool:
        """Let a delivery that was given up be dispatched anew; False when it was not given up."""
        ...

    def read(self, delivery_id: DeliveryId) -> StoredDelivery | None:
        """One delivery with its raw body; None when unknown or past its retention."""
        ...

    def counts(self) -> InboxCounts:
        """How many deliveries are in each state."""
        ...

    def backlog(self) -> Backlog:
        """What waits, counted without looking at what is done."""
        ...

    def data_version(self) -> str:
        """A text that stays the same for as long as nothing was stored since it was asked."""
        ...

    def prune(self, before: datetime, *, limit: int) -> int:
        """Delete closed deliveries received before a moment, oldest first; how many went."""
        ...

    def count_prunable(self, before: datetime) -> int:
        """How many closed deliveries were received before a moment."""
        ...


class InboxWatcher(Protocol):
    """Hears what the inbox does; called on the event loop, must not block or raise."""

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        """A transaction was committed; nothing in it when it only proved the store writable."""
        ...

    def went_away(self, error: InboxUnavailable) -> None:
        """The store stopped taking deliveries; told once."""
        ...

    def came_back(self) -> None:
        """The store takes deliveries again; told once."""
        ...

    def died(self, error: BaseException) -> None:
        """The writer met what it does not know; this process has to end."""
        ...
