"""Who may decide an action, and whether enough people did: pure, from what was read together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Member
from chargehand.domain.policy import Approvers
from chargehand.domain.vote import Absence, Vote, VoteRecord, member_voting

# Who is there was proved by the host, or by a key that an operator made.
_OPERATED = ("cli", "key")
_AT_THE_HOST = "cli:"


class Refusal(StrEnum):
    """Why somebody may not decide."""

    NO_ROLE = "no_role"
    LEFT = "left"
    DEACTIVATED = "deactivated"
    REQUESTER = "requester"
    REQUESTERS_DEPUTY = "requesters_deputy"


@dataclass(frozen=True, slots=True)
class Right:
    """That somebody may decide; `deputy_of` is whose right it is where it is not their own."""

    deputy_of: MemberId | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """What votes about one action are judged by, read in one transaction.

    Shape: `requester` is who asked for it, by the member where there is one, else as votes name
    people, or empty, also where the approvers do not exclude them; `members` holds those who
    voted, and whom deputies stand for; `absences` may hold some that are over; `silenced` are
    members of whom every account was deactivated, and who have no other way to say anything.
    """

    project: ProjectKey
    approvers: Approvers
    requester: str
    members: Mapping[MemberId, Member]
    absences: Sequence[Absence] = ()
    silenced: frozenset[MemberId] = frozenset()


@dataclass(frozen=True, slots=True)
class Tally:
    """How the votes about one action stand.

    Shape: `counted` are the approving votes that count, one for each seat, oldest first.
    """

    counted: tuple[VoteRecord, ...]
    quorum: int

    @property
    def is_enough(self) -> bool:
        """Whether enough people let it through."""
        return len(self.counted) >= self.quorum

    @property
    def missing(self) -> int:
        """How many people are still needed."""
        return max(0, self.quorum - len(self.counted))


def right_of(poll: Poll, by: str, *, at: datetime, taken: Collection[str] = ()) -> Right | Refusal:
    """What lets somebody approve an action at a moment, or why they may not.

    Shape: whoever is at the server's command line is its operator, and may decide what they asked
    for; a key may not. `taken` are the seats of others, as votes name people, in whose place
    nobody decides once more.
    """
    right = right_to_reject(poll, by, at=at, taken=taken)
    is_own = poll.approvers.excludes_requester and by == poll.requester
    if isinstance(right, Right) and is_own and not by.startswith(_AT_THE_HOST):
        return Refusal.REQUESTER
    return right


def right_to_reject(
    poll: Poll, by: str, *, at: datetime, taken: Collection[str] = ()
) -> Right | Refusal:
    """The same for wording anew, which lets nothing through: also for who asked."""
    member_id = member_voting(by)
    if member_id is None:
        return Right() if by.partition(":")[0] in _OPERATED else Refusal.NO_ROLE
    member = poll.members.get(member_id)
    if member is None:
        return Refusal.NO_ROLE
    if member.left_at is not None:
        return Refusal.LEFT
    if member.id in poll.silenced:
        return Refusal.DEACTIVATED
    if has_seat(poll.approvers, member, poll.project):
        return Right()
    return _right_of_deputy(poll, member_id, at=at, taken=taken)


def right_to_withdraw(
    poll: Poll, by: str, *, at: datetime, taken: Collection[str] = ()
) -> Right | Refusal:
    """The same for rejecting alone: also for who asked, whatever their roles."""
    right = right_to_reject(poll, by, at=at, taken=taken)
    member_id = member_voting(by)
    member = poll.members.get(member_id) if member_id is not None else None
    is_own = by == poll.requester and member is not None and member.left_at is None
    return Right() if isinstance(right, Refusal) and is_own else right


def has_seat(approvers: Approvers, member: Member, project: ProjectKey) -> bool:
    """Whether a member who did not leave is one of those who decide in a project."""
    if member.left_at is not None:
        return False
    return member.id in approvers.members or bool(approvers.roles & member.roles_in(project))


def tally(poll: Poll, votes: Sequence[VoteRecord], *, digest: str) -> Tally:
    """Count the people who let exactly these words through and might do so still.

    A member and their deputy have one seat between them, and nobody has two. An absence that was
    over by now does not undo what the deputy decided in it.
    """
    counted: list[VoteRecord] = []
    approving = [one for one in votes if one.vote is Vote.APPROVE and one.digest == digest]
    taken: set[str] = set()
    # Whoever votes in their own right keeps the seat that their deputy may have taken.
    for one in sorted(approving, key=lambda vote: (vote.deputy_of is not None, vote.at, vote.id)):
        right = right_of(poll, one.by, at=one.at, taken=taken)
        if isinstance(right, Refusal):
            continue
        seat = f"member:{right.deputy_of}" if right.deputy_of is not None else one.by
        if seat not in taken and one.by not in taken:
            counted.append(one)
            taken |= {seat, one.by}
    counted.sort(key=lambda vote: (vote.at, vote.id))
    return Tally(tuple(counted), poll.approvers.quorum)


def _right_of_deputy(
    poll: Poll, deputy: MemberId, *, at: datetime, taken: Collection[str]
) -> Right | Refusal:
    """The right of somebody who is away just then; nobody decides for who is a deputy only."""
    found: Right | Refusal = Refusal.NO_ROLE
    for absence in poll.absences:
        principal = poll.members.get(absence.member_id)
        if absence.deputy_id != deputy or not absence.covers(at) or principal is None:
            continue
        if principal.id in poll.silenced:
            continue
        if not has_seat(poll.approvers, principal, poll.project):
            continue
        if f"member:{principal.id}" in taken:
            continue
        if poll.approvers.excludes_requester and f"member:{principal.id}" == poll.requester:
            found = Refusal.REQUESTERS_DEPUTY
            continue
        return Right(principal.id)
    return found
