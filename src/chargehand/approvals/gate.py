"""The gate: looks at everything once more, at the moment of sending, and lets one action through.

`open_gate` is the only place that makes an ApprovedAction. The caller runs it inside the
transaction that writes the effect ledger's intent, so what it saw is what is recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.approvals.digest import action_digest
from chargehand.approvals.voting import Tally
from chargehand.domain.action import ActionState, ApprovedAction, Mode, ProposedAction
from chargehand.domain.ids import EffectId, OrganizationId
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState


class ClosedReason(StrEnum):
    """Why the gate stayed shut."""

    HELD = "held"
    STOPPED = "stopped"
    FLAG_OFF = "flag_off"
    NOT_DUE = "not_due"
    ALREADY_SETTLED = "already_settled"
    DIGEST_CHANGED = "digest_changed"
    NEEDS_APPROVAL = "needs_approval"
    APPROVAL_NOT_LIVE = "approval_not_live"
    VOTES_SHORT = "votes_short"


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing is sent, and why."""

    reason: ClosedReason


@dataclass(frozen=True, slots=True)
class Simulated:
    """Nothing is sent because the mode in force says so; it is recorded as simulated for good."""


@dataclass(frozen=True, slots=True)
class GateView:
    """Everything the gate looks at, read in the same transaction.

    Shape: `mode` is the policy's answer now, not when the action was proposed; `is_held` is true
    from a restore until somebody has looked up what may have happened meanwhile; `tally` counts the
    votes anew by who may decide now, and is None where nobody was asked; `barrier` is the stop or
    the flag that keeps this action from being sent now, None where there is none.
    """

    organization_id: OrganizationId
    action: ActionRecord
    effect_id: EffectId
    approval: ApprovalRecord | None
    mode: Mode
    is_held: bool
    now: datetime
    tally: Tally | None = None
    barrier: ClosedReason | None = None


_MAY_BE_SENT = frozenset({ActionState.APPROVED, ActionState.EXECUTING})


def open_gate(view: GateView) -> ApprovedAction | Simulated | Closed:
    """Let the action through, record it as simulated, or say why not."""
    action = view.action
    unready = _unready(view)
    if unready is not None:
        return Closed(unready)
    if action_digest(view.organization_id, proposal_of(action)) != action.digest:
        return Closed(ClosedReason.DIGEST_CHANGED)
    if view.mode is Mode.SIMULATE or action.mode is Mode.SIMULATE:
        return Simulated()
    refusal = _approval_problem(view)
    if refusal is not None:
        return Closed(refusal)
    return ApprovedAction(
        action_id=action.id,
        organization_id=view.organization_id,
        effect_id=view.effect_id,
        kind=action.kind,
        connection_id=action.connection_id,
        project=action.project,
        target=action.target,
        params=action.params,
        base=action.base,
        digest=action.digest,
        approval_id=view.approval.id if view.approval is not None else None,
    )


def proposal_of(action: ActionRecord) -> ProposedAction:
    """The proposal a stored action came from."""
    return ProposedAction(
        kind=action.kind,
        connection_id=action.connection_id,
        project=action.project,
        target=action.target,
        params=action.params,
        base=action.base,
        preview=action.preview,
    )


def _unready(view: GateView) -> ClosedReason | None:
    action = view.action
    if action.state not in _MAY_BE_SENT:
        return ClosedReason.ALREADY_SETTLED
    if view.is_held:
        return ClosedReason.HELD
    if view.barrier is not None:
        return view.barrier
    if action.next_attempt_at is not None and action.next_attempt_at > view.now:
        return ClosedReason.NOT_DUE
    return None


def _approval_problem(view: GateView) -> ClosedReason | None:
    approval = view.approval
    if approval is None:
        # A policy that became stricter after the proposal asks a person after all.
        return None if view.mode is Mode.AUTO else ClosedReason.NEEDS_APPROVAL
    if approval.state is not ApprovalState.APPROVED:
        return ClosedReason.APPROVAL_NOT_LIVE
    if approval.digest != view.action.digest:
        return ClosedReason.DIGEST_CHANGED
    if view.tally is None or not view.tally.is_enough:
        # Somebody lost the role or left since, or it takes more people by now.
        return ClosedReason.VOTES_SHORT
    return None
