"""One received request, kept raw, once, before anything parses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chargehand.domain.ids import ConnectionId, DeliveryId

# These begin the keys of polled deliveries: the second one of what polling alone can tell, which
# no webhook missed.
POLLED: Final = "poll:"
ONLY_POLLED: Final = "poll-only:"


class Lane(StrEnum):
    """Which queue of the dispatcher a delivery waits in; interactive goes first."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class DeliverySource(StrEnum):
    """How a delivery reached us."""

    WEBHOOK = "webhook"
    POLL = "poll"
    LISTENER = "listener"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class VerifiedDelivery:
    """A request whose sender was proved; built only where the proof is made.

    Shape: `delivery_key` is the vendor's delivery id, else `sha256:<hex of body>`; `headers`
    holds only the few the parser needs, lower case, never a secret or a signature.
    Units: `received_at` is UTC.
    """

    connection_id: ConnectionId
    connector: str
    delivery_key: str
    source: DeliverySource
    lane: Lane
    received_at: datetime
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A verified delivery with the id the inbox gave it."""

    id: DeliveryId
    delivery: VerifiedDelivery
