"""What a roster would change: nothing is stored here, so it can be shown before it is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chargehand.domain.account import AccountRef
from chargehand.domain.ids import ConnectionId, MemberId
from chargehand.domain.member import Identity, IdentityState, Member, Role
from chargehand.members.fields import write_roles
from chargehand.members.roster import ACCOUNT_PREFIX, Roster, RosterProblem, RosterRow

_ADMIN: Final = (None, Role.ADMIN)
_TEAM: Final = "team"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after; empty where there is nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlannedMember:
    """A member as they would be.

    Shape: `line` is None for one who is not in the file; `changes` is empty when nothing would
    change; `new_accounts` would be matched, `dropped` would no longer be theirs.
    """

    line: int | None
    member: Member
    changes: tuple[FieldChange, ...]
    new_accounts: tuple[AccountRef, ...] = ()
    dropped: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """What a roster would do.

    Shape: `missing` are members who are not in the file; they leave only where that was asked
    for. `notes` are cells that are left aside without keeping the rest from being stored.
    """

    added: tuple[PlannedMember, ...]
    changed: tuple[PlannedMember, ...]
    unchanged: int
    missing: tuple[Member, ...]
    leaving: tuple[PlannedMember, ...]
    refused: tuple[RosterProblem, ...]
    notes: tuple[RosterProblem, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether storing it would leave everything as it is."""
        return not (self.added or self.changed or self.leaving)


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody who is known, and whose accounts are.

    Shape: `owners` leaves out what was refused; `refused` is by account and member.
    """

    members: Mapping[MemberId, Member]
    by_email: Mapping[str, MemberId]
    owners: Mapping[AccountRef, Identity]
    accounts: Mapping[tuple[MemberId, ConnectionId], Identity]
    refused: frozenset[tuple[AccountRef, MemberId]]


def team_of(members: Sequence[Member], identities: Sequence[Identity]) -> Team:
    """The team, by everything people are looked up by."""
    living = [one for one in identities if one.state is not IdentityState.REFUSED]
    return Team(
        members={one.id: one for one in members},
        by_email={one.email: one.id for one in members if one.email is not None},
        owners={_ref(one): one for one in living},
        accounts={(one.member_id, one.connection_id): one for one in living},
        refused=frozenset(
            (_ref(one), one.member_id) for one in identities if one.state is IdentityState.REFUSED
        ),
    )


def plan_roster(
    roster: Roster,
    team: Team,
    *,
    new_id: Callable[[], MemberId],
    keep_missing: Callable[[Member], bool] = lambda _: True,
) -> RosterPlan:
    """What a roster would change; the same roster after it changes nothing."""
    planner = _Planner(roster, team, new_id)
    for row in roster.rows:
        planner.take(row)
    # Whose line could not be read is not missing.
    missing = () if planner.has_refused else tuple(planner.missing())
    going = [one for one in missing if not keep_missing(one)]
    planner.require_admin({one.id for one in going})
    return RosterPlan(
        added=tuple(planner.added),
        changed=tuple(planner.changed),
        unchanged=planner.unchanged,
        missing=tuple(one for one in missing if one not in going),
        leaving=tuple(
            PlannedMember(None, one, (FieldChange(_TEAM, "member", "left"),)) for one in going
        ),
        refused=tuple(sorted((*roster.problems, *planner.refused), key=lambda one: one.line)),
        notes=tuple(planner.notes),
    )


@dataclass
class _Planner:
    roster: Roster
    team: Team
    new_id: Callable[[], MemberId]
    added: list[PlannedMember] = field(default_factory=list)
    changed: list[PlannedMember] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RosterProblem] = field(default_factory=list)
    notes: list[RosterProblem] = field(default_factory=list)
    _lines: dict[object, int] = field(default_factory=dict)
    _seen: set[MemberId] = field(default_factory=set)

    def take(self, row: RosterRow) -> None:
        """Look at one line; a problem of it is kept, and nothing of the line is planned."""
        problems = [*self._repeated(row), *self._contradictions(row)]
        owner = self._owner(row) if not problems else None
        if owner is not None and owner.id in self._seen:
            problems.append(_problem(row, "name", row.name, "one line for each member"))
        if problems:
            self.refused += problems
            return
        if owner is not None:
            self._seen.add(owner.id)
        planned = self._planned(row, owner)
        if owner is None:
            self.added.append(planned)
        elif planned.changes:
            self.changed.append(planned)
        else:
            self.unchanged += 1

    @property
    def has_refused(self) -> bool:
        """Whether some of the file can not be used."""
        return bool(self.roster.problems or self.refused)

    def missing(self) -> Iterator[Member]:
        """Members who are in the team and not in the file."""
        for member in self.team.members.values():
            if member.left_at is None and member.id not in self._seen:
                yield member

    def require_admin(self, going: set[MemberId]) -> None:
        """A roster that would leave nobody who can give roles is refused."""
        before = {one.id for one in self.team.members.values() if _is_admin(one)}
        after = before - going - {one.member.id for one in self.changed}
        planned = [one for one in (*self.added, *self.changed) if _is_admin(one.member)]
        if before and not after and not planned:
            line = min((one.line or 1 for one in self.changed), default=1)
            allowed = "a roster that leaves somebody with the role admin in every project"
            self.refused.append(RosterProblem(line, "roles", "no admin", allowed))

    def _repeated(self, row: RosterRow) -> Iterator[RosterProblem]:
        """What another line has too."""
        keys: list[tuple[str, str, object]] = [
            (_column(ref), ref.account_id, ref) for ref in row.accounts
        ]
        if row.email is not None:
            keys.append(("email", row.email, row.email))
        for column, found, key in keys:
            first = self._lines.setdefault(key, row.line)
            if first != row.line:
                yield _problem(row, column, found, f"once; line {first} has it too")

    def _contradictions(self, row: RosterRow) -> Iterator[RosterProblem]:
        """Where the columns of a line mean different members."""
        if row.id is not None and row.id not in self.team.members:
            allowed = "the id of a member, or nothing for a new one"
            yield _problem(row, "id", row.id, allowed)
            return
        owner = self._owner(row)
        by_email = self.team.by_email.get(row.email) if row.email is not None else None
        if owner is not None and by_email not in (None, owner.id):
            yield _problem(row, "email", row.email or "", f"an address that {by_email} has not")
        for ref in row.accounts:
            identity = self.team.owners.get(ref)
            if identity is not None and (owner is None or identity.member_id != owner.id):
                name = self.team.members[identity.member_id].name
                allowed = f"an account that is nobody else's; it is {name}'s"
                allowed += f" ({identity.member_id}, {identity.state.value})"
                yield _problem(row, _column(ref), ref.account_id, allowed)

    def _owner(self, row: RosterRow) -> Member | None:
        """The member a line is about: by id, else by address, else by an account."""
        if row.id is not None:
            return self.team.members.get(row.id)
        if row.email is not None and row.email in self.team.by_email:
            return self.team.members[self.team.by_email[row.email]]
        for ref in row.accounts:
            if ref in self.team.owners:
                owner = self.team.members[self.team.owners[ref].member_id]
                # Whoever has an address of their own is not renamed by an account alone.
                is_same = row.email is None or owner.email in (None, row.email)
                return owner if is_same else None
        return None

    def _planned(self, row: RosterRow, owner: Member | None) -> PlannedMember:
        before = owner or Member(id=self.new_id(), name="")
        after = replace(
            before,
            name=row.name,
            email=row.email if "email" in self.roster.columns else before.email,
            time_zone=row.time_zone if "time_zone" in self.roster.columns else before.time_zone,
            roles=row.roles if "roles" in self.roster.columns else before.roles,
            left_at=None,
        )
        accounts = tuple(self._new_accounts(row, after))
        dropped = tuple(
            self.team.accounts[after.id, ref.connection_id]
            for ref in accounts
            if (after.id, ref.connection_id) in self.team.accounts
        )
        changes = (*_changes(before, after), *_account_changes(accounts, dropped))
        return PlannedMember(row.line, after, changes, accounts, dropped)

    def _new_accounts(self, row: RosterRow, member: Member) -> Iterator[AccountRef]:
        for ref in row.accounts:
            if (ref, member.id) in self.team.refused:
                allowed = "another account: whoever has this one said that it is not this member's"
                self.notes.append(_problem(row, _column(ref), ref.account_id, allowed))
            elif ref not in self.team.owners:
                yield ref


def _changes(before: Member, after: Member) -> Iterator[FieldChange]:
    pairs = (
        ("name", before.name, after.name),
        ("email", before.email or "", after.email or ""),
        ("time_zone", before.time_zone or "", after.time_zone or ""),
        ("roles", write_roles(before.roles), write_roles(after.roles)),
        (_TEAM, "left" if before.left_at is not None else "member", "member"),
    )
    return (FieldChange(*pair) for pair in pairs if pair[1] != pair[2])


def _account_changes(
    accounts: Sequence[AccountRef], dropped: Sequence[Identity]
) -> Iterator[FieldChange]:
    before = {one.connection_id: f"{one.account_id} ({one.state.value})" for one in dropped}
    for ref in accounts:
        matched = IdentityState.MATCHED.value
        old = before.get(ref.connection_id, "")
        yield FieldChange(_column(ref), old, f"{ref.account_id} ({matched})")


def _is_admin(member: Member) -> bool:
    return member.left_at is None and _ADMIN in member.roles


def _problem(row: RosterRow, column: str, found: str, allowed: str) -> RosterProblem:
    return RosterProblem(row.line, column, found, allowed)


def _column(ref: AccountRef) -> str:
    return ACCOUNT_PREFIX + ref.connection_id


def _ref(identity: Identity) -> AccountRef:
    return AccountRef(identity.connection_id, identity.account_id)
