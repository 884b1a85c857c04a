"""Whose an account is: linked by a person, refused by its owner.

A linked account is matched: it may be named so, and carries no right until it is confirmed.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.account import LONGEST_NAME, AccountRef
from chargehand.domain.ids import ConnectionId, MemberId
from chargehand.domain.member import Identity, IdentityState, Member
from chargehand.kit.ids import id_kind
from chargehand.members.errors import AccountTaken, MemberHasAccount, MemberLeft
from chargehand.members.fields import read_account
from chargehand.pipeline.errors import ArgumentInvalid, NotFound
from chargehand.storage.transaction import Reading, Writing

_SHOWN: Final = 60


def link_account(
    tx: Writing,
    member_id: str,
    ref: AccountRef,
    *,
    connections: Collection[ConnectionId],
    by: str,
    now: datetime,
) -> Identity:
    """Say that an account is a member's: it is matched, and carries no right until confirmed.

    Linking it again takes a refusal back.
    Raises: NotFound, FieldWrong, ArgumentInvalid, MemberLeft, AccountTaken, MemberHasAccount.
    """
    member = living_member(tx, member_id)
    require_connection(ref.connection_id, connections)
    account_id = read_account(ref.account_id, field="account")
    if account_id is None:
        allowed = "the id the vendor gave the account"
        raise ArgumentInvalid(field="account", found="", allowed=allowed)
    ref = AccountRef(ref.connection_id, account_id)
    owned = tx.members.by_account(ref.connection_id, ref.account_id)
    if owned is not None and owned[0].id == member.id:
        return owned[1]
    require_free(tx, member.id, ref)
    identity = match(tx, member.id, ref, by=by, now=now)
    record_identity(tx, AuditTag.PERSON_IDENTITY_LINKED, identity, by=by, now=now)
    return identity


def refuse_account(
    tx: Writing, member_id: str, ref: AccountRef, *, by: str, now: datetime
) -> Identity:
    """Say that an account is not a member's: it carries nothing, and is not matched again.

    Raises: NotFound. Refusing twice is no error.
    """
    member = known_member(tx, member_id)
    known = tx.members.identity(member.id, ref.connection_id, ref.account_id)
    if known is None:
        raise NotFound(kind=f"account {ref.account_id} of the member", id=member_id)
    if known.state is IdentityState.REFUSED:
        return known
    refused = replace(known, state=IdentityState.REFUSED)
    tx.members.set_identity(refused, by=by, now=now)
    tx.members.drop_confirmation(known.member_id, known.connection_id)
    record_identity(tx, AuditTag.PERSON_IDENTITY_REFUSED, refused, by=by, now=now)
    return refused


def require_connection(connection_id: str, connections: Collection[ConnectionId]) -> None:
    """Refuse a connection that is not configured.

    Raises: ArgumentInvalid.
    """
    if connection_id not in connections:
        allowed = ", ".join(sorted(connections)) or "none, since no connection is configured"
        raise ArgumentInvalid(field="connection", found=connection_id, allowed=allowed)


def require_cursor(cursor: str | None, *, kind: str) -> None:
    """Refuse a cursor of another list.

    Raises: ArgumentInvalid.
    """
    if cursor is not None and id_kind(cursor) != kind:
        allowed = "the next_cursor of the page before, or none for the newest"
        raise ArgumentInvalid(field="cursor", found=cursor[:_SHOWN], allowed=allowed)


def require_free(tx: Writing, member_id: MemberId, ref: AccountRef) -> None:
    """Refuse an account that is another member's, or a second one at a connection.

    Raises: AccountTaken, MemberHasAccount.
    """
    owned = tx.members.by_account(ref.connection_id, ref.account_id)
    if owned is not None and owned[0].id != member_id:
        raise AccountTaken(
            account_id=ref.account_id,
            connection_id=ref.connection_id,
            state=owned[1].state.value,
            member_id=owned[0].id,
        )
    has = tx.members.identity_at(member_id, ref.connection_id)
    if has is not None and has.account_id != ref.account_id:
        raise MemberHasAccount(
            member_id=member_id, account_id=has.account_id, connection_id=ref.connection_id
        )


def match(
    tx: Writing, member_id: MemberId, ref: AccountRef, *, name: str = "", by: str, now: datetime
) -> Identity:
    """Record an account as a member's, matched; the caller made sure that it is free."""
    seen = tx.members.unmapped(ref.connection_id, ref.account_id)
    told = name or (seen.name if seen is not None else "")
    identity = Identity(
        connection_id=ref.connection_id,
        account_id=ref.account_id,
        member_id=member_id,
        name=told[:LONGEST_NAME],
        state=IdentityState.MATCHED,
    )
    if tx.members.identity(member_id, ref.connection_id, ref.account_id) is not None:
        tx.members.set_identity(identity, by=by, now=now)
        tx.members.forget_unmapped({ref})
    else:
        tx.members.add_identities([identity], by=by, now=now)
    return identity


def record_identity(
    tx: Writing, tag: AuditTag, identity: Identity, *, by: str, now: datetime
) -> None:
    """Account for a change of an identity, without the account's id."""
    body = {"by": by, "connection_id": identity.connection_id, "state": identity.state.value}
    tx.audit.append(tag, identity.member_id, body, now=now)


def known_member(tx: Reading | Writing, member_id: str) -> Member:
    """A member by id, whether or not they left.

    Raises: NotFound.
    """
    # A caller may hand in any text, and PostgreSQL takes not every one.
    member = tx.members.find(member_id) if id_kind(member_id) == "member" else None
    if member is None:
        raise NotFound(kind="member", id=member_id)
    return member


def living_member(tx: Writing, member_id: str) -> Member:
    """A member who did not leave.

    Raises: NotFound, MemberLeft.
    """
    member = known_member(tx, member_id)
    if member.left_at is not None:
        raise MemberLeft(member_id=member.id)
    return member
