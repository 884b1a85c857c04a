"""The one way through the house; read this first.

    raw request -> VerifiedDelivery -> Event -> Decision[ProposedAction]
      intake          inbox            decide
                -> ApprovedAction -> ActionResult
                     approve            act            and every arrow is audited

    web/webhooks.py      a request is verified and stored raw; only then is it acknowledged
    dispatching.py       a stored delivery becomes one event, the event silence or an ask
    answering.py         an ask's facts are read, a decision is made, its actions get their mode
    approving.py         a person approves, rejects or edits one exact action
    executing.py         the gate is opened once more, the action is sent, the ledger is settled
    working.py           what keeps these steps going in the worker

Two kinds of rows are the outbox of the durable tasks: asks that are open, and actions that may be
sent. A task's id is made from its row, so starting it twice runs it once.
"""

from collections.abc import Mapping
from typing import Final

from chargehand.domain.action import ActionState
from chargehand.domain.ids import ActionId, AskId
from chargehand.engine.port import Task
from chargehand.kit.canonical import digest_of

ANSWER: Final = "answer"
EXECUTE: Final = "execute"

# What may follow what; every move of an action is checked against this table.
MOVES: Final = {
    ActionState.PROPOSED: frozenset(
        {ActionState.SIMULATED, ActionState.WAITING, ActionState.APPROVED}
    ),
    ActionState.SIMULATED: frozenset[ActionState](),
    ActionState.WAITING: frozenset(
        {
            ActionState.APPROVED,
            ActionState.REJECTED,
            ActionState.EXPIRED,
            ActionState.SIMULATED,
            # Found at the vendor after a restore.
            ActionState.EXECUTED,
        }
    ),
    ActionState.APPROVED: frozenset(
        {
            ActionState.EXECUTING,
            # As above.
            ActionState.EXECUTED,
            ActionState.SIMULATED,
            ActionState.WAITING,
            ActionState.REJECTED,
            ActionState.FAILED,
        }
    ),
    ActionState.EXECUTING: frozenset(
        {
            ActionState.APPROVED,
            ActionState.EXECUTED,
            ActionState.FAILED,
            ActionState.REJECTED,
            ActionState.SIMULATED,
            ActionState.WAITING,
            ActionState.UNKNOWN,
        }
    ),
    ActionState.EXECUTED: frozenset[ActionState](),
    ActionState.FAILED: frozenset[ActionState](),
    ActionState.REJECTED: frozenset[ActionState](),
    ActionState.EXPIRED: frozenset[ActionState](),
    ActionState.UNKNOWN: frozenset({ActionState.EXECUTED, ActionState.FAILED}),
}


def answer_task(ask_id: AskId, *, revision: int, attempt: int) -> Task:
    """The task that answers one revision of an ask."""
    return Task(
        id=f"{ANSWER}:{ask_id}:{revision}:{attempt}", kind=ANSWER, arguments={"ask_id": ask_id}
    )


def execute_task(attempts: Mapping[ActionId, int]) -> Task:
    """The task that makes one attempt at each of some actions.

    Shape: `attempts` says how many attempts each action has behind it; the same actions after the
    same attempts are the same task.
    """
    action_ids = list(attempts)
    digest = digest_of([[action_id, attempts[action_id]] for action_id in action_ids])
    return Task(
        id=f"{EXECUTE}:{action_ids[0]}:{digest[:16]}",
        kind=EXECUTE,
        arguments={"action_ids": action_ids},
    )
