"""Takes a roster in, shown first and stored whole or not at all, and writes one."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.account import AccountRef
from chargehand.domain.ids import ConnectionId, MemberId
from chargehand.domain.json import JSONObject
from chargehand.domain.member import Identity, IdentityState, Member
from chargehand.kit.ids import new_id
from chargehand.members.errors import RosterRefused
from chargehand.members.fields import write_roles
from chargehand.members.planning import PlannedMember, RosterPlan, plan_roster, team_of
from chargehand.members.roster import ACCOUNT_PREFIX, Roster
from chargehand.pipeline.accounts import match_seen
from chargehand.pipeline.members import View, end_outgrown_sessions, leave, record_member
from chargehand.storage.transaction import Writing

_SUBJECT: Final = "roster"
_COLUMNS: Final = ("id", "name", "email", "roles", "time_zone")


@dataclass(frozen=True, slots=True)
class RosterOutcome:
    """What a roster did, or would do.

    Shape: `matched_by_email` counts accounts that were seen before and found by an address.
    """

    plan: RosterPlan
    is_applied: bool
    matched_by_email: int = 0


def preview_roster(
    tx: View, roster: Roster, *, removes_missing: bool, now: datetime
) -> RosterOutcome:
    """What a roster would change; nothing is stored."""
    plan = plan_roster(
        roster,
        team_of(tx.members.all(), tx.members.all_identities()),
        new_id=lambda: MemberId(new_id("mbr", now)),
        keep_missing=lambda _: not removes_missing,
    )
    return RosterOutcome(plan, is_applied=False)


def import_roster(
    tx: Writing, roster: Roster, *, removes_missing: bool, by: str, now: datetime
) -> RosterOutcome:
    """Store a roster; doing it again changes nothing.

    Raises: RosterRefused when any line can not be used; then nothing is stored.
    """
    plan = preview_roster(tx, roster, removes_missing=removes_missing, now=now).plan
    if plan.refused:
        first = plan.refused[0]
        raise RosterRefused(
            count=len(plan.refused),
            line=first.line,
            field=first.column,
            found=first.found,
            allowed=first.allowed,
        )
    before = {one.id: one for one in tx.members.all()}
    tx.members.save([planned.member for planned in plan.changed])
    for planned in plan.changed:
        end_outgrown_sessions(tx, before[planned.member.id], planned.member, now=now)
        record_member(tx, AuditTag.PERSON_MEMBER_CHANGED, planned.member, by=by, now=now)
        for identity in planned.dropped:
            tx.members.drop_identity(identity)
            tx.members.drop_confirmation(identity.member_id, identity.connection_id)
    tx.members.add([planned.member for planned in plan.added], now=now)
    for planned in plan.added:
        record_member(tx, AuditTag.PERSON_MEMBER_ADDED, planned.member, by=by, now=now)
    names = {one.ref: one.name for one in tx.members.all_unmapped()}
    identities = [
        one for planned in (*plan.added, *plan.changed) for one in _matched(planned, names)
    ]
    tx.members.add_identities(identities, by=by, now=now)
    # An admin who leaves may be followed by one whom the same file names, so they leave last.
    for planned in plan.leaving:
        leave(tx, planned.member.id, by=by, now=now)
    matched = match_seen(tx, now=now)
    if not plan.changes_nothing:
        tx.audit.append(
            AuditTag.PERSON_ROSTER_IMPORTED, _SUBJECT, {"by": by, **_counts(plan)}, now=now
        )
    return RosterOutcome(plan, is_applied=True, matched_by_email=matched)


def export_roster(tx: View) -> Iterator[str]:
    """Everybody who did not leave, as lines of a roster that changes nothing when it is read."""
    accounts: dict[MemberId, dict[ConnectionId, Identity]] = {}
    for identity in tx.members.all_identities():
        if identity.state is not IdentityState.REFUSED:
            accounts.setdefault(identity.member_id, {})[identity.connection_id] = identity
    members = [one for one in tx.members.all() if one.left_at is None]
    connections = sorted({one for member in members for one in accounts.get(member.id, {})})
    yield _line([*_COLUMNS, *(ACCOUNT_PREFIX + one for one in connections)])
    for member in members:
        yield _line(_cells(member, accounts.get(member.id, {}), connections))


def _cells(
    member: Member, accounts: Mapping[ConnectionId, Identity], connections: list[ConnectionId]
) -> list[str]:
    found = [accounts[one].account_id if one in accounts else "" for one in connections]
    return [
        member.id,
        member.name,
        member.email or "",
        write_roles(member.roles),
        member.time_zone or "",
        *found,
    ]


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _matched(planned: PlannedMember, names: Mapping[AccountRef, str]) -> Iterator[Identity]:
    for ref in planned.new_accounts:
        yield Identity(
            connection_id=ref.connection_id,
            account_id=ref.account_id,
            member_id=planned.member.id,
            name=names.get(ref, ""),
            state=IdentityState.MATCHED,
        )


def _counts(plan: RosterPlan) -> JSONObject:
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "left": len(plan.leaving),
        "unchanged": plan.unchanged,
    }
