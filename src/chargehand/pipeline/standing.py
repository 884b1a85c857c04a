"""What an ask has set in motion already, so that deciding it anew does not do it again."""

from dataclasses import replace
from typing import Final

from chargehand.decisions.updating import UPDATED_BY
from chargehand.domain.action import ActionState, ProposedAction
from chargehand.domain.decision import Decision
from chargehand.domain.ids import AskId, DecisionId
from chargehand.domain.records import ActionRecord
from chargehand.kit.canonical import canonical_json
from chargehand.storage.transaction import Reading, Writing

STANDING: Final = frozenset(
    {
        ActionState.WAITING,
        ActionState.APPROVED,
        ActionState.EXECUTING,
        ActionState.EXECUTED,
        ActionState.UNKNOWN,
    }
)
REJECTED_BY_PERSON: Final = "rejected_by_person"
# Why the worker gives an ask to itself again; whoever words theirs anew wants what it says.
_DECIDED_ANEW: Final = frozenset({"base_changed", "outdated"})


def without_standing(tx: Writing, ask_id: AskId, decision: Decision) -> Decision:
    """The decision without the actions that an earlier one for the same ask did or may still do.

    A change somebody else took back since is not made a second time: it was asked for once. Nor is
    what a person rejected proposed once more, where nobody but the worker wants it decided anew.
    """
    earlier = tx.actions.of_ask(ask_id)
    is_by_itself = any(one.problem in _DECIDED_ANEW for one in earlier)
    standing = {
        _doing(one)
        for one in earlier
        if one.state in STANDING or (is_by_itself and one.problem == REJECTED_BY_PERSON)
    }
    fresh = tuple(action for action in decision.actions if _doing(action) not in standing)
    return replace(decision, actions=fresh)


def is_undone(tx: Reading | Writing, decision_id: DecisionId) -> bool:
    """Whether something a decision did was undone, so that its answer may not be there any more."""
    return any(
        undo.state is ActionState.EXECUTED and tx.undos.find(undo.id) is not None
        for undo in tx.actions.of_decision(decision_id)
    )


def words_behind(
    tx: Reading | Writing, connection_id: str, external_id: str
) -> ActionRecord | None:
    """The action whose words a comment or message of ours has; None where it is none of ours.

    Shape: an update that was taken back does not count, nor what took it back; where nothing else
    is left, the newest.
    """
    ids = tx.effects.actions_behind(connection_id, external_id)
    found = tx.actions.find_many(ids)
    worded = [found[one] for one in ids if one in found and "markdown" in found[one].params]
    standing = (
        one for one in worded if tx.undos.find(one.id) is None and not is_taken_back(tx, one)
    )
    return next(standing, worded[0] if worded else None)


def is_put_back(tx: Reading | Writing, decision_id: str) -> bool:
    """Whether a decision's words took the place of others, and those were put back since."""
    return any(
        one.kind in UPDATED_BY.values() and tx.undos.find(one.id) is None and is_taken_back(tx, one)
        for one in tx.actions.of_decision(decision_id)
    )


def is_taken_back(tx: Reading | Writing, action: ActionRecord) -> bool:
    """Whether an action was undone."""
    tries = tx.actions.find_many(one.undo_action_id for one in tx.undos.of_undone(action.id))
    return any(one.state is ActionState.EXECUTED for one in tries.values())


def _doing(action: ActionRecord | ProposedAction) -> tuple[str, str, str]:
    return action.kind.value, action.target, canonical_json(action.params)
