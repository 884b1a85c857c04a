"""Members with their roles, and the identities that tell which accounts are theirs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, delete, insert, select
from sqlalchemy import or_ as any_of

from chargehand.domain.account import AccountRef, Confirmation, Tries
from chargehand.domain.ids import AccountId, ConnectionId, MemberId, ProjectKey
from chargehand.domain.member import Identity, IdentityState, Member, Role
from chargehand.domain.records import Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import new_id
from chargehand.storage.repositories.rows import AnyRow, micros, moment
from chargehand.storage.repositories.statements import WANTED, update_by
from chargehand.storage.repositories.unmapped import UnmappedReader, UnmappedWriter
from chargehand.storage.tables_approvals import absences, approval_reminders
from chargehand.storage.tables_members import (
    confirmation_tries,
    confirmations,
    identities,
    member_roles,
    members,
    unmapped_accounts,
)

# What one statement may name: SQLite and PostgreSQL both take more, in thousands.
_MOST_NAMED: Final = 500
_EVERYWHERE: Final = ""
_BY_MEMBER: Final[tuple[Table, ...]] = (
    identities,
    member_roles,
    confirmations,
    absences,
    approval_reminders,
)


class MemberReader(UnmappedReader):
    """Looks members and identities up."""

    def find(self, member_id: str) -> Member | None:
        """One member, those who left included; None when there is none."""
        return self._member(self._one_by(members.c.member_id, member_id))

    def by_email(self, email: str) -> Member | None:
        """The member of an address, in any case; None when there is none."""
        return self._member(self._one_by(members.c.email, email.lower()))

    def by_account(self, connection_id: str, account_id: str) -> tuple[Member, Identity] | None:
        """Whose an account is, with how sure that is; None when it is nobody's.

        A member who left is told too; `Member.left_at` and `Identity.carries_rights` say so.
        """
        query = self._identities(connection_id=connection_id, account_id=account_id)
        row = self._one(query.where(identities.c.state != IdentityState.REFUSED.value))
        member = self.find(row.member_id) if row is not None else None
        return (member, _identity(row)) if row is not None and member is not None else None

    def by_accounts(self, refs: Collection[AccountRef]) -> dict[AccountRef, MemberId]:
        """Whose some accounts are, those of members who left included; nobody's are left out."""
        found: dict[AccountRef, MemberId] = {}
        for part in _parts(sorted({one.account_id for one in refs})):
            query = self._select(identities).where(
                identities.c.account_id.in_(part),
                identities.c.state != IdentityState.REFUSED.value,
            )
            for row in self._rows(query):
                found[AccountRef(row.connection_id, row.account_id)] = row.member_id
        return {ref: member_id for ref, member_id in found.items() if ref in refs}

    def identities_of(self, member_id: str) -> tuple[Identity, ...]:
        """Every identity of a member by connection, refused ones included."""
        query = self._select(identities).where(identities.c.member_id == member_id)
        rows = self._rows(query.order_by(identities.c.connection_id, identities.c.account_id))
        return tuple(_identity(row) for row in rows)

    def identity_at(self, member_id: str, connection_id: str) -> Identity | None:
        """The account a member has at a connection; None without one, or if it was refused."""
        query = self._identities(member_id=member_id, connection_id=connection_id)
        row = self._one(query.where(identities.c.state != IdentityState.REFUSED.value))
        return _identity(row) if row is not None else None

    def identity(self, member_id: str, connection_id: str, account_id: str) -> Identity | None:
        """What is known of one account being one member's; refusals too."""
        query = self._identities(member_id=member_id, connection_id=connection_id)
        row = self._one(query.where(identities.c.account_id == account_id))
        return _identity(row) if row is not None else None

    def page(self, *, cursor: str | None = None, limit: int = 50) -> Page[Member]:
        """Members, newest first, those who left included."""
        query = self._select(members)
        found = self._page(query, members.c.member_id, _as_it_is, cursor=cursor, limit=limit)
        return Page(items=self._with_roles(found.items), next_cursor=found.next_cursor)

    def all(self) -> tuple[Member, ...]:
        """Every member by name, those who left included."""
        query = self._select(members).order_by(members.c.name, members.c.member_id)
        rows = self._rows(query)
        roles = _roles_by_member(self._rows(self._select(member_roles)))
        return tuple(_member(row, roles.get(row.member_id, ())) for row in rows)

    def all_identities(self) -> tuple[Identity, ...]:
        """Every identity by connection and account, refused ones included."""
        query = self._select(identities)
        rows = self._rows(query.order_by(identities.c.connection_id, identities.c.account_id))
        return tuple(_identity(row) for row in rows)

    def mapped_at(self, connection_id: str) -> tuple[Identity, ...]:
        """The identities at a connection of members who did not leave, by account.

        Shape: refused ones are left out, deactivated ones are not.
        """
        is_theirs = (members.c.organization_id == identities.c.organization_id) & (
            members.c.member_id == identities.c.member_id
        )
        query = self._identities(connection_id=connection_id).where(
            identities.c.state != IdentityState.REFUSED.value,
            select(members.c.member_id).where(is_theirs, members.c.left_at.is_(None)).exists(),
        )
        return tuple(_identity(row) for row in self._rows(query.order_by(identities.c.account_id)))

    def identities_of_all(self, member_ids: Collection[str]) -> tuple[Identity, ...]:
        """The identities of some members together."""
        return tuple(
            _identity(row)
            for part in _parts(sorted(member_ids))
            for row in self._rows(self._select(identities).where(identities.c.member_id.in_(part)))
        )

    def named(self, name: str) -> tuple[Member, ...]:
        """Members of exactly that name, in any case."""
        # SQLite knows the case of ASCII letters only.
        wanted = name.casefold()
        rows = self._rows(self._select(members))
        return self._with_roles([row for row in rows if row.name.casefold() == wanted])

    def admins(self) -> frozenset[MemberId]:
        """Who is an admin in every project and did not leave."""
        query = self._select(member_roles).where(
            member_roles.c.role == Role.ADMIN.value, member_roles.c.project == _EVERYWHERE
        )
        found = [row.member_id for row in self._rows(query)]
        return frozenset(
            MemberId(one) for one in found if (m := self.find(one)) and m.left_at is None
        )

    def holding(
        self, roles: Collection[Role], project: ProjectKey, *, also: Collection[str] = ()
    ) -> tuple[Member, ...]:
        """Members with one of some roles in a project, and some more by id; by name."""
        query = self._select(member_roles).where(
            member_roles.c.role.in_(sorted(roles)),
            member_roles.c.project.in_([_EVERYWHERE, project]),
        )
        wanted = {row.member_id for row in self._rows(query)} | set(also)
        found = [
            member
            for part in _parts(sorted(wanted))
            for member in self._with_roles(
                self._rows(self._select(members).where(members.c.member_id.in_(part)))
            )
        ]
        return tuple(sorted(found, key=lambda one: (one.name, one.id)))

    def owners_of(self, words: Collection[str]) -> tuple[Member, ...]:
        """Members whose id, address or account, unless it was refused, is among some words."""
        found: set[str] = set()
        for part in _parts(sorted(words)):
            by_account = self._select(identities).where(
                identities.c.account_id.in_(part),
                identities.c.state != IdentityState.REFUSED.value,
            )
            found |= {row.member_id for row in self._rows(by_account)}
            emails = [word.lower() for word in part]
            own = any_of(members.c.email.in_(emails), members.c.member_id.in_(part))
            found |= {row.member_id for row in self._rows(self._select(members).where(own))}
        return tuple(member for one in sorted(found) if (member := self.find(one)))

    def left_before(self, before: datetime) -> tuple[MemberId, ...]:
        """Members who left before a moment and are still named."""
        query = self._select(members).where(
            members.c.left_at < to_micros(before), members.c.name != ""
        )
        return tuple(MemberId(row.member_id) for row in self._rows(query))

    def confirmation(self, member_id: str, connection_id: str) -> Confirmation | None:
        """The code a member was given for a connection, whether or not it still holds."""
        query = self._select(confirmations).where(
            confirmations.c.member_id == member_id, confirmations.c.connection_id == connection_id
        )
        row = self._one(query)
        return self._confirmation(row) if row is not None else None

    def confirmations_at(self, connection_id: str, *, now: datetime) -> tuple[Confirmation, ...]:
        """The codes that hold at a connection."""
        query = self._select(confirmations).where(
            confirmations.c.connection_id == connection_id,
            confirmations.c.expires_at > to_micros(now),
        )
        return tuple(self._confirmation(row) for row in self._rows(query))

    def tries_of(self, ref: AccountRef) -> Tries | None:
        """The wrong codes an account said lately; None when it said none."""
        row = self._one(self._select(confirmation_tries).where(*_is_speaker(ref)))
        return Tries(from_micros(row.first_at), row.number) if row is not None else None

    def _identities(self, **wanted: str) -> Select[Any]:
        query = self._select(identities)
        for name, value in wanted.items():
            query = query.where(identities.c[name] == value)
        return query

    def _member(self, row: AnyRow | None) -> Member | None:
        return self._with_roles([row])[0] if row is not None else None

    def _with_roles(self, rows: Sequence[AnyRow]) -> tuple[Member, ...]:
        query = self._select(member_roles)
        wanted = member_roles.c.member_id.in_([row.member_id for row in rows])
        roles = _roles_by_member(self._rows(query.where(wanted))) if rows else {}
        return tuple(_member(row, roles.get(row.member_id, ())) for row in rows)

    def _confirmation(self, row: AnyRow) -> Confirmation:
        said_from = None
        if row.from_connection_id is not None and row.from_account_id is not None:
            said_from = AccountRef(row.from_connection_id, row.from_account_id)
        return Confirmation(
            member_id=row.member_id,
            connection_id=row.connection_id,
            salt=row.salt,
            digest=row.digest,
            said_from=said_from,
            started_by=row.started_by,
            expires_at=from_micros(row.expires_at),
        )


