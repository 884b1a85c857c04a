"""Who is away, and who decides in their place meanwhile; an absence ends by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import AbsenceId, MemberId
from chargehand.domain.json import JSONObject
from chargehand.domain.vote import Absence
from chargehand.kit.ids import new_id
from chargehand.members.errors import AbsenceInvalid
from chargehand.pipeline.electing import View, member_named
from chargehand.pipeline.identifying import known_member, living_member
from chargehand.storage.transaction import Writing

LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ShownAbsence:
    """An absence with the names of those it is about; no deputy has an empty name."""

    absence: Absence
    member_name: str
    deputy_name: str


def list_absences(tx: View, *, now: datetime) -> tuple[ShownAbsence, ...]:
    """Every absence that is not over, by its beginning."""
    return tuple(shown_absence(tx, one) for one in tx.absences.ending_after(now))


def shown_absence(tx: View, absence: Absence) -> ShownAbsence:
    """One absence with names."""
    deputy = member_named(tx, absence.deputy_id) if absence.deputy_id is not None else ""
    return ShownAbsence(absence, member_named(tx, absence.member_id), deputy)


def go_away(
    tx: Writing,
    member_id: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    deputy_id: str | None,
    by: str,
    now: datetime,
) -> Absence:
    """Note that a member is away, and who may decide in their place.

    Raises: NotFound, MemberLeft, AbsenceInvalid.
    """
    member = living_member(tx, member_id)
    deputy = living_member(tx, deputy_id) if deputy_id is not None else None
    absence = Absence(
        id=AbsenceId(new_id("abs", now)),
        member_id=member.id,
        deputy_id=deputy.id if deputy is not None else None,
        starts_at=starts_at,
        ends_at=ends_at,
        set_by=by,
    )
    _require_possible(tx, absence, now=now)
    tx.absences.add(absence)
    _record(tx, AuditTag.PERSON_MEMBER_AWAY, absence, by=by, now=now)
    return absence


def come_back(tx: Writing, member_id: str, *, by: str, now: datetime) -> tuple[Absence, ...]:
    """End a member's absence and take back those to come; what was decided in it stays decided.

    Shape: the absences that were ended; none where the member is not away.
    Raises: NotFound.
    """
    member = known_member(tx, member_id)
    ended = tuple(one for one in tx.absences.of_members([member.id]) if one.ends_at > now)
    for one in ended:
        if one.starts_at < now:
            tx.absences.end(one.id, now=now)
        else:
            tx.absences.forget(one.id)
        _record(tx, AuditTag.PERSON_MEMBER_BACK, one, by=by, now=now)
    return ended


def _require_possible(tx: View, absence: Absence, *, now: datetime) -> None:
    if absence.ends_at <= max(absence.starts_at, now):
        raise AbsenceInvalid(problem="it would be over before it begins, or is over already")
    if absence.ends_at - absence.starts_at > LONGEST:
        raise AbsenceInvalid(problem=f"it is longer than {LONGEST.days} days")
    if absence.starts_at - now > LONGEST:
        raise AbsenceInvalid(problem=f"it begins more than {LONGEST.days} days from now")
    others = [one for one in tx.absences.ending_after(now) if _overlap(one, absence)]
    if any(one.member_id == absence.member_id for one in others):
        raise AbsenceInvalid(
            problem="the member is away then already; end that first (`members back`)"
        )
    if absence.deputy_id is not None and _comes_round(absence, others):
        raise AbsenceInvalid(
            problem="the deputies would stand in for each other in a circle; name somebody else"
        )


def _comes_round(absence: Absence, others: list[Absence]) -> bool:
    """Whether following the deputies leads back to who is away, or nowhere else at all."""
    stands_in = {one.member_id: one.deputy_id for one in others}
    seen: set[MemberId] = {absence.member_id}
    at = absence.deputy_id
    while at is not None:
        if at in seen:
            return True
        seen.add(at)
        at = stands_in.get(at)
    return False


def _overlap(one: Absence, other: Absence) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _record(tx: Writing, tag: AuditTag, absence: Absence, *, by: str, now: datetime) -> None:
    body: JSONObject = {
        "by": by,
        "absence_id": absence.id,
        "deputy_id": absence.deputy_id,
        "starts_at": absence.starts_at.isoformat(),
        "ends_at": absence.ends_at.isoformat(),
    }
    tx.audit.append(tag, absence.member_id, body, now=now)
