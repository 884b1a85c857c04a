"""What an action comes to that can not be done, or of which nobody can tell whether it was."""

from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionState
from chargehand.domain.attention import Topic
from chargehand.domain.records import ActionRecord, EffectState, Severity
from chargehand.pipeline.attempting import Stop
from chargehand.pipeline.moving import move_action
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.noting_changes import note_matter
from chargehand.storage.transaction import Writing


def fail(
    tx: Writing, action: ActionRecord, problem: str, *, severity: Severity, now: datetime
) -> Stop:
    """Leave an action undone for good; the operator and subscribers hear of it."""
    move_action(tx, action, ActionState.FAILED, now=now, problem=problem)
    tx.audit.append(
        AuditTag.WORKER_ACTION_FAILED,
        action.id,
        {"digest": action.digest, "problem": problem},
        now=now,
    )
    tell_operator(
        tx,
        "action_failed",
        subject_id=f"{action.connection_id}:{action.kind.value}:{problem}:{now:%Y-%m-%d}",
        text=f"{action.kind.value} on {action.target} failed: {problem}. See "
        f"`chargehand trace {action.id}` and `chargehand doctor`.",
        now=now,
        severity=severity,
    )
    project, kind = action.project, action.kind
    note_matter(tx, Topic.FAILURES, action.id, project=project, kind=kind, now=now)
    return Stop("failed", problem)


def give_up(tx: Writing, action: ActionRecord, problem: str, *, now: datetime) -> Stop:
    """Only a person can tell now whether it happened."""
    tx.effects.settle(action.id, EffectState.UNKNOWN, now=now)
    move_action(tx, action, ActionState.UNKNOWN, now=now, problem=problem)
    tx.audit.append(AuditTag.WORKER_EFFECT_UNKNOWN, action.id, {"digest": action.digest}, now=now)
    tell_operator(
        tx,
        "effect_unknown",
        subject_id=action.id,
        text=f"Whether {action.kind.value} on {action.target} happened can not be told; "
        f"please look at it there. See `chargehand trace {action.id}`.",
        now=now,
        severity=Severity.CRITICAL,
    )
    return Stop("unknown", problem)
