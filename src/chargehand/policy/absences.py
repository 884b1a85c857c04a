"""Which approvals nobody could complete for a while, because of who is away then."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chargehand.domain.action import Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Member
from chargehand.domain.policy import Approvers
from chargehand.domain.vote import Absence
from chargehand.policy.checking import Finding, deciders, named, requesters, who
from chargehand.policy.compiled import CompiledPolicy

# An absence begins or ends at most so often before somebody looks again.
_MOST_MOMENTS: Final = 60


@dataclass(frozen=True, slots=True)
class _Gap:
    """A moment from which on some deciders are away, and what stands in for them.

    Shape: `stuck` are those whose own asks could not be approved, None where nobody's could.
    """

    away: tuple[Absence, ...]
    stuck: frozenset[MemberId] | None


def check_absences(
    policy: CompiledPolicy,
    team: Sequence[Member],
    projects: Collection[ProjectKey],
    absences: Sequence[Absence],
    *,
    now: datetime,
) -> tuple[Finding, ...]:
    """Warnings about approvals that nobody could complete while somebody is away.

    Shape: `absences` are those that are not over; a deputy counts for whom they stand in for, and
    nobody counts twice. What nobody could complete at any time is not told again.
    """
    living = {member.id for member in team if member.left_at is None}
    moments = sorted({max(one.starts_at, now) for one in absences})[:_MOST_MOMENTS]
    gaps: dict[tuple[Approvers, ProjectKey], _Gap | None] = {}
    found: list[Finding] = []
    for place in sorted({*projects, *policy.document.projects}):
        for one in policy.ruled_in(place):
            if one.rule.mode is not Mode.APPROVE:
                continue
            key = (one.given.approvers, place)
            if key not in gaps:
                may = deciders(key[0], team, place)
                gaps[key] = _first_gap(key[0], may, living, absences, moments)
            gap = _for_requesters(gaps[key], requesters(one.rule, team, place))
            if gap is not None:
                text = _text(gap, one.given.approvers, team, place)
                found.append(Finding(is_error=False, rule=one.rule.name, text=text))
    return tuple(dict.fromkeys(found))


def _for_requesters(gap: _Gap | None, asking: Collection[MemberId] | None) -> _Gap | None:
    """The gap as far as it is about those who can ask; None where it is about none of them."""
    if gap is None or gap.stuck is None or asking is None:
        return gap
    stuck = gap.stuck & frozenset(asking)
    return replace(gap, stuck=stuck) if stuck else None


def _first_gap(
    approvers: Approvers,
    may: frozenset[MemberId],
    living: Collection[MemberId],
    absences: Sequence[Absence],
    moments: Sequence[datetime],
) -> _Gap | None:
    # Asking is only stuck by an absence where it is not stuck without one.
    spare = len(may) - approvers.quorum
    if spare < 0:
        return None
    first_stuck = None
    for moment in moments:
        away = {one.member_id: one for one in absences if one.covers(moment)}
        missing = tuple(away[member] for member in sorted(may) if member in away)
        voters = _voters(may, away, living)
        if not missing or len(voters) > approvers.quorum:
            continue
        if len(voters) < approvers.quorum:
            return _Gap(missing, stuck=None)
        if approvers.excludes_requester and spare and first_stuck is None:
            first_stuck = _Gap(missing, stuck=voters)
    return first_stuck


def _voters(
    may: frozenset[MemberId], away: Mapping[MemberId, Absence], living: Collection[MemberId]
) -> frozenset[MemberId]:
    """Those who could vote then, each once: whoever is there, and deputies of who is not."""
    deputies = (away[member].deputy_id for member in may if member in away)
    present = (member for member in may if member not in away)
    standing_in = (one for one in deputies if one is not None and one not in away)
    return frozenset(one for one in (*present, *standing_in) if one in living)


def _text(gap: _Gap, approvers: Approvers, team: Sequence[Member], place: ProjectKey) -> str:
    needs = f"it takes {approvers.quorum} of {who(approvers)}"
    while_away = ", ".join(sorted(_away(gap.away, team)))
    if gap.stuck is None:
        return f"Nobody could complete its approvals in {place} while {while_away}: {needs}."
    asker = named(gap.stuck, team)
    return f"What {asker} asks for in {place} could not be approved while {while_away}: {needs}."


def _away(absences: Sequence[Absence], team: Sequence[Member]) -> Iterator[str]:
    names = {member.id: member.name for member in team}
    for one in absences:
        since, until = (f"{at:%Y-%m-%d %H:%M}" for at in (one.starts_at, one.ends_at))
        deputy = names.get(one.deputy_id, "") if one.deputy_id is not None else ""
        instead = f", {deputy} in their place" if deputy else ""
        name = names.get(one.member_id, one.member_id)
        yield f"{name} is away ({since} to {until} UTC{instead})"
