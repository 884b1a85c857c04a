"""Members who can say nothing any more, since every account they had was deactivated.

What they said before counts no more than that of somebody who left; it counts again once they can
speak, as it does for somebody who is given a role back.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from chargehand.domain.ids import MemberId
from chargehand.domain.member import Identity, IdentityState
from chargehand.storage.transaction import Reading, Writing


def silenced_among(
    tx: Reading | Writing, member_ids: Collection[MemberId], *, now: datetime
) -> frozenset[MemberId]:
    """Those of some members who lost an account to deactivation and have no way left.

    Shape: a way is an account that carries rights, a password, an account to sign in with, or an
    API key; whoever never had an account that was deactivated is not among them.
    """
    accounts: dict[MemberId, list[Identity]] = defaultdict(list)
    for one in tx.members.identities_of_all(member_ids):
        if one.state is not IdentityState.REFUSED:
            accounts[one.member_id].append(one)
    without = {
        member_id
        for member_id, identities in accounts.items()
        if not all(one.is_active for one in identities)
        and not any(one.carries_rights for one in identities)
    }
    if not without:
        return frozenset()
    holders = {
        one.member_id
        for one in tx.api_keys.all()
        if one.revoked_at is None and (one.expires_at is None or one.expires_at > now)
    }
    return frozenset(one for one in without - holders if not _can_sign_in(tx, one))


def _can_sign_in(tx: Reading | Writing, member_id: MemberId) -> bool:
    has_password = tx.sign_in.password_of(member_id) is not None
    return has_password or bool(tx.sign_in.accounts_of(member_id))
