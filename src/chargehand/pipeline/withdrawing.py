"""Takes back what was proposed for an ask that its asker deleted or worded anew."""

from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionState
from chargehand.domain.ask import Ask, AskState
from chargehand.domain.records import ApprovalState
from chargehand.pipeline.moving import move_action
from chargehand.storage.transaction import Writing

_TAKEN_BACK = "ask_withdrawn"


def withdraw_ask(tx: Writing, ask: Ask, *, now: datetime) -> None:
    """Close an ask; what waits for a person is voided, what was sent stays sent."""
    for action in tx.actions.of_ask(ask.id):
        if action.state is not ActionState.WAITING:
            continue
        approval = tx.approvals.newest_of_action(action.id)
        if approval is not None and tx.approvals.decide(
            approval.id, ApprovalState.VOIDED, by="chargehand", via="worker", reason="", now=now
        ):
            tx.audit.append(
                AuditTag.WORKER_APPROVAL_VOIDED,
                approval.id,
                {"action_id": action.id, "why": _TAKEN_BACK},
                now=now,
            )
        move_action(tx, action, ActionState.REJECTED, now=now, problem=_TAKEN_BACK)
    tx.asks.close(ask.id, AskState.WITHDRAWN, now=now, by="asker")
