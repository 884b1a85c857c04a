"""Records what is said to people without a question of theirs: a decision and its one message."""

from dataclasses import replace
from datetime import datetime, timedelta

from chargehand.audit.tags import AuditTag
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.event import Event
from chargehand.domain.ids import ActionId, DecisionId, EventId
from chargehand.domain.policy import Cause
from chargehand.kit.ids import derive_id
from chargehand.pipeline.barriers import barriers, subject_in
from chargehand.pipeline.proposing import propose
from chargehand.pipeline.ruling import rulings
from chargehand.storage.transaction import Writing


def record_unasked(
    tx: Writing,
    decision_id: DecisionId,
    decision: Decision,
    event_id: EventId,
    event: Event,
    *,
    cause: Cause,
    approval_lasts: timedelta,
    now: datetime,
) -> ActionId | None:
    """Record a decision about an event, and propose the message it holds, if it holds one.

    Shape: the action of the message; None without one, and where all of it was recorded before.
    """
    decision = _unless_off(tx, decision, now=now)
    policy = rulings(tx)
    if not tx.decisions.add_for_event(
        decision_id, decision, event_id, event, policy_version=policy.version, now=now
    ):
        return None
    tx.audit.append(
        AuditTag.WORKER_DECISION_RECORDED,
        decision_id,
        {
            "event_id": event_id,
            "verdict": decision.verdict.value,
            "reason": decision.reason.value,
            "actions": [action.kind.value for action in decision.actions],
        },
        now=now,
    )
    if not decision.actions:
        return None
    (action,) = decision.actions
    action_id = ActionId(derive_id("act", decision_id, 0))
    propose(
        tx,
        action_id,
        action,
        decision_id=decision_id,
        ask_id=None,
        mode=policy.on(action, cause=cause, now=now).mode,
        policy_version=policy.version,
        cause=cause,
        approval_lasts=approval_lasts,
        now=now,
    )
    return action_id


def _unless_off(tx: Writing, decision: Decision, *, now: datetime) -> Decision:
    """The decision, or silence where nothing unasked is told; a reminder was asked for."""
    if not decision.actions or decision.reason is Reason.REMINDER_DUE:
        return decision
    (action,) = decision.actions
    subject = subject_in(action.project, action.connection_id, action.kind.connector)
    if barriers(tx, now=now).tells_unasked(subject):
        return decision
    return replace(
        decision, verdict=Verdict.SILENT, reason=Reason.UNASKED_OFF, response="", actions=()
    )
