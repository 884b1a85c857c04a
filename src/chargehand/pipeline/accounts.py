"""Accounts that vendors tell of: matched by address, listed while they are nobody's, deactivated.

Nothing here gives a right: a match may be named, and is confirmed elsewhere.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.account import Account, AccountRef, UnmappedAccount
from chargehand.domain.ids import MemberId
from chargehand.domain.member import IdentityState, Member
from chargehand.domain.records import Page
from chargehand.members.matching import Taken, match_accounts
from chargehand.pipeline.identifying import match, record_identity, require_cursor
from chargehand.storage.transaction import Reading, Writing

MATCHED_BY: Final = "worker"


@dataclass(frozen=True, slots=True)
class ShownUnmapped:
    """An account that is nobody's, and members it may belong to: a person decides."""

    account: UnmappedAccount
    candidates: tuple[Member, ...]


def list_unmapped(
    tx: Reading | Writing, *, cursor: str | None = None, limit: int
) -> Page[ShownUnmapped]:
    """Accounts that were seen and are nobody's, with those they may belong to.

    Raises: ArgumentInvalid.
    """
    require_cursor(cursor, kind="unmapped account")
    page = tx.members.page_of_unmapped(cursor=cursor, limit=limit)
    members = tx.members.all()
    by_id = {one.id: one for one in members}
    accounts = [_as_account(one) for one in page.items]
    found = match_accounts(members, accounts, _taken(tx))
    likely: dict[AccountRef, tuple[MemberId, ...]] = {
        one.account.ref: one.member_ids for one in found.candidates
    }
    likely |= {one.account.ref: (one.member_id,) for one in found.matches}
    items = tuple(
        ShownUnmapped(one, tuple(by_id[id_] for id_ in likely.get(one.ref, ())))
        for one in page.items
    )
    return Page(items=items, next_cursor=page.next_cursor)


def note_deactivated(tx: Writing, ref: AccountRef, *, by: str = MATCHED_BY, now: datetime) -> bool:
    """A vendor says that an account was deactivated: its rights end now; False if that is known."""
    found = tx.members.by_account(ref.connection_id, ref.account_id)
    if found is None or not found[1].is_active:
        return False
    gone = replace(found[1], is_active=False)
    tx.members.set_identity(gone, by=by, now=now)
    tx.members.drop_confirmation(gone.member_id, gone.connection_id)
    record_identity(tx, AuditTag.WORKER_IDENTITY_DEACTIVATED, gone, by=by, now=now)
    return True


def note_activated(tx: Writing, ref: AccountRef, *, by: str = MATCHED_BY, now: datetime) -> bool:
    """A vendor says that an account works again: it is matched, and has to be confirmed anew.

    Shape: False if it was never known to be deactivated.
    """
    found = tx.members.by_account(ref.connection_id, ref.account_id)
    if found is None or found[1].is_active:
        return False
    back = replace(found[1], is_active=True, state=IdentityState.MATCHED)
    tx.members.set_identity(back, by=by, now=now)
    record_identity(tx, AuditTag.WORKER_IDENTITY_ACTIVATED, back, by=by, now=now)
    return True


def note_seen(tx: Writing, account: Account, *, now: datetime) -> bool:
    """Note an account that somebody acted from or was named by, unless it is somebody's.

    Shape: True when something was written, which for one account is once a day.
    """
    if tx.members.by_account(account.connection_id, account.account_id) is not None:
        return False
    return tx.members.note_unmapped(
        account.connection_id, account.account_id, name=account.name, email=account.email, now=now
    )


def match_seen(tx: Writing, *, now: datetime) -> int:
    """Match accounts that were seen before with those who have their address now; how many."""
    seen = [_as_account(one) for one in tx.members.all_unmapped() if one.email is not None]
    if not seen:
        return 0
    found = match_accounts(tx.members.all(), seen, _taken(tx))
    for one in found.matches:
        _match_by_address(tx, one.member_id, one.account, now=now)
    return len(found.matches)


def _match_by_address(tx: Writing, member_id: MemberId, account: Account, *, now: datetime) -> None:
    identity = match(tx, member_id, account.ref, name=account.name, by=MATCHED_BY, now=now)
    record_identity(tx, AuditTag.WORKER_IDENTITY_MATCHED, identity, by=MATCHED_BY, now=now)


def _taken(tx: Reading | Writing) -> Taken:
    identities = tx.members.all_identities()
    living = [one for one in identities if one.state is not IdentityState.REFUSED]
    return Taken(
        accounts=frozenset(AccountRef(one.connection_id, one.account_id) for one in living),
        places=frozenset((one.member_id, one.connection_id) for one in living),
        refused=frozenset(
            (AccountRef(one.connection_id, one.account_id), one.member_id)
            for one in identities
            if one.state is IdentityState.REFUSED
        ),
    )


def _as_account(seen: UnmappedAccount) -> Account:
    return Account(seen.connection_id, seen.account_id, seen.name, seen.email)