class MemberWriter(UnmappedWriter, MemberReader):
    """Adds members, and changes who they are; who may and why is decided by the use cases."""

    def add(self, added: Sequence[Member], *, now: datetime) -> None:
        """Record new members with their roles."""
        rows = [{**_columns(one), "member_id": one.id, "added_at": to_micros(now)} for one in added]
        self._insert_all(members, rows)
        self._insert_all(member_roles, [row for one in added for row in _role_rows(one)])

    def save(self, changed: Sequence[Member]) -> None:
        """Give members the fields and roles they have now."""
        if not changed:
            return
        names = tuple(_columns(changed[0]))
        statement = update_by(members.c.member_id, self._organization_id, names)
        rows = [
            {WANTED: one.id, **{f"new_{name}": value for name, value in _columns(one).items()}}
            for one in changed
        ]
        self._connection.execute(statement, rows)
        for part in _parts([one.id for one in changed]):
            self._delete(member_roles, member_roles.c.member_id.in_(part))
        self._insert_all(member_roles, [row for one in changed for row in _role_rows(one)])

    def add_identities(self, added: Sequence[Identity], *, by: str, now: datetime) -> None:
        """Record whose accounts are; each pair of account and member must be a new one."""
        rows = [
            {
                "identity_id": new_id("idn", now),
                "connection_id": one.connection_id,
                "account_id": one.account_id,
                "member_id": one.member_id,
                **_identity_columns(one, by=by, now=now),
            }
            for one in added
        ]
        self._insert_all(identities, rows)
        self.forget_unmapped({AccountRef(one.connection_id, one.account_id) for one in added})

    def set_identity(self, identity: Identity, *, by: str, now: datetime) -> None:
        """Give an identity the name and state it has now."""
        self._connection.execute(
            self._update(identities)
            .where(*_is_pair(identity))
            .values(_identity_columns(identity, by=by, now=now))
        )

    def drop_identity(self, identity: Identity) -> None:
        """Forget that an account was somebody's."""
        self._delete(identities, *_is_pair(identity))

    def put_confirmation(self, confirmation: Confirmation) -> None:
        """Keep a code in the place of the one given before it."""
        said_from = confirmation.said_from
        self.drop_confirmation(confirmation.member_id, confirmation.connection_id)
        self._insert(
            confirmations,
            {
                "member_id": confirmation.member_id,
                "connection_id": confirmation.connection_id,
                "salt": confirmation.salt,
                "digest": confirmation.digest,
                "from_connection_id": said_from.connection_id if said_from else None,
                "from_account_id": said_from.account_id if said_from else None,
                "started_by": confirmation.started_by,
                "expires_at": to_micros(confirmation.expires_at),
            },
        )

    def drop_confirmation(self, member_id: MemberId, connection_id: ConnectionId) -> None:
        """Let a code hold no more."""
        self._delete(
            confirmations,
            confirmations.c.member_id == member_id,
            confirmations.c.connection_id == connection_id,
        )

    def drop_confirmations_of(self, member_id: MemberId) -> None:
        """Let no code of a member hold any more."""
        self._delete(confirmations, confirmations.c.member_id == member_id)

    def drop_stale_codes(self, *, expired_before: datetime, tried_before: datetime) -> None:
        """Forget codes that hold no more, and tries that count no more."""
        self._delete(confirmations, confirmations.c.expires_at <= to_micros(expired_before))
        self._delete(confirmation_tries, confirmation_tries.c.first_at <= to_micros(tried_before))

    def count_try(self, ref: AccountRef, *, now: datetime) -> None:
        """Count one more wrong code of an account."""
        first = {
            "try_id": new_id("try", now),
            "connection_id": ref.connection_id,
            "account_id": ref.account_id,
            "first_at": to_micros(now),
            "number": 1,
        }
        if not self._insert(confirmation_tries, first):
            self._connection.execute(
                self._update(confirmation_tries)
                .where(*_is_speaker(ref))
                .values(number=confirmation_tries.c.number + 1)
            )

    def forget_tries(self, ref: AccountRef) -> None:
        """Let an account begin anew, once it said a right code."""
        self._delete(confirmation_tries, *_is_speaker(ref))

    def make_nobody(self, member_id: str, name: str, *, now: datetime) -> None:
        """Leave nothing of a person but a name that stands for them, and that they left."""
        found = self.find(member_id)
        if found is None:
            return
        left_at = found.left_at or now
        self.save([Member(id=found.id, name=name, left_at=left_at)])
        for table in _BY_MEMBER:
            self._delete(table, table.c.member_id == member_id)

    def forget_accounts(self, account_ids: Collection[str]) -> int:
        """Forget accounts wherever they stand alone: unmapped, refused, or with wrong codes."""
        gone = 0
        for table in (unmapped_accounts, confirmation_tries, identities):
            for part in _parts(sorted(account_ids)):
                gone += self._delete(table, table.c.account_id.in_(part))
        return gone

    def _insert_all(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            scoped = [{"organization_id": self._organization_id, **row} for row in rows]
            self._connection.execute(insert(table), scoped)

    def _delete(self, table: Table, *which: ColumnElement[bool]) -> int:
        statement = delete(table).where(table.c.organization_id == self._organization_id, *which)
        return self._connection.execute(statement).rowcount


def _as_it_is(row: AnyRow) -> AnyRow:
    return row


def _is_pair(identity: Identity) -> tuple[ColumnElement[bool], ...]:
    return (
        identities.c.member_id == identity.member_id,
        identities.c.connection_id == identity.connection_id,
        identities.c.account_id == identity.account_id,
    )


def _is_speaker(ref: AccountRef) -> tuple[ColumnElement[bool], ...]:
    return (
        confirmation_tries.c.connection_id == ref.connection_id,
        confirmation_tries.c.account_id == ref.account_id,
    )


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _MOST_NAMED):
        yield values[start : start + _MOST_NAMED]


