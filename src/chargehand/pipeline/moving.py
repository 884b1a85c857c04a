"""Every step of an action goes through the table of moves."""

from datetime import datetime

from chargehand.domain.action import ActionState
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ActionRecord
from chargehand.pipeline.errors import IllegalMove
from chargehand.pipeline.flow import MOVES
from chargehand.storage.transaction import Writing


def move_action(
    tx: Writing,
    action: ActionRecord,
    state: ActionState,
    *,
    now: datetime,
    problem: str = "",
    result: JSONObject | None = None,
) -> None:
    """Put an action into its next state.

    Raises: IllegalMove when the table does not know the step.
    """
    if state not in MOVES[action.state]:
        raise IllegalMove(id=action.id, state=action.state.value, next=state.value)
    tx.actions.move(action.id, state, now=now, problem=problem, result=result)
