"""What the routes about connections answer."""

from datetime import datetime

from pydantic import Field

from chargehand.domain.connection import Health
from chargehand.web.api.models import ConnectionName, EventId, Shown


class MissedByWebhook(Shown):
    """What polling found and no webhook brought, ten minutes given to each."""

    lately: int = Field(description="How often within 24 hours.")
    last_at: datetime | None
    last_event_id: EventId | None = Field(
        description="The last one; null when it is longer ago than 24 hours."
    )


class SecretHealth(Shown):
    """One secret of a connection, never its text."""

    setting: str
    known_since: datetime | None = Field(
        description="When this very secret was first seen here; null before the worker looked."
    )
    expires_at: datetime | None = Field(description="Null when nobody said until when it works.")
    days_left: int | None
    warning_days: int | None = Field(
        description="30, 7 or 1 when it ends within so many days, 0 when it has ended."
    )
    problem: str = Field(description="Why it can not be read; empty when it can.")


class ConnectionHealth(Shown):
    """How one connection is; null where nothing is known yet."""

    id: ConnectionName
    connector: str = Field(description="Kind of the connection, like `slack`.")
    site: str
    bot_name: str
    state: Health
    reason: str = Field(description="Why it is not green, in sentences; empty when it is.")
    last_delivery_at: datetime | None
    polled_at: datetime | None
    missed: MissedByWebhook | None = Field(
        description="Null where polling does not stand beside webhooks."
    )
    silent_ways: list[str] = Field(
        description="Ways by which nothing arrives though it usually does; the operator was told."
    )
    last_ok_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str = Field(description="Code of the last failure; empty without one.")
    refused_since: datetime | None = Field(
        description="Since when the vendor refuses the sign-in: revoked, expired or wrong."
    )
    secrets: list[SecretHealth]


class ConnectionHealths(Shown):
    """Every configured connection, in the order of the settings."""

    connections: list[ConnectionHealth]
