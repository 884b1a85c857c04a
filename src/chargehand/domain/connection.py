"""How a connection is: its intake, its secrets, and what that adds up to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.ids import ConnectionId, EventId


class Health(StrEnum):
    """How a connection is, in one word."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class MissedByWebhook:
    """What polling found and no webhook ever brought.

    Shape: `lately` counts a day; the event is None when the last one is longer ago than that.
    """

    lately: int
    last_at: datetime | None
    last_event_id: EventId | None


@dataclass(frozen=True, slots=True)
class SecretHealth:
    """One secret of a connection, never its text.

    Shape: `known_since` is when this very secret was first seen here; `warning_days` is 30, 7 or
    1 when it ends within so many days, 0 when it has ended, None before; `problem` is empty unless
    it could not be read.
    """

    setting: str
    known_since: datetime | None
    expires_at: datetime | None
    days_left: int | None
    warning_days: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """How one connection is.

    Shape: `reason` says in sentences why it is not green; `silent_ways` are the ways in which
    nothing arrives though it usually does; `missed` is None where polling is not beside webhooks;
    `refused_since` is None while the vendor takes the sign-in.
    """

    id: ConnectionId
    connector: str
    site: str
    bot_name: str
    state: Health
    reason: str
    last_delivery_at: datetime | None
    polled_at: datetime | None
    missed: MissedByWebhook | None
    silent_ways: tuple[str, ...]
    last_ok_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str
    refused_since: datetime | None
    secrets: tuple[SecretHealth, ...]
