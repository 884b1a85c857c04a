"""Reads what votes are judged by: who may decide an action, who asked for it, and who is away."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from chargehand.approvals.voting import Poll, Refusal, Right, Tally, has_seat, right_of, tally
from chargehand.domain.ids import ActionId, MemberId, ProjectKey
from chargehand.domain.member import Member, Role
from chargehand.domain.policy import Approvers
from chargehand.domain.records import ActionRecord, ApprovalRecord
from chargehand.domain.vote import MEMBER, Absence, VoteRecord, member_voting
from chargehand.pipeline.requesters import requesters_of
from chargehand.pipeline.ruling import Rulings, rulings
from chargehand.pipeline.silencing import silenced_among
from chargehand.storage.transaction import Reading, Writing

View: TypeAlias = Reading | Writing
# Roles and members that let an action through, and the project it is in.
_Seats: TypeAlias = tuple[frozenset[Role], frozenset[MemberId], ProjectKey]


@dataclass(frozen=True, slots=True)
class Electorate:
    """Who decides about actions at one moment, by the policy in force and the roles held then."""

    tx: View
    rulings: Rulings
    now: datetime
    _members: dict[MemberId, Member | None] = field(default_factory=dict)
    _absences: dict[MemberId, tuple[Absence, ...]] = field(default_factory=dict)
    _seats: dict[_Seats, tuple[Member, ...]] = field(default_factory=dict)
    _requesters: dict[ActionId, str] = field(default_factory=dict)
    _silenced: dict[MemberId, bool] = field(default_factory=dict)

    def look_up_requesters(self, actions: Sequence[ActionRecord]) -> None:
        """Read together who asked for some actions, before each of them is judged by itself."""
        self._requesters.update(requesters_of(self.tx, actions))

    def approvers(self, action: ActionRecord, approval: ApprovalRecord) -> Approvers:
        """Who lets an action through, those it was escalated to among them."""
        ruling = self.rulings.on(action, cause=action.cause, now=self.now)
        if not approval.escalated_to:
            return ruling.approvers
        roles = ruling.approvers.roles | approval.escalated_to
        return replace(ruling.approvers, roles=roles)

    def poll(
        self, action: ActionRecord, approval: ApprovalRecord, *, voters: Iterable[str]
    ) -> Poll:
        """What the votes of some people about an action are judged by."""
        ids = {one for by in voters if (one := member_voting(by)) is not None}
        absences = tuple(absence for one in sorted(ids) for absence in self._in_whose_place(one))
        approvers = self.approvers(action, approval)
        ids |= {absence.member_id for absence in absences}
        return Poll(
            project=action.project,
            approvers=approvers,
            requester=self._requester_judged(action, approvers),
            members={one: member for one in ids if (member := self._member(one)) is not None},
            absences=absences,
            silenced=self._silenced_among(ids),
        )

    def right(self, action: ActionRecord, approval: ApprovalRecord, by: str) -> Right | Refusal:
        """What lets somebody approve an action now, or why they may not."""
        return right_of(self.poll(action, approval, voters=[by]), by, at=self.now)

    def tally(
        self,
        action: ActionRecord,
        approval: ApprovalRecord,
        votes: Sequence[VoteRecord] | None = None,
    ) -> Tally:
        """How the votes about an action stand now; looked up where they are not handed in."""
        said = self.tx.votes.of_approval(approval.id) if votes is None else votes
        poll = self.poll(action, approval, voters=[one.by for one in said])
        return tally(poll, said, digest=action.digest)

    def deciders(self, action: ActionRecord, approval: ApprovalRecord) -> tuple[Member, ...]:
        """The members who may approve an action in their own right, by name."""
        approvers = self.approvers(action, approval)
        requester = self._requester_judged(action, approvers)
        holding = self._holding(approvers, action.project)
        silenced = self._silenced_among([one.id for one in holding])
        return tuple(
            one
            for one in holding
            if has_seat(approvers, one, action.project)
            and f"{MEMBER}{one.id}" != requester
            and one.id not in silenced
        )

    def _requester_judged(self, action: ActionRecord, approvers: Approvers) -> str:
        """Who asked for an action where that matters; empty where they may decide as others do."""
        if not approvers.excludes_requester:
            return ""
        if action.id not in self._requesters:
            self.look_up_requesters([action])
        return self._requesters[action.id]

    def _member(self, member_id: MemberId) -> Member | None:
        # A page of a list asks for the same few people again and again.
        if member_id not in self._members:
            self._members[member_id] = self.tx.members.find(member_id)
        return self._members[member_id]

    def _silenced_among(self, ids: Collection[MemberId]) -> frozenset[MemberId]:
        if unknown := set(ids) - self._silenced.keys():
            found = silenced_among(self.tx, unknown, now=self.now)
            self._silenced.update({one: one in found for one in unknown})
        return frozenset(one for one in ids if self._silenced[one])

    def _holding(self, approvers: Approvers, project: ProjectKey) -> tuple[Member, ...]:
        key = approvers.roles, approvers.members, project
        if key not in self._seats:
            self._seats[key] = self.tx.members.holding(key[0], project, also=key[1])
        return self._seats[key]

    def _in_whose_place(self, member_id: MemberId) -> tuple[Absence, ...]:
        if member_id not in self._absences:
            self._absences[member_id] = self.tx.absences.for_deputy(member_id)
        return self._absences[member_id]


def electorate(tx: View, now: datetime) -> Electorate:
    """Who decides at a moment, in one transaction."""
    return Electorate(tx, rulings(tx), now)


def name_of(tx: View, by: str) -> str:
    """Who voted, by their name where it is a member's; not yet safe in Markdown."""
    member_id = member_voting(by)
    return member_named(tx, member_id) if member_id is not None else by


def member_named(tx: View, member_id: MemberId) -> str:
    """A member's name; their id where nobody is known by it any more."""
    member = tx.members.find(member_id)
    return member.name if member is not None else member_id
