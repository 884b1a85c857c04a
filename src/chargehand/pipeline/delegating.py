"""Keys that a caller makes: what they hand on is never more than what they have.

Such a key speaks for whoever its maker speaks for, so that nobody gets a second voice, and what a
member made ends when they leave. Keys that act for others are made on the host.
"""

from dataclasses import replace
from datetime import datetime

from chargehand.pipeline.authority import Authority
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.keys import KeyLimits, NewKey, create_key
from chargehand.policy.permissions import rights_of_scope
from chargehand.storage.transaction import Writing


def delegate_key(
    tx: Writing, name: str, *, maker: Authority, limits: KeyLimits, now: datetime
) -> NewKey:
    """A fresh key for a caller, with no right and no day more than their own.

    Raises: PermissionMissing for what they do not hold; ArgumentInvalid for an end after that of
    the key they showed; and as `create_key`.
    """
    maker.require_all(rights_of_scope(limits.permissions, limits.projects))
    _require_end(limits.expires_at, maker.expires_at)
    member_id = maker.member.id if maker.member is not None else None
    limited = replace(limits, member_id=member_id)
    return create_key(tx, name, by=maker.by, now=now, limits=limited)


def _require_end(wanted: datetime | None, own: datetime | None) -> None:
    if own is None or (wanted is not None and wanted <= own):
        return
    found = "never" if wanted is None else wanted.isoformat()
    allowed = f"a moment up to {own:%Y-%m-%d %H:%M} UTC, when the key that makes it ends"
    raise ArgumentInvalid(field="expires_at", found=found, allowed=allowed)
