"""An action whose target changed since it was proposed is asked again, on what is there now.

Its ask is decided anew from fresh facts, so that people see a fresh preview with a fresh base.
"""

from datetime import datetime
from typing import Final

from chargehand.domain.action import ActionState
from chargehand.domain.ask import AskState
from chargehand.domain.records import ActionRecord
from chargehand.pipeline.late_asks import report_late
from chargehand.storage.transaction import Writing

BASE_CHANGED: Final = "base_changed"
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
        tx.asks.close(stored.ask.id, AskState.LATE, now=now, by="worker", problem="outdated")
        report_late(tx, stored.ask, now=now)
        return False
    tx.asks.reopen(stored.ask.id)
    return True


def _is_change(action: ActionRecord) -> bool:
    """Whether an action is more than words that tell of the others."""
    return "markdown" not in action.params
