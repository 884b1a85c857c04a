"""Who is who: members are found, added, given roles, and leave.

Their accounts are in `identifying.py` and `confirming.py`, whole rosters in `rosters.py`. Every
change is one transaction with its audit record, which holds ids
and closed words, since the chain can not forget a name.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import MemberId
from chargehand.domain.json import JSONValue
from chargehand.domain.member import Identity, IdentityState, Member, Role
from chargehand.domain.records import Page
from chargehand.kit.ids import new_id
from chargehand.members.errors import (
    EmailTaken,
    LastAdmin,
)
from chargehand.members.fields import (
    Roles,
    read_email,
    read_name,
    read_time_zone,
    sorted_roles,
)
from chargehand.pipeline.accounts import match_seen
from chargehand.pipeline.errors import ArgumentInvalid, NotFound
from chargehand.pipeline.identifying import known_member, living_member, require_cursor
from chargehand.pipeline.keys import revoke_keys_of
from chargehand.storage.transaction import Reading, Writing

View: TypeAlias = Reading | Writing


@dataclass(frozen=True, slots=True)
class ShownMember:
    """A member with every account that is known of them, refused ones included."""

    member: Member
    identities: tuple[Identity, ...]


def list_members(tx: View, *, cursor: str | None = None, limit: int) -> Page[ShownMember]:
    """Members, newest first, those who left included.

    Raises: ArgumentInvalid.
    """
    require_cursor(cursor, kind="member")
    page = tx.members.page(cursor=cursor, limit=limit)
    identities = tx.members.identities_of_all([one.id for one in page.items])
    items = tuple(
        ShownMember(member, tuple(one for one in identities if one.member_id == member.id))
        for member in page.items
    )
    return Page(items=items, next_cursor=page.next_cursor)


def find_member(tx: View, wanted: str) -> Member:
    """The member of an id, an e-mail address, or a name that one member alone has.

    Raises: NotFound, ArgumentInvalid for a name that several have.
    """
    by_id = tx.members.find(wanted) or tx.members.by_email(wanted.strip())
    if by_id is not None:
        return by_id
    named = tx.members.named(wanted.strip())
    if len(named) > 1:
        allowed = f"one of {', '.join(one.id for one in named)}"
        raise ArgumentInvalid(field="member", found=wanted, allowed=allowed)
    if not named:
        raise NotFound(kind="member", id=wanted)
    return named[0]


def read_member_by_id(tx: View, member_id: str) -> ShownMember:
    """One member with their accounts, by id alone.

    Raises: NotFound.
    """
    member = known_member(tx, member_id)
    return ShownMember(member, tx.members.identities_of(member.id))


def read_member(tx: View, wanted: str) -> ShownMember:
    """One member with their accounts.

    Raises: as `find_member`.
    """
    member = find_member(tx, wanted)
    return ShownMember(member, tx.members.identities_of(member.id))


def add_member(
    tx: Writing,
    name: str,
    *,
    email: str = "",
    time_zone: str = "",
    roles: Roles = (),
    by: str,
    now: datetime,
) -> Member:
    """Add one member; accounts that were seen with their address are matched at once.

    Raises: FieldWrong, EmailTaken.
    """
    address = read_email(email)
    if address is not None and (other := tx.members.by_email(address)) is not None:
        raise EmailTaken(member_id=other.id, email=address)
    member = Member(
        id=MemberId(new_id("mbr", now)),
        name=read_name(name),
        email=address,
        time_zone=read_time_zone(time_zone),
        roles=sorted_roles(roles),
    )
    tx.members.add([member], now=now)
    record_member(tx, AuditTag.PERSON_MEMBER_ADDED, member, by=by, now=now)
    match_seen(tx, now=now)
    return member


def set_roles(tx: Writing, member_id: str, roles: Roles, *, by: str, now: datetime) -> Member:
    """Give a member these roles instead of the ones they had.

    Raises: NotFound, MemberLeft, LastAdmin.
    """
    before = living_member(tx, member_id)
    after = replace(before, roles=sorted_roles(roles))
    if after == before:
        return before
    tx.members.save([after])
    _require_admin(tx, before)
    end_outgrown_sessions(tx, before, after, now=now)
    record_member(tx, AuditTag.PERSON_MEMBER_ROLES_CHANGED, after, by=by, now=now)
    return after


def end_outgrown_sessions(tx: Writing, before: Member, after: Member, *, now: datetime) -> None:
    """Have whoever lost a role sign in again, so that no open page promises more."""
    if set(before.roles) - set(after.roles):
        tx.sign_in.end_sessions_of(after.id, now=now)


def leave(tx: Writing, member_id: str, *, by: str, now: datetime) -> Member:
    """Let a member leave: their roles go at once; no account, session or key carries rights.

    Raises: NotFound, LastAdmin. Leaving twice is no error.
    """
    before = known_member(tx, member_id)
    if before.left_at is not None:
        return before
    after = replace(before, roles=(), left_at=now)
    tx.members.save([after])
    _require_admin(tx, before)
    tx.members.drop_confirmations_of(before.id)
    tx.sign_in.forget_password(before.id)
    tx.sign_in.forget_accounts(before.id)
    tx.sign_in.end_sessions_of(before.id, now=now)
    revoke_keys_of(tx, before.id, by=by, now=now)
    for identity in tx.members.identities_of(before.id):
        if identity.state is IdentityState.CONFIRMED:
            matched = replace(identity, state=IdentityState.MATCHED)
            tx.members.set_identity(matched, by=by, now=now)
    record_member(tx, AuditTag.PERSON_MEMBER_LEFT, after, by=by, now=now)
    return after


def record_member(tx: Writing, tag: AuditTag, member: Member, *, by: str, now: datetime) -> None:
    """Account for a change of a member: by id and roles, since names can not be taken back."""
    roles: JSONValue = [[project, role.value] for project, role in member.roles]
    tx.audit.append(tag, member.id, {"by": by, "roles": roles}, now=now)


def _require_admin(tx: Writing, before: Member) -> None:
    """Refuse a change after which nobody could give roles, made in this transaction."""
    was_admin = before.left_at is None and (None, Role.ADMIN) in before.roles
    if was_admin and not tx.members.admins():
        raise LastAdmin(member_id=before.id)
