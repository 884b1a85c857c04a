"""Every step of an action goes through the table of moves."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from chargehand.domain.action import ActionState
from chargehand.domain.ids import ActionId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ActionRecord
from chargehand.pipeline.errors import IllegalMove
from chargehand.pipeline.flow import MOVES
from chargehand.storage.transaction import Writing

NO_RESULTS: Final[Mapping[ActionId, JSONObject]] = MappingProxyType({})


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


def move_actions(
    tx: Writing,
    actions: Iterable[ActionRecord],
    state: ActionState,
    *,
    now: datetime,
    results: Mapping[ActionId, JSONObject] = NO_RESULTS,
) -> None:
    """Put several actions into their next state, together.

    Raises: IllegalMove, before anything is written, when the table does not know one of the steps.
    """
    moves = {action.id: (action.state, results.get(action.id, {})) for action in actions}
    for action_id, (before, _) in moves.items():
        if state not in MOVES[before]:
            raise IllegalMove(id=action_id, state=before.value, next=state.value)
    tx.actions.move_all(
        {action_id: result for action_id, (_, result) in moves.items()}, state, now=now
    )
