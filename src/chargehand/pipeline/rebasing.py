"""An action whose target changed since it was proposed is asked again, on what is there now.

Its ask is decided anew from fresh facts, so that people see a fresh preview with a fresh base.
"""

from datetime import datetime
from typing import Final

from chargehand.domain.action import ActionState
from chargehand.domain.ask import AskState
from chargehand.domain.records import ActionRecord
from chargehand.pipeline.late_asks import report_late
from chargehand.pipeline.withdrawing import is_unsent, withdraw_action
from chargehand.pipeline.working_signs import SIGN_KINDS
from chargehand.storage.transaction import Writing

BASE_CHANGED: Final = "base_changed"
_OUTDATED: Final = "outdated"
# Where a target changes as fast as people approve, somebody has to look at it.
_MOST_TIMES: Final = 3
_STILL_COUNTS: Final = frozenset(
    {
        ActionState.PROPOSED,
        ActionState.WAITING,
        ActionState.APPROVED,
        ActionState.EXECUTING,
        ActionState.EXECUTED,
        ActionState.UNKNOWN,
    }
)


def ask_on_new_base(tx: Writing, action: ActionRecord, *, now: datetime) -> bool:
    """Have the ask of an action decided anew; False where that could do something twice.

    Shape: not where another change of the same decision was made or may be, nor where no ask led to
    it, nor where it would run a command again. After three times the ask waits for a person in the
    late list.
    """
    stored = tx.asks.find(action.ask_id) if action.ask_id is not None else None
    if stored is None or stored.ask.state is not AskState.DECIDED or stored.ask.is_run:
        return False
    others = [one for one in tx.actions.of_decisions([action.decision_id]) if one.id != action.id]
    if any(_is_change(one) and one.state in _STILL_COUNTS for one in others):
        return False
    earlier = [one for one in tx.actions.of_ask(stored.ask.id) if one.problem == BASE_CHANGED]
    if len(earlier) >= _MOST_TIMES:
        tx.asks.close(stored.ask.id, AskState.LATE, now=now, by="worker", problem=_OUTDATED)
        report_late(tx, stored.ask, now=now)
        return False
    _withdraw_words(tx, action, now=now)
    tx.asks.reopen(stored.ask.id)
    return True


def _withdraw_words(tx: Writing, action: ActionRecord, *, now: datetime) -> None:
    """Take back what was not sent of the others: it tells of the old base. Signs go by themselves.

    Shape: nothing is left of the action itself, whose vendor said no.
    """
    for one in tx.actions.of_ask(action.ask_id) if action.ask_id is not None else ():
        if one.id != action.id and one.kind not in SIGN_KINDS and is_unsent(tx, one):
            withdraw_action(tx, one, why=_OUTDATED, now=now)


def _is_change(action: ActionRecord) -> bool:
    """Whether an action is more than words or a sign that tell of the others."""
    return "markdown" not in action.params and action.kind not in SIGN_KINDS
