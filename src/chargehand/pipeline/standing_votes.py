"""How an approval stands in the eyes of people: who said what, who may, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.approvals.errors import MayNotDecide
from chargehand.approvals.voting import Refusal
from chargehand.domain.ids import MemberId, VoteId
from chargehand.domain.member import Member
from chargehand.domain.policy import Approvers
from chargehand.domain.records import ActionRecord, ApprovalRecord
from chargehand.domain.vote import Vote, VoteRecord
from chargehand.pipeline.electing import Electorate, View, electorate, member_named, name_of

_MOST_NAMED: Final = 20
_MOST_NAMED_IN_A_SENTENCE: Final = 5


@dataclass(frozen=True, slots=True)
class ShownVote:
    """One vote or comment with the names of those it is of; `counts` towards the quorum now."""

    id: VoteId
    vote: Vote
    by: str
    name: str
    deputy_of: MemberId | None
    deputy_of_name: str
    via: str
    at: datetime
    reason: str
    is_erased: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class Decider:
    """A member who may decide."""

    id: MemberId
    name: str


@dataclass(frozen=True, slots=True)
class VoteStanding:
    """How the votes about one approval stand by the policy in force.

    Shape: `counted` people of `quorum` let it through; `may_decide` are the first of those who may
    in their own right, and None in lists, where they are not looked up.
    """

    quorum: int
    counted: int
    votes: tuple[ShownVote, ...]
    may_decide: tuple[Decider, ...] | None = None

    @property
    def approving(self) -> tuple[ShownVote, ...]:
        """The votes that count, oldest first."""
        return tuple(one for one in self.votes if one.counts)


def standings_of(
    tx: View, shown: Sequence[tuple[ApprovalRecord, ActionRecord]], *, now: datetime
) -> dict[str, VoteStanding]:
    """How some approvals stand, by approval."""
    people = electorate(tx, now)
    votes = tx.votes.of_approvals(approval.id for approval, _ in shown)
    people.look_up_requesters([action for approval, action in shown if approval.id in votes])
    return {
        approval.id: _standing(
            people, approval, action, votes.get(approval.id, ()), may_decide=None
        )
        for approval, action in shown
    }


def standing_of(
    tx: View, approval: ApprovalRecord, action: ActionRecord, *, now: datetime
) -> VoteStanding:
    """How one approval stands, with who may decide it."""
    people = electorate(tx, now)
    may = tuple(Decider(one.id, one.name) for one in people.deciders(action, approval))
    votes = tx.votes.of_approval(approval.id)
    return _standing(people, approval, action, votes, may_decide=may[:_MOST_NAMED])


def may_not_decide(
    tx: View, approval: ApprovalRecord, action: ActionRecord, refusal: Refusal, *, now: datetime
) -> MayNotDecide:
    """Why somebody may not decide, and who could instead."""
    people = electorate(tx, now)
    deciders = people.deciders(action, approval)
    why = {
        Refusal.NO_ROLE: f"it takes {who_may(tx, people.approvers(action, approval), action)}",
        Refusal.LEFT: "you are no longer a member of the team",
        Refusal.DEACTIVATED: "your accounts are deactivated",
        Refusal.REQUESTER: "you asked for it yourself",
        Refusal.REQUESTERS_DEPUTY: "it was asked for by the very member you stand in for",
    }[refusal]
    return MayNotDecide(short_id=approval.short_id, why=why, instead=_instead(deciders))


def who_may(tx: View, approvers: Approvers, action: ActionRecord) -> str:
    """Who lets an action through, as the end of a sentence."""
    roles = ", ".join(sorted(approvers.roles))
    parts = [f"one of these roles in {action.project}: {roles}"] if roles else []
    names = ", ".join(member_named(tx, one) for one in sorted(approvers.members))
    parts += [f"one of these people: {names}"] if names else []
    return "; or ".join(parts) or "somebody, but the policy names nobody"


def _instead(deciders: Sequence[Member]) -> str:
    named = [one.name for one in deciders[:_MOST_NAMED_IN_A_SENTENCE]]
    if not named:
        return "No member may; ask whoever runs chargehand."
    more = " and others" if len(deciders) > len(named) else ""
    return f"Ask one of those who may: {', '.join(named)}{more}."


def _standing(
    people: Electorate,
    approval: ApprovalRecord,
    action: ActionRecord,
    votes: Sequence[VoteRecord],
    *,
    may_decide: tuple[Decider, ...] | None,
) -> VoteStanding:
    if not votes:
        return VoteStanding(people.approvers(action, approval).quorum, 0, (), may_decide)
    tx, found = people.tx, people.tally(action, approval, votes)
    counted = {one.id for one in found.counted}
    shown = tuple(
        ShownVote(
            id=one.id,
            vote=one.vote,
            by=one.by,
            name=name_of(tx, one.by),
            deputy_of=one.deputy_of,
            deputy_of_name=member_named(tx, one.deputy_of) if one.deputy_of is not None else "",
            via=one.via,
            at=one.at,
            reason=one.reason,
            is_erased=one.is_erased,
            counts=one.id in counted,
        )
        for one in votes
    )
    return VoteStanding(found.quorum, len(found.counted), shown, may_decide)
