"""Keeps account of what an operator registers with a vendor: commands, webhooks."""

from collections.abc import Sequence
from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import ConnectionId
from chargehand.storage.transaction import Writing


def record_registration(
    tx: Writing, connection_id: ConnectionId, changes: Sequence[str], *, by: str, now: datetime
) -> None:
    """Record which commands are about to be changed at a vendor, and who asked for it.

    Shape: each change reads as `create status`; recorded before anything is sent, so that no
    change stands there unaccounted for, even when sending breaks off.
    """
    tx.audit.append(
        AuditTag.PERSON_COMMANDS_REGISTERED,
        connection_id,
        {"changes": list(changes), "by": by},
        now=now,
    )


def record_webhooks(
    tx: Writing, connection_id: ConnectionId, changes: Sequence[str], *, by: str, now: datetime
) -> None:
    """Record which webhooks are about to be made, set or taken away, and who asked for it.

    Shape: each change reads as `put acme/payments` or `remove acme/payments`; recorded before
    anything is sent, as above.
    """
    tx.audit.append(
        AuditTag.PERSON_WEBHOOKS_REGISTERED,
        connection_id,
        {"changes": list(changes), "by": by},
        now=now,
    )
