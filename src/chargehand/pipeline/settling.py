"""A person looked at the vendor and says whether an action happened that nobody could tell of."""

from datetime import datetime
from typing import Literal

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionState
from chargehand.domain.records import ActionRecord, EffectState
from chargehand.pipeline.errors import NotFound, NotUnknown
from chargehand.pipeline.moving import move_action
from chargehand.storage.transaction import Writing

Finding = Literal["happened", "did_not_happen"]


def settle_action(
    tx: Writing, action_id: str, finding: Finding, *, by: str, via: str, now: datetime
) -> ActionRecord:
    """Close an action that is `unknown`; it is never sent again either way.

    Raises: NotFound, NotUnknown.
    """
    action = tx.actions.find(action_id)
    if action is None:
        raise NotFound(kind="action", id=action_id)
    if action.state is not ActionState.UNKNOWN:
        raise NotUnknown(id=action_id, state=action.state.value)
    has_happened = finding == "happened"
    effect = EffectState.DONE if has_happened else EffectState.REFUSED
    tx.effects.settle(action.id, effect, now=now)
    state = ActionState.EXECUTED if has_happened else ActionState.FAILED
    move_action(tx, action, state, now=now, problem="" if has_happened else "did_not_happen")
    tx.audit.append(
        AuditTag.PERSON_ACTION_SETTLED,
        action.id,
        {"digest": action.digest, "finding": finding, "by": by, "via": via},
        now=now,
    )
    return tx.actions.find(action_id) or action
