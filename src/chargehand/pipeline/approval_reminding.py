"""Tells people that an approval still waits for them, and puts it before others in the end.

Time counts as it is worked: by each person's own zone, without days off and without the time they
are away. Everybody is told once in each stage. What is looked at is found by an index, so that
thousands of approvals that wait cost nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.decisions import vote_catalogue as catalogue
from chargehand.decisions.placement import TELLS_ALONE
from chargehand.domain.ids import ApprovalId, ConnectionId, MemberId
from chargehand.domain.member import Member
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.domain.vote import MEMBER, Absence, Vote, VoteRecord
from chargehand.kit.calendar import WorkingHours, zone_named
from chargehand.kit.clock import Clock
from chargehand.pipeline.approval_telling import Telling, tell_waiting
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.electing import Electorate, electorate
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading, Writing

REMINDED: Final = "reminded"
ESCALATED: Final = "escalated"
_MOST_AT_ONCE: Final = 50
_IN_ONE_TRANSACTION: Final = 5
# A question about a message that tells of a question would never end.
_NOT_TOLD: Final = frozenset(TELLS_ALONE.values())


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Somebody to be told, and the moment from which; None for never."""

    member: Member
    due_at: datetime | None


class ApprovalReminding:
    """Reminds of what is due; safe to be killed anywhere and to run beside another."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        hours: WorkingHours,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connections = connections
        self._rules = rules
        self._hours = hours
        self._clock = clock

    async def remind(self) -> int:
        """Tell of some of what is due, the longest due first; how many messages were proposed."""
        if not any(self._waits):
            return 0
        now, told = self._clock.now(), 0
        due, early = await self._database.aread(partial(self._due, now=now))
        if early:
            # Each write wakes others, so thousands of new approvals are put off together.
            await self._database.awrite(lambda tx: tx.approvals.look_again_at(early))
        for start in range(0, len(due), _IN_ONE_TRANSACTION):
            part = due[start : start + _IN_ONE_TRANSACTION]
            told += await self._database.awrite(partial(self._look_at_all, part, now=now))
        return told

    def _due(
        self, tx: Reading, *, now: datetime
    ) -> tuple[list[ApprovalRecord], dict[ApprovalId, datetime]]:
        """What to look at now, and until when nothing can be due of what somebody may decide.

        Nobody works faster than the clock, so until then nobody's hours have to be counted.
        """
        seen = tx.approvals.due(now=now, limit=_MOST_AT_ONCE)
        actions = tx.actions.find_many(one.action_id for one in seen)
        votes = tx.votes.of_approvals(one.id for one in seen)
        people, least = electorate(tx, now), min(filter(None, self._waits))
        due, early = list[ApprovalRecord](), dict[ApprovalId, datetime]()
        for one in seen:
            action = actions.get(one.action_id)
            is_early = one.opened_at + least > now
            if action is None or not is_early or action.kind in _NOT_TOLD:
                due.append(one)
            elif _undecided(people, one, action, votes.get(one.id, ())):
                early[one.id] = one.opened_at + least
            else:
                due.append(one)
        return due, early

    def _look_at_all(self, seen: Sequence[ApprovalRecord], tx: Writing, *, now: datetime) -> int:
        # Most are about the same few people, who are read once.
        people = electorate(tx, now)
        return sum(self._look_at(people, tx, one, now=now) for one in seen)

    def _look_at(
        self, people: Electorate, tx: Writing, seen: ApprovalRecord, *, now: datetime
    ) -> int:
        """Tell whom it is time to tell of one approval, and note when to look again."""
        approval, action = tx.approvals.find(seen.id), tx.actions.find(seen.action_id)
        is_open = approval is not None and approval.state is ApprovalState.OPEN
        is_over = approval is None or approval.expires_at <= now
        if approval is None or action is None or not is_open or is_over:
            tx.approvals.look_again(seen.id, None)
            return 0
        if action.kind in _NOT_TOLD:
            tx.approvals.look_again(approval.id, None)
            return 0
        votes = tx.votes.of_approval(approval.id)
        deciders = _undecided(people, approval, action, votes)
        told, later = self._remind(tx, approval, action, deciders, now=now)
        more, latest = self._escalate(people, tx, approval, action, deciders, now=now)
        moments = [one for one in (*later, latest) if one is not None and one > now]
        tx.approvals.look_again(approval.id, min(moments, default=None))
        return told + more

    @property
    def _waits(self) -> tuple[timedelta, ...]:
        return self._rules.remind_after, self._rules.escalate_after

    def _remind(
        self,
        tx: Writing,
        approval: ApprovalRecord,
        action: ActionRecord,
        deciders: Sequence[Member],
        *,
        now: datetime,
    ) -> tuple[int, list[datetime | None]]:
        """Tell those whose working hours are over; how many, and when the others are due."""
        if not self._rules.remind_after:
            return 0, []
        told, later = 0, list[datetime | None]()
        for one in self._recipients(tx, approval, deciders, now=now):
            if one.due_at is None or one.due_at > now:
                later.append(one.due_at)
                continue
            found = self._tell(tx, approval, action, one.member, REMINDED, now=now)
            told += found is Telling.TOLD
            later.append(found if isinstance(found, datetime) else None)
        return told, later

    def _escalate(
        self,
        people: Electorate,
        tx: Writing,
        approval: ApprovalRecord,
        action: ActionRecord,
        deciders: Sequence[Member],
        *,
        now: datetime,
    ) -> tuple[int, datetime | None]:
        """Put it before others once somebody had long enough, or at once if nobody ever will."""
        if not self._rules.escalate_after:
            return 0, None
        if not approval.escalated_to:
            worked = [
                self._worked(tx, one, approval, self._rules.escalate_after) for one in deciders
            ]
            due_at = min((one for one in worked if one is not None), default=now)
            if due_at > now:
                return 0, due_at
            approval = self._put_before_others(people, tx, approval, action, now=now)
        told, latest = 0, list[datetime]()
        known = {one.id for one in deciders}
        for member in people.deciders(action, approval):
            if member.id not in known and member.roles_in(action.project) & approval.escalated_to:
                found = self._tell(tx, approval, action, member, ESCALATED, now=now)
                told += found is Telling.TOLD
                latest += [found] if isinstance(found, datetime) else []
        return told, min(latest, default=None)

    def _put_before_others(
        self,
        people: Electorate,
        tx: Writing,
        approval: ApprovalRecord,
        action: ActionRecord,
        *,
        now: datetime,
    ) -> ApprovalRecord:
        roles = self._rules.escalate_to
        tx.approvals.escalate(approval.id, roles)
        tx.chat_views.outdate(approval.id)
        tx.audit.append(
            AuditTag.WORKER_APPROVAL_ESCALATED,
            approval.id,
            {"action_id": action.id, "digest": approval.digest, "roles": sorted(roles)},
            now=now,
        )
        escalated = replace(approval, escalated_to=roles)
        if not people.deciders(action, escalated):
            tell_operator(
                tx,
                "approval_without_decider",
                subject_id=f"{action.project}:{now:%Y-%m-%d}",
                text=f"{action.kind.value} in {action.project} waits as {approval.short_id}, and "
                "no member may decide it. Decide it with `chargehand approvals`, or give somebody "
                "the role with `chargehand members roles`.",
                now=now,
            )
        return escalated

    def _recipients(
        self,
        tx: Writing,
        approval: ApprovalRecord,
        deciders: Sequence[Member],
        *,
        now: datetime,
    ) -> list[_Recipient]:
        """Whom to remind: each who may decide, and the deputies of those who are away now."""
        found = [
            _Recipient(one, self._worked(tx, one, approval, self._rules.remind_after))
            for one in deciders
        ]
        known = {one.id for one in deciders}
        for absence in tx.absences.of_members(known):
            deputy_id = absence.deputy_id
            if deputy_id is None or deputy_id in known or not absence.covers(now):
                continue
            deputy = tx.members.find(deputy_id)
            if deputy is not None and deputy.left_at is None:
                began_at = max(approval.opened_at, absence.starts_at)
                seen = replace(approval, opened_at=began_at)
                due_at = self._worked(tx, deputy, seen, self._rules.remind_after)
                found.append(_Recipient(deputy, due_at))
        return found

    def _worked(
        self, tx: Writing, member: Member, approval: ApprovalRecord, worked: timedelta
    ) -> datetime | None:
        """When a member has worked for so long since an approval was opened."""
        away = [(one.starts_at, one.ends_at) for one in self._absences(tx, member.id)]
        zone = zone_named(member.time_zone, self._hours.zone)
        return self._hours.worked_after(approval.opened_at, worked, zone, away=away)

    def _absences(self, tx: Writing, member_id: MemberId) -> tuple[Absence, ...]:
        return tx.absences.of_members([member_id])

    def _tell(
        self,
        tx: Writing,
        approval: ApprovalRecord,
        action: ActionRecord,
        member: Member,
        stage: str,
        *,
        now: datetime,
    ) -> Telling | datetime:
        """Tell one member once in a stage; the moment to try again, where they may not hear yet."""
        if member.id in {one for one, _ in tx.votes.reminded_of(approval.id)}:
            return Telling.BEFORE
        words = catalogue.APPROVAL_WAITS if stage == REMINDED else catalogue.APPROVAL_ESCALATED
        return tell_waiting(
            tx,
            approval,
            action,
            member,
            words=words,
            stage=stage,
            connections=self._connections,
            hours=self._hours,
            lasts=self._rules.approval_expires_after,
            now=now,
        )


def _undecided(
    people: Electorate,
    approval: ApprovalRecord,
    action: ActionRecord,
    votes: Sequence[VoteRecord],
) -> tuple[Member, ...]:
    """Who may decide and did not let it through yet, in their own name or by a deputy."""
    voted = {one.by for one in votes if one.vote is Vote.APPROVE}
    voted |= {f"{MEMBER}{one.deputy_of}" for one in votes if one.deputy_of is not None}
    deciders = people.deciders(action, approval)
    return tuple(one for one in deciders if f"{MEMBER}{one.id}" not in voted)
