"""What is told to other programs as it happens, and how each telling stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.ids import OutgoingId, ProjectKey


class OutgoingEvent(StrEnum):
    """What an outgoing webhook can tell."""

    APPROVAL_OPENED = "approval.opened"
    APPROVAL_VOTED = "approval.voted"
    APPROVAL_DECIDED = "approval.decided"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_ESCALATED = "approval.escalated"
    APPROVAL_VOIDED = "approval.voided"
    DECISION_RECORDED = "decision.recorded"
    ACTION_EXECUTED = "action.executed"
    ACTION_FAILED = "action.failed"
    ACTION_OUTDATED = "action.outdated"
    ACTION_UNKNOWN = "action.unknown"
    ACTION_SETTLED = "action.settled"
    BUDGET_WARNING = "budget.warning"
    BUDGET_CHANGED = "budget.changed"


class OutgoingState(StrEnum):
    """How a post stands: it waits for its next try, was taken, or was given up after a day."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class OutgoingPost:
    """One event on its way to one webhook.

    Shape: `webhook` is the id in the settings; `audit_seq` is the audit record that tells of it;
    `project` is None for what is the organization's; `problem` is why the last try failed.
    """

    id: OutgoingId
    webhook: str
    event: OutgoingEvent
    subject_id: str
    project: ProjectKey | None
    audit_seq: int
    state: OutgoingState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    closed_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class WaitingPosts:
    """How many posts to one webhook are on their way, and since when the oldest is."""

    number: int
    oldest_at: datetime
