"""Records one proposed action with the mode it got, and asks people about it where they decide."""

from datetime import datetime, timedelta
from typing import Final

from chargehand.approvals.digest import action_digest
from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionState, Mode, ProposedAction
from chargehand.domain.attention import Topic
from chargehand.domain.ids import ActionId, ApprovalId, AskId, DecisionId
from chargehand.domain.json import JSONObject
from chargehand.domain.policy import Cause
from chargehand.domain.records import ActionRecord, ApprovalState
from chargehand.kit.ids import derive_id
from chargehand.pipeline.noting_changes import note_matter
from chargehand.storage.transaction import Writing

_STATE_BY_MODE: Final = {
    Mode.SIMULATE: ActionState.SIMULATED,
    Mode.APPROVE: ActionState.WAITING,
    Mode.AUTO: ActionState.APPROVED,
}


def propose(
    tx: Writing,
    action_id: ActionId,
    action: ProposedAction,
    *,
    decision_id: DecisionId,
    ask_id: AskId | None,
    mode: Mode,
    policy_version: int,
    cause: Cause,
    approval_lasts: timedelta,
    now: datetime,
    tag: AuditTag | None = None,
    about: JSONObject | None = None,
) -> ApprovalId | None:
    """Record an action; the approval it waits for, None where it waits for none.

    Shape: the audit names the decision and whether it is simulated, unless `tag` and `about` say
    otherwise. An action that was recorded before stays as it is.
    """
    digest = action_digest(tx.organization_id, action)
    is_new = tx.actions.add(
        action_id,
        action,
        decision_id=decision_id,
        ask_id=ask_id,
        digest=digest,
        mode=mode,
        state=_STATE_BY_MODE[mode],
        policy_version=policy_version,
        cause=cause,
        now=now,
    )
    if not is_new:
        return None
    is_simulated = mode is Mode.SIMULATE
    by_mode = AuditTag.WORKER_ACTION_SIMULATED if is_simulated else AuditTag.WORKER_ACTION_PROPOSED
    body = {**(about or {"decision_id": decision_id}), "digest": digest, "mode": mode.value}
    tx.audit.append(tag or by_mode, action_id, body, now=now)
    if mode is not Mode.APPROVE:
        return None
    return open_approval(tx, action_id, digest=digest, lasts=approval_lasts, now=now)


def open_approval(
    tx: Writing, action_id: ActionId, *, digest: str, lasts: timedelta, now: datetime
) -> ApprovalId:
    """Ask people about one exact action."""
    approval_id = approval_of(action_id, digest, now=now)
    before = tx.approvals.find(approval_id)
    if before is not None and before.state is not ApprovalState.OPEN:
        # It is asked again in the very moment in which an earlier approval was opened.
        approval_id = ApprovalId(derive_id("apv", approval_id, before.state.value))
    version = tx.policies.version_in_force()
    tx.approvals.open(
        approval_id,
        action_id,
        digest=digest,
        expires_at=now + lasts,
        policy_version=version,
        now=now,
    )
    tx.audit.append(
        AuditTag.WORKER_APPROVAL_OPENED,
        approval_id,
        {"action_id": action_id, "digest": digest, "policy_version": version},
        now=now,
    )
    action = tx.actions.find(action_id)
    if action is not None:
        project, kind = action.project, action.kind
        note_matter(tx, Topic.APPROVALS, approval_id, project=project, kind=kind, now=now)
    return approval_id


def reopen_approval(
    tx: Writing, action: ActionRecord, *, lasts: timedelta, now: datetime
) -> ApprovalId:
    """Ask people again about what was let through before, and where its messages show it."""
    before = tx.approvals.newest_of_action(action.id)
    if before is not None:
        tx.chat_views.outdate(before.id)
    return open_approval(tx, action.id, digest=action.digest, lasts=lasts, now=now)


def approval_of(action_id: ActionId, digest: str, *, now: datetime) -> ApprovalId:
    """The id of the approval that is opened about an action at a moment."""
    return ApprovalId(derive_id("apv", action_id, digest, now.isoformat()))
