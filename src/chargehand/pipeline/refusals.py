"""Since when a vendor does not take the sign-in of a connection: revoked, expired, or wrong."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import ConnectionId
from chargehand.domain.records import Severity
from chargehand.kit.clock import from_micros, to_micros
from chargehand.pipeline.noticing import tell_operator
from chargehand.plugins.errors import CredentialsRefused
from chargehand.storage.transaction import Reading, Writing

_REFUSED: Final = "sign_in_refused"
_REVOKED: Final = "access_revoked"


def note_refusal(tx: Writing, connection_id: ConnectionId, *, now: datetime) -> None:
    """Remember since when the sign-in is refused; the first time counts."""
    if tx.observations.find(_REFUSED, connection_id) is None:
        tx.observations.note(_REFUSED, connection_id, to_micros(now), now=now)


def is_revocation(event: Event) -> bool:
    """Whether a vendor tells by an event that our access ended."""
    return event.kind is EventKind.UNSUPPORTED and event.data.get("reason") == _REVOKED


def record_revoked(tx: Writing, connection_id: ConnectionId, *, now: datetime) -> None:
    """Remember that the vendor itself told us our access ended, and tell the operator."""
    note_refusal(tx, connection_id, now=now)
    tell_operator(
        tx,
        "access_revoked",
        subject_id=f"{connection_id}:{now:%Y-%m-%d}",
        text=f"The vendor says that the access of {connection_id} was revoked, or its app removed. "
        f"Install the app again, then `chargehand rotate {connection_id}`.",
        now=now,
        severity=Severity.CRITICAL,
    )


def note_call(
    tx: Writing, connection_id: ConnectionId, error: ChargehandError | None, *, now: datetime
) -> None:
    """Remember what a call showed of the sign-in; one that worked ends a refusal."""
    if isinstance(error, CredentialsRefused):
        note_refusal(tx, connection_id, now=now)
    elif error is None:
        forget_refusal(tx, connection_id)


def forget_refusal(tx: Writing, connection_id: ConnectionId) -> None:
    """The sign-in works again, or is not there any more."""
    tx.observations.forget(_REFUSED, connection_id)


def refusals(tx: Reading | Writing) -> Mapping[str, datetime]:
    """Since when the sign-in of each connection is refused; those that work are left out."""
    return {
        connection_id: from_micros(noted.value)
        for connection_id, noted in tx.observations.all_of(_REFUSED).items()
    }
