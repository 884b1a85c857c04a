"""A person has an action undone: its inverse is proposed, and goes the way of every action.

The undo gets its mode from the policy, waits for an approval where that says so, and passes the
gate; nothing is sent from here. It stands under the decision whose action it undoes.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chargehand.approvals.gate import proposal_of
from chargehand.audit.tags import AuditTag
from chargehand.decisions.updating import UPDATED_BY, after
from chargehand.domain.action import ActionKind, ActionState, ProposedAction
from chargehand.domain.diff import DIFF, ON_PULL_REQUESTS
from chargehand.domain.ids import ActionId, ConnectionId
from chargehand.domain.json import JSONObject
from chargehand.domain.policy import Cause
from chargehand.domain.records import ActionRecord
from chargehand.kit.ids import derive_id
from chargehand.pipeline.errors import AlreadyUndone, NotFound, NotUndoable
from chargehand.pipeline.proposing import propose
from chargehand.pipeline.ruling import rule_on
from chargehand.pipeline.standing import STANDING
from chargehand.plugins.connector import ActionPreviewer, DoneAction, NoWayBack
from chargehand.storage.transaction import Writing

# What goes or is put back only as long as nobody wrote below it.
_UNDER_ASKS: Final = frozenset({ActionKind.JIRA_DELETE_COMMENT, *UPDATED_BY.values()})
_MOST_ASKS: Final = 50
_CONNECTION_GONE: Final = "its connection is not configured any more"


def undo_action(
    tx: Writing,
    action_id: str,
    *,
    previewers: Mapping[ConnectionId, ActionPreviewer],
    by: str,
    via: str,
    cause: Cause,
    lasts: timedelta,
    now: datetime,
) -> ActionRecord:
    """Propose what undoes an executed action; the new action, in the mode the policy gives it.

    Raises: NotFound, NotUndoable, AlreadyUndone.
    """
    action = tx.actions.find(action_id)
    if action is None:
        raise NotFound(kind="action", id=action_id)
    ordinal = _next_ordinal(tx, action)
    inverse = _inverse(tx, action, previewers.get(action.connection_id))
    undo_id = ActionId(derive_id("act", "undo", action.id, ordinal))
    if not tx.undos.add(undo_id, action.id, ordinal=ordinal, by=by, now=now):
        # Another process asked for the same between our read and this write.
        raise AlreadyUndone(id=action.id, undo_id=undo_id, state=ActionState.PROPOSED.value)
    return _propose(
        tx, action, inverse, undo_id=undo_id, by=by, via=via, cause=cause, lasts=lasts, now=now
    )


def _next_ordinal(tx: Writing, action: ActionRecord) -> int:
    """The number of this try; a try that was rejected, simulated or failed may be repeated."""
    if action.state is not ActionState.EXECUTED:
        reason = f"it is {action.state.value}, and only what was executed can be undone"
        raise NotUndoable(id=action.id, reason=reason)
    earlier = tx.undos.of_undone(action.id)
    tries = tx.actions.find_many(one.undo_action_id for one in earlier)
    for one in tries.values():
        if one.state in STANDING:
            raise AlreadyUndone(id=action.id, undo_id=one.id, state=one.state.value)
    return len(earlier) + 1


def _inverse(
    tx: Writing, action: ActionRecord, previewer: ActionPreviewer | None
) -> ProposedAction:
    if previewer is None:
        raise NotUndoable(id=action.id, reason=_CONNECTION_GONE)
    done = DoneAction(action.id, proposal_of(action), action.result)
    inverse = previewer.inverse(done)
    if isinstance(inverse, NoWayBack):
        raise NotUndoable(id=action.id, reason=inverse.reason)
    judged = replace(inverse, base=_judged_as_before(action, inverse))
    whole = replace(judged, base=_below_asks(tx, action, judged))
    return replace(whole, preview=previewer.preview(whole))


def _below_asks(tx: Writing, action: ActionRecord, inverse: ProposedAction) -> JSONObject:
    """The base of an undo that questions and commands to the bot do not keep from its comment.

    Whoever says below an answer that it is wrong would else keep it there.
    """
    comment_id = inverse.params.get("comment_id")
    if inverse.kind not in _UNDER_ASKS or not isinstance(comment_id, str):
        return inverse.base
    decision = tx.decisions.find(action.decision_id)
    item = decision.work_item if decision is not None else None
    known = inverse.base.get("asks")
    asks = {str(one) for one in known} if isinstance(known, list | tuple) else set()
    below = after({*asks, *tx.asks.comment_ids_on(action.connection_id, item)}, comment_id)
    return {**inverse.base, "asks": below[-_MOST_ASKS:]}


def _judged_as_before(action: ActionRecord, inverse: ProposedAction) -> JSONObject:
    """The base of an undo, which is judged by the diff that its action was judged by."""
    is_same = inverse.kind in ON_PULL_REQUESTS and inverse.target == action.target
    diff = action.base.get(DIFF) if is_same else None
    return inverse.base if diff is None else {**inverse.base, DIFF: diff}


def _propose(
    tx: Writing,
    undone: ActionRecord,
    proposal: ProposedAction,
    *,
    undo_id: ActionId,
    by: str,
    via: str,
    cause: Cause,
    lasts: timedelta,
    now: datetime,
) -> ActionRecord:
    ruling = rule_on(tx, proposal, cause=cause, now=now)
    propose(
        tx,
        undo_id,
        proposal,
        decision_id=undone.decision_id,
        # The ask is not what asked for this; withdrawing it must not take the undo back.
        ask_id=None,
        mode=ruling.mode,
        policy_version=ruling.version,
        cause=cause,
        approval_lasts=lasts,
        now=now,
        tag=AuditTag.PERSON_UNDO_PROPOSED,
        about={"undoes": undone.id, "by": by, "via": via},
    )
    proposed = tx.actions.find(undo_id)
    if proposed is None:
        raise NotFound(kind="action", id=undo_id)
    return proposed
