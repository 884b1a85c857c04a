"""What makes a match carry rights: the same person says so from two accounts, or an operator does.

A code is given to somebody who is known as the member, and said from the account it is for. What
the code proves is only as good as where it was asked for: from an account that is confirmed, or by
an operator, it may confirm an account nobody knew; from an account that is merely matched only
another account that is matched as the same member's, and then both are confirmed.
Source: docs/decisions/0016-a-match-carries-no-right-until-confirmed.md
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.account import AccountRef, Confirmation
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ConnectionId, MemberId
from chargehand.domain.member import Identity, IdentityState, Member
from chargehand.members.codes import (
    MOST_TRIES,
    TRIES_WINDOW,
    VALID_FOR,
    digest_of_code,
    is_code,
    new_code,
    new_salt,
)
from chargehand.members.errors import AccountTaken, CodeTriesUsedUp, CodeWrong, ProofMissing
from chargehand.members.fields import Roles
from chargehand.pipeline.errors import NotFound
from chargehand.pipeline.identifying import (
    link_account,
    living_member,
    match,
    record_identity,
    refuse_account,
    require_connection,
    require_free,
)
from chargehand.pipeline.members import add_member
from chargehand.storage.transaction import Writing

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StartedConfirmation:
    """A code at the one moment it is known.

    Shape: `account_id` is the only account it can be said from, None for any that is nobody's.
    """

    code: str
    member_id: MemberId
    connection_id: ConnectionId
    account_id: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a code, or an operator, confirmed."""

    member: Member
    identities: tuple[Identity, ...]


def start_confirmation(
    tx: Writing,
    member_id: str,
    connection_id: ConnectionId,
    *,
    connections: Collection[ConnectionId],
    said_from: AccountRef | None = None,
    by: str,
    now: datetime,
) -> StartedConfirmation:
    """Give a member a code to say from their account at a connection, instead of any before.

    Shape: `said_from` is the account that asked, None when an operator does.
    Raises: NotFound, MemberLeft, ArgumentInvalid, ProofMissing.
    """
    member = living_member(tx, member_id)
    require_connection(connection_id, connections)
    known = tx.members.identity_at(member.id, connection_id)
    if said_from is not None:
        _require_proof(tx, member, said_from, is_known=known is not None)
    code, salt = new_code(), new_salt()
    expires_at = now + VALID_FOR
    tx.members.drop_stale_codes(expired_before=now, tried_before=now - TRIES_WINDOW)
    tx.members.put_confirmation(
        Confirmation(
            member_id=member.id,
            connection_id=connection_id,
            salt=salt,
            digest=digest_of_code(code, salt),
            said_from=said_from,
            started_by=by,
            expires_at=expires_at,
        )
    )
    body = {"by": by, "connection_id": connection_id}
    tx.audit.append(AuditTag.PERSON_CONFIRMATION_STARTED, member.id, body, now=now)
    account_id = known.account_id if known is not None else None
    return StartedConfirmation(code, member.id, connection_id, account_id, expires_at)


