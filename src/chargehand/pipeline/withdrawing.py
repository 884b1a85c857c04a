"""Takes back what was proposed for an ask that its asker deleted or worded anew."""

from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionState
from chargehand.domain.ask import Ask, AskState
from chargehand.domain.records import ActionRecord, ApprovalState, EffectState
from chargehand.pipeline.moving import move_action
from chargehand.storage.transaction import Writing

_TAKEN_BACK = "ask_withdrawn"


def withdraw_ask(tx: Writing, ask: Ask, *, now: datetime) -> None:
    """Close an ask; what was not sent is not sent any more, what was sent stays sent."""
    withdraw_unsent(tx, ask, now=now)
    tx.asks.close(ask.id, AskState.WITHDRAWN, now=now, by="asker")


def withdraw_unsent(tx: Writing, ask: Ask, *, now: datetime) -> None:
    """Reject what was proposed for an ask and not sent; its answer may have been given."""
    for action in tx.actions.of_ask(ask.id):
        if is_unsent(tx, action):
            withdraw_action(tx, action, why=_TAKEN_BACK, now=now)


def withdraw_action(tx: Writing, action: ActionRecord, *, why: str, now: datetime) -> None:
    """Reject an action that was not sent, with the approval that was asked for; `why` is closed."""
    _void_approval(tx, action, why=why, now=now)
    move_action(tx, action, ActionState.REJECTED, now=now, problem=why)


def is_unsent(tx: Writing, action: ActionRecord) -> bool:
    """Whether an action may still be sent, and surely no request about it is under way."""
    if action.state is ActionState.WAITING:
        return True
    if action.state not in (ActionState.APPROVED, ActionState.EXECUTING):
        return False
    effect = tx.effects.of_action(action.id)
    # The ledger's intent is committed before a request leaves, so without one none has left.
    return effect is None or effect.record.state is EffectState.REFUSED


def _void_approval(tx: Writing, action: ActionRecord, *, why: str, now: datetime) -> None:
    approval = tx.approvals.newest_of_action(action.id)
    if approval is not None and tx.approvals.decide(
        approval.id, ApprovalState.VOIDED, by="chargehand", via="worker", reason="", now=now
    ):
        tx.audit.append(
            AuditTag.WORKER_APPROVAL_VOIDED,
            approval.id,
            {"action_id": action.id, "why": why},
            now=now,
        )