def _columns(member: Member) -> dict[str, object]:
    return {
        "name": member.name,
        "email": member.email.lower() if member.email is not None else None,
        "time_zone": member.time_zone,
        "left_at": micros(member.left_at),
    }


def _role_rows(member: Member) -> Iterator[dict[str, object]]:
    for project, role in sorted({(project or _EVERYWHERE, role) for project, role in member.roles}):
        yield {"member_id": member.id, "project": project, "role": role.value}


def _identity_columns(identity: Identity, *, by: str, now: datetime) -> dict[str, object]:
    return {
        "name": identity.name,
        "state": identity.state.value,
        "is_active": int(identity.is_active),
        "changed_at": to_micros(now),
        "changed_by": by,
    }


Roles = tuple[tuple[ProjectKey | None, Role], ...]


def _roles_by_member(rows: Iterable[AnyRow]) -> dict[str, Roles]:
    found: dict[str, Roles] = {}
    for row in sorted(rows, key=lambda row: (row.member_id, row.project, row.role)):
        one = (ProjectKey(row.project) if row.project else None, Role(row.role))
        found[row.member_id] = (*found.get(row.member_id, ()), one)
    return found


def _member(row: AnyRow, roles: Roles) -> Member:
    return Member(
        id=MemberId(row.member_id),
        name=row.name,
        email=row.email,
        time_zone=row.time_zone,
        roles=roles,
        left_at=moment(row.left_at),
    )


def _identity(row: AnyRow) -> Identity:
    return Identity(
        connection_id=ConnectionId(row.connection_id),
        account_id=AccountId(row.account_id),
        member_id=MemberId(row.member_id),
        name=row.name,
        state=IdentityState(row.state),
        is_active=bool(row.is_active),
    )