def say_code(
    tx: Writing, code: str, ref: AccountRef, *, name: str = "", now: datetime
) -> Confirmed | Rejected:
    """Confirm the account a code is said from, and the one it was asked for from.

    A wrong code is counted, so its refusal is handed back and not raised: what is raised takes the
    count back with it.
    """
    tx.members.drop_stale_codes(expired_before=now, tried_before=now - TRIES_WINDOW)
    tries = tx.members.tries_of(ref)
    if tries is not None and tries.number >= MOST_TRIES:
        wait = tries.first_at + TRIES_WINDOW - now
        return CodeTriesUsedUp(minutes=max(1, -(-wait // _MINUTE)))
    found = _meant(tx, code, ref, now=now)
    if found is None:
        tx.members.count_try(ref, now=now)
        return CodeWrong(minutes=VALID_FOR // _MINUTE)
    tx.members.drop_confirmation(found.member_id, found.connection_id)
    tx.members.forget_tries(ref)
    member = living_member(tx, found.member_id)
    by = f"{ref.connection_id}:{ref.account_id}"
    owned = tx.members.by_account(ref.connection_id, ref.account_id)
    if owned is not None and owned[0].id != member.id:
        if owned[1].state is IdentityState.CONFIRMED:
            return AccountTaken(
                account_id=ref.account_id,
                connection_id=ref.connection_id,
                state=owned[1].state.value,
                member_id=owned[0].id,
            )
        # A match was a supposition; whoever holds the account says otherwise.
        refuse_account(tx, owned[0].id, ref, by=by, now=now)
    identities = [_confirm(tx, member, ref, name=name, by=by, now=now)]
    if found.said_from is not None:
        first = tx.members.by_account(found.said_from.connection_id, found.said_from.account_id)
        if first is not None and first[0].id == member.id and not first[1].carries_rights:
            identities.append(_confirm(tx, member, found.said_from, by=by, now=now))
    return Confirmed(member, tuple(identities))


def confirm_as_operator(
    tx: Writing, member_id: str, connection_id: ConnectionId, *, by: str, now: datetime
) -> Confirmed:
    """Confirm the account a member has at a connection, in the word of who runs the server.

    Raises: NotFound, MemberLeft. Confirming twice is no error.
    """
    member = living_member(tx, member_id)
    known = tx.members.identity_at(member.id, connection_id)
    if known is None:
        raise NotFound(kind=f"account at {connection_id} of the member", id=member.id)
    ref = AccountRef(known.connection_id, known.account_id)
    tx.members.drop_confirmation(member.id, connection_id)
    return Confirmed(member, (_confirm(tx, member, ref, by=by, now=now),))


def add_confirmed(
    tx: Writing, name: str, roles: Roles, ref: AccountRef, *, by: str, now: datetime
) -> Member:
    """Add a member with an account that whoever runs the server vouches for.

    Raises: FieldWrong, AccountTaken.
    """
    member = add_member(tx, name, roles=roles, by=by, now=now)
    link_account(tx, member.id, ref, connections={ref.connection_id}, by=by, now=now)
    return confirm_as_operator(tx, member.id, ref.connection_id, by=by, now=now).member


def _require_proof(tx: Writing, member: Member, said_from: AccountRef, *, is_known: bool) -> None:
    found = tx.members.by_account(said_from.connection_id, said_from.account_id)
    if found is None or found[0].id != member.id or not found[1].is_active:
        raise NotFound(kind=f"account {said_from.account_id} of the member", id=member.id)
    if not found[1].carries_rights and not is_known:
        raise ProofMissing


def _meant(tx: Writing, code: str, ref: AccountRef, *, now: datetime) -> Confirmation | None:
    """The confirmation a code said from an account is for; every one that holds is compared."""
    found: Confirmation | None = None
    for one in tx.members.confirmations_at(ref.connection_id, now=now):
        if is_code(code, salt=one.salt, digest=one.digest) and _may_be_said_from(tx, one, ref):
            found = one
    return found


def _may_be_said_from(tx: Writing, one: Confirmation, ref: AccountRef) -> bool:
    """Whether what a code was asked for allows this account.

    Looked at again when it is said: an account may have been linked, refused or closed meanwhile.
    """
    denied = tx.members.identity(one.member_id, ref.connection_id, ref.account_id)
    if denied is not None and denied.state is IdentityState.REFUSED:
        return False
    known = tx.members.identity_at(one.member_id, ref.connection_id)
    is_known = known is not None and known.account_id == ref.account_id and known.is_active
    if known is not None and not is_known:
        return False
    if one.said_from is None:
        return True
    asked = tx.members.by_account(one.said_from.connection_id, one.said_from.account_id)
    if asked is None or asked[0].id != one.member_id or not asked[1].is_active:
        return False
    return is_known or asked[1].carries_rights


def _confirm(
    tx: Writing, member: Member, ref: AccountRef, *, name: str = "", by: str, now: datetime
) -> Identity:
    require_free(tx, member.id, ref)
    known = tx.members.identity(member.id, ref.connection_id, ref.account_id)
    if known is not None and known.carries_rights:
        return known
    before = known or match(tx, member.id, ref, name=name, by=by, now=now)
    confirmed = replace(before, state=IdentityState.CONFIRMED)
    tx.members.set_identity(confirmed, by=by, now=now)
    record_identity(tx, AuditTag.PERSON_IDENTITY_CONFIRMED, confirmed, by=by, now=now)
    return confirmed
