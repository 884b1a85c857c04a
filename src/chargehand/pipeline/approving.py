"""People approve, reject, edit or comment on one exact action.

It is approved once enough of them let it through; one of them is enough to reject it. What closes
it first wins.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chargehand.approvals.digest import action_digest
from chargehand.approvals.errors import (
    AlreadyDecided,
    AlreadyVoted,
    ApprovalExpired,
    ApprovalVoided,
    EditNotPossible,
    MayNotDecide,
)
from chargehand.approvals.gate import proposal_of
from chargehand.approvals.voting import (
    Refusal,
    Right,
    right_of,
    right_to_reject,
    right_to_withdraw,
)
from chargehand.audit.tags import AuditTag
from chargehand.decisions.previews import safe_params
from chargehand.domain.action import ActionState
from chargehand.domain.ids import ApprovalId, MemberId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.domain.vote import Vote
from chargehand.pipeline.electing import electorate
from chargehand.pipeline.errors import ArgumentInvalid, NotFound
from chargehand.pipeline.moving import move_action
from chargehand.pipeline.proposing import open_approval
from chargehand.pipeline.standing import REJECTED_BY_PERSON
from chargehand.pipeline.standing_votes import VoteStanding, may_not_decide, standing_of
from chargehand.plugins.connector import ActionPreviewer
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

LONGEST_COMMENT: Final = 1_000
# What somebody is told who came too late or may not; that they tried is recorded.
REFUSALS: Final = (AlreadyDecided, ApprovalExpired, ApprovalVoided, MayNotDecide)
_EXPIRED_BATCH = 100


@dataclass(frozen=True, slots=True)
class DecidedApproval:
    """An approval after somebody said something about it, with the action it is about."""

    approval: ApprovalRecord
    action: ActionRecord
    standing: VoteStanding


def approve(tx: Writing, identifier: str, *, by: str, via: str, now: datetime) -> DecidedApproval:
    """Vote for letting one exact action be sent; it is, once enough people do.

    Shape: the approval stays open while more people are needed.
    Raises: NotFound, AlreadyDecided, AlreadyVoted, ApprovalExpired, ApprovalVoided, MayNotDecide.
    """
    approval, action = _open(tx, identifier, now=now)
    if approval.digest != action.digest or _digest(tx, action) != approval.digest:
        raise ApprovalVoided(short_id=approval.short_id, why="the action has changed since")
    deputy_of = _right(tx, approval, action, by=by, find=right_of, now=now)
    is_new = _cast(tx, approval, Vote.APPROVE, by=by, via=via, deputy_of=deputy_of, now=now)
    found = electorate(tx, now).tally(action, approval)
    if found.is_enough:
        _close(tx, approval, ApprovalState.APPROVED, by=by, via=via, reason="", now=now)
        move_action(tx, action, ActionState.APPROVED, now=now)
        tag = AuditTag.PERSON_APPROVAL_APPROVED
    elif is_new:
        # Whatever message shows it tells of one vote less.
        tx.chat_views.outdate(approval.id)
        tag = AuditTag.PERSON_APPROVAL_VOTED
    else:
        counted = len(found.counted)
        raise AlreadyVoted(short_id=approval.short_id, counted=counted, quorum=found.quorum)
    _record(tx, tag, approval, action, by=by, via=via, deputy_of=deputy_of, now=now)
    return _decided(tx, approval.id, action, now=now)


def reject(
    tx: Writing, identifier: str, *, by: str, via: str, reason: str, now: datetime
) -> DecidedApproval:
    """See to it that one exact action is never sent; one person is enough, who asked among them.

    Shape: `reason` may be empty.
    Raises: NotFound, AlreadyDecided, ApprovalExpired, ApprovalVoided, MayNotDecide,
    ArgumentInvalid.
    """
    if len(reason) > LONGEST_COMMENT:
        allowed = f"at most {LONGEST_COMMENT} characters"
        found = f"{len(reason)} characters"
        raise ArgumentInvalid(field="reason", found=found, allowed=allowed)
    approval, action = _open(tx, identifier, now=now)
    deputy_of = _right(tx, approval, action, by=by, find=right_to_withdraw, now=now)
    _cast(tx, approval, Vote.REJECT, by=by, via=via, deputy_of=deputy_of, reason=reason, now=now)
    _close(tx, approval, ApprovalState.REJECTED, by=by, via=via, reason=reason, now=now)
    move_action(tx, action, ActionState.REJECTED, now=now, problem=REJECTED_BY_PERSON)
    tag = AuditTag.PERSON_APPROVAL_REJECTED
    _record(tx, tag, approval, action, by=by, via=via, deputy_of=deputy_of, now=now)
    return _decided(tx, approval.id, action, now=now)


def comment(
    tx: Writing, identifier: str, *, text: str, by: str, via: str, now: datetime
) -> DecidedApproval:
    """Say something about an approval that is open; it decides nothing.

    Raises: NotFound, AlreadyDecided, ApprovalExpired, ApprovalVoided, ArgumentInvalid.
    """
    words = text.strip()
    if not words or len(words) > LONGEST_COMMENT:
        allowed = f"1 to {LONGEST_COMMENT} characters"
        raise ArgumentInvalid(field="text", found=f"{len(words)} characters", allowed=allowed)
    approval, action = _open(tx, identifier, now=now)
    _cast(tx, approval, Vote.COMMENT, by=by, via=via, deputy_of=None, reason=words, now=now)
    tx.chat_views.outdate(approval.id)
    tag = AuditTag.PERSON_APPROVAL_COMMENTED
    _record(tx, tag, approval, action, by=by, via=via, now=now)
    return _decided(tx, approval.id, action, now=now)


def edit(
    tx: Writing,
    identifier: str,
    *,
    text: str,
    previewer: ActionPreviewer,
    by: str,
    via: str,
    lasts: timedelta,
    now: datetime,
) -> DecidedApproval:
    """Word a comment differently; the old approval is void and a new one is open.

    What was voted about the old words counts for the new ones no more.

    Raises: NotFound, AlreadyDecided, ApprovalExpired, ApprovalVoided, EditNotPossible,
    MayNotDecide, and what the connector says of the new text.
    """
    approval, action = _open(tx, identifier, now=now)
    _right(tx, approval, action, by=by, find=right_to_reject, now=now)
    if not has_words(action.params):
        raise EditNotPossible(kind=action.kind.value)
    folded = {"more": ""} if isinstance(action.params.get("more"), str) else {}
    params = safe_params({**action.params, "markdown": text, **folded})
    edited = replace(proposal_of(action), params=params, preview="")
    edited = replace(edited, preview=previewer.preview(edited))
    digest = action_digest(tx.organization_id, edited)
    _close(tx, approval, ApprovalState.VOIDED, by=by, via=via, reason="", now=now)
    tx.actions.replace_params(action.id, edited, digest=digest, now=now)
    _record(tx, AuditTag.PERSON_APPROVAL_EDITED, approval, action, by=by, via=via, now=now)
    fresh = open_approval(tx, action.id, digest=digest, lasts=lasts, now=now)
    return _decided(tx, fresh, action, now=now)


def note_refusal(
    tx: Writing, identifier: str, *, why: str, by: str, via: str, now: datetime
) -> None:
    """Record that somebody tried to decide an approval, and in vain; unknown ones are let be.

    Shape: `why` is the code of the error they were told. What they tried was rolled back, so this
    is for a transaction of its own.
    """
    approval = tx.approvals.find(identifier)
    if approval is None:
        return
    body: JSONObject = {
        "action_id": approval.action_id,
        "digest": approval.digest,
        "by": by,
        "via": via,
        "why": why,
    }
    tx.audit.append(AuditTag.PERSON_APPROVAL_REFUSED, approval.id, body, now=now)


def decide_or_note(
    database: Database,
    identifier: str,
    work: Callable[[Writing], DecidedApproval],
    *,
    by: str,
    via: str,
    now: datetime,
) -> DecidedApproval:
    """Decide in a transaction; a try that is refused is recorded in another one.

    Raises: what `work` raises.
    """
    try:
        return database.write(work)
    except REFUSALS as refusal:
        why = refusal.code
        database.write(lambda tx: note_refusal(tx, identifier, why=why, by=by, via=via, now=now))
        raise


def has_words(params: JSONObject) -> bool:
    """Whether what an action is told holds words that can be edited."""
    return isinstance(params.get("markdown"), str)


def expire_approvals(tx: Writing, *, now: datetime) -> int:
    """Close what nobody decided in time; how many were closed.

    While the database is held nothing closes: what was approved and sent in the time that a
    restore forgot is found by looking, and is not expired.
    """
    if tx.holds.current() is not None:
        return 0
    expired = tx.approvals.expired(now=now, limit=_EXPIRED_BATCH)
    for approval in expired:
        _close(
            tx, approval, ApprovalState.EXPIRED, by="chargehand", via="worker", reason="", now=now
        )
        action = tx.actions.find(approval.action_id)
        if action is not None and action.state is ActionState.WAITING:
            move_action(tx, action, ActionState.EXPIRED, now=now, problem="approval_expired")
        tx.audit.append(
            AuditTag.WORKER_APPROVAL_EXPIRED,
            approval.id,
            {"action_id": approval.action_id, "digest": approval.digest},
            now=now,
        )
    return len(expired)


def _open(tx: Writing, identifier: str, *, now: datetime) -> tuple[ApprovalRecord, ActionRecord]:
    approval = tx.approvals.find(identifier)
    action = tx.actions.find(approval.action_id) if approval is not None else None
    if approval is None or action is None:
        raise NotFound(kind="approval", id=identifier)
    match approval.state:
        case ApprovalState.OPEN if approval.expires_at > now:
            return approval, action
        case ApprovalState.OPEN | ApprovalState.EXPIRED:
            raise ApprovalExpired(
                short_id=approval.short_id, expires_at=f"{approval.expires_at:%Y-%m-%d %H:%M} UTC"
            )
        case ApprovalState.VOIDED:
            raise ApprovalVoided(
                short_id=approval.short_id, why="its action was edited or its ask withdrawn"
            )
        case _:
            raise AlreadyDecided(
                short_id=approval.short_id,
                state=approval.state.value,
                decided_by=approval.decided_by,
                decided_at=f"{approval.decided_at:%Y-%m-%d %H:%M} UTC",
            )


def _right(
    tx: Writing,
    approval: ApprovalRecord,
    action: ActionRecord,
    *,
    by: str,
    find: Callable[..., Right | Refusal],
    now: datetime,
) -> MemberId | None:
    """In whose place somebody decides, None for their own; nobody else decides meanwhile."""
    if not tx.approvals.keep(approval.id):
        raise _was_faster(tx, approval)
    right = find(electorate(tx, now).poll(action, approval, voters=[by]), by, at=now)
    if isinstance(right, Refusal):
        raise may_not_decide(tx, approval, action, right, now=now)
    return right.deputy_of


def _cast(
    tx: Writing,
    approval: ApprovalRecord,
    vote: Vote,
    *,
    by: str,
    via: str,
    deputy_of: MemberId | None,
    now: datetime,
    reason: str = "",
) -> bool:
    return tx.votes.cast(
        approval.id,
        vote,
        digest=approval.digest,
        by=by,
        via=via,
        deputy_of=deputy_of,
        reason=reason,
        now=now,
    )


def _digest(tx: Writing, action: ActionRecord) -> str:
    return action_digest(tx.organization_id, proposal_of(action))


def _close(
    tx: Writing,
    approval: ApprovalRecord,
    state: ApprovalState,
    *,
    by: str,
    via: str,
    reason: str,
    now: datetime,
) -> None:
    if tx.approvals.decide(approval.id, state, by=by, via=via, reason=reason, now=now):
        return
    raise _was_faster(tx, approval)


def _was_faster(tx: Writing, approval: ApprovalRecord) -> AlreadyDecided:
    # Another process decided between our read and this write, which only PostgreSQL allows.
    latest = tx.approvals.find(approval.id) or approval
    return AlreadyDecided(
        short_id=latest.short_id,
        state=latest.state.value,
        decided_by=latest.decided_by,
        decided_at=f"{latest.decided_at:%Y-%m-%d %H:%M} UTC" if latest.decided_at else "just now",
    )


def _record(
    tx: Writing,
    tag: AuditTag,
    approval: ApprovalRecord,
    action: ActionRecord,
    *,
    by: str,
    via: str,
    now: datetime,
    deputy_of: MemberId | None = None,
) -> None:
    body: JSONObject = {
        "action_id": action.id,
        "digest": approval.digest,
        "by": by,
        "via": via,
        **({"deputy_of": deputy_of} if deputy_of is not None else {}),
    }
    if tag is AuditTag.PERSON_APPROVAL_REJECTED:
        why = tx.approvals.reason_digest(approval.id)
        body = {**body, "reason_digest": why} if why else body
    tx.audit.append(tag, approval.id, body, now=now)


def _decided(
    tx: Writing, approval_id: ApprovalId, action: ActionRecord, *, now: datetime
) -> DecidedApproval:
    approval, latest = tx.approvals.find(approval_id), tx.actions.find(action.id)
    if approval is None or latest is None:
        raise NotFound(kind="approval", id=approval_id)
    standing = standing_of(tx, approval, latest, now=now)
    return DecidedApproval(approval=approval, action=latest, standing=standing)
