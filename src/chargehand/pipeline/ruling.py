"""What the policy in force says about actions; asked for every proposal, and again by the gate."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.diff import carried_diff
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.policy import Cause, PolicyQuestion, Ruling
from chargehand.domain.records import ActionRecord, BrokenGlass
from chargehand.pipeline.breaking_glass import past_policy
from chargehand.pipeline.causing import requesting_member
from chargehand.pipeline.modes import policy_in_force
from chargehand.policy.in_force import Policy
from chargehand.storage.transaction import Reading, Writing


@dataclass(frozen=True, slots=True)
class Rulings:
    """Rules on many actions within one transaction; the policy and each requester are read once."""

    tx: Reading | Writing
    policy: Policy
    glass: BrokenGlass | None = None
    _roles: dict[tuple[MemberId, ProjectKey], frozenset[Role]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The version of the policy in force."""
        return self.policy.version

    def on(self, action: ActionRecord | ProposedAction, *, cause: Cause, now: datetime) -> Ruling:
        """What the policy says about one action that goes back to a cause."""
        return self.answer(self.question(action, cause=cause, now=now))

    def on_kind(
        self,
        kind: ActionKind,
        project: ProjectKey,
        *,
        cause: Cause,
        now: datetime,
        target: str = "",
    ) -> Ruling:
        """What it would say about an action that is not proposed yet."""
        return self.answer(self.question_about(kind, project, target=target, cause=cause, now=now))

    def answer(self, question: PolicyQuestion) -> Ruling:
        """What the policy says to a question, unless somebody is past it for now."""
        return past_policy(self.policy.rule_on(question), question, self.glass)

    def question(
        self, action: ActionRecord | ProposedAction, *, cause: Cause, now: datetime
    ) -> PolicyQuestion:
        """What the policy is asked about an action."""
        kind, project, target = action.kind, action.project, action.target
        asked = self.question_about(kind, project, target=target, cause=cause, now=now)
        diff = carried_diff(action.base)
        if diff is None:
            return asked
        return replace(asked, diff_lines=diff.line_count, paths=diff.paths or ())

    def question_about(
        self, kind: ActionKind, project: ProjectKey, *, target: str, cause: Cause, now: datetime
    ) -> PolicyQuestion:
        """What it is asked about an action that is not proposed yet."""
        member_id = requesting_member(cause)
        return PolicyQuestion(
            kind=kind,
            project=project,
            target=target,
            at=now,
            cause=cause,
            requester_roles=self._roles_of(cause, project),
            cohort=self.policy.cohort_of(member_id) if member_id is not None else "",
            stage=self.tx.stage,
        )

    def _roles_of(self, cause: Cause, project: ProjectKey) -> frozenset[Role]:
        member_id = requesting_member(cause)
        if member_id is None:
            return frozenset()
        if (member_id, project) not in self._roles:
            member = self.tx.members.find(member_id)
            is_here = member is not None and member.left_at is None
            roles = member.roles_in(project) if member is not None and is_here else frozenset()
            self._roles[member_id, project] = roles
        return self._roles[member_id, project]


@dataclass(frozen=True, slots=True)
class CausedRulings:
    """Rules on several actions of one cause, at one moment."""

    policy: Rulings
    cause: Cause
    now: datetime

    def on(self, action: ProposedAction) -> Ruling:
        """What the policy says about one of them."""
        return self.policy.on(action, cause=self.cause, now=self.now)


def rulings(tx: Reading | Writing) -> Rulings:
    """The policy in force, ready to be asked in this transaction."""
    return Rulings(tx, policy_in_force(tx), tx.policies.broken_glass())


def rule_on(
    tx: Reading | Writing, action: ActionRecord | ProposedAction, *, cause: Cause, now: datetime
) -> Ruling:
    """What the policy in force says about one action."""
    return rulings(tx).on(action, cause=cause, now=now)
