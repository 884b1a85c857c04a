"""An answer that could not be sent for a while is not sent late: it is decided anew.

Words such as "due tomorrow", and the facts themselves, are those of the moment of the decision.
What a person approved is sent as approved; it was worded to be read later. What a command was told
is sent however late: deciding its ask anew would run the command a second time.
"""

from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionKind, ActionState, ApprovedAction
from chargehand.domain.ask import AskState
from chargehand.domain.records import ActionRecord
from chargehand.pipeline.late_asks import report_late
from chargehand.pipeline.moving import move_action
from chargehand.pipeline.working_signs import SIGN_KINDS
from chargehand.storage.transaction import Writing

OUTDATED: Final = "outdated"
_FRESH_FOR: Final = timedelta(minutes=10)
# Discord's replies to a command are left out: their tokens do not outlive the time they are fresh.
_ANSWERS: Final = frozenset(
    {
        ActionKind.BITBUCKET_ADD_COMMENT,
        ActionKind.BITBUCKET_UPDATE_COMMENT,
        ActionKind.CONFLUENCE_ADD_COMMENT,
        ActionKind.DISCORD_POST_MESSAGE,
        ActionKind.DISCORD_SEND_DIRECT_MESSAGE,
        ActionKind.GITHUB_ADD_COMMENT,
        ActionKind.GITHUB_UPDATE_COMMENT,
        ActionKind.JIRA_ADD_COMMENT,
        ActionKind.JIRA_ADD_INTERNAL_COMMENT,
        ActionKind.JIRA_REPLY_TO_CUSTOMER,
        ActionKind.JIRA_UPDATE_COMMENT,
        ActionKind.SLACK_POST_EPHEMERAL,
        ActionKind.SLACK_POST_MESSAGE,
        ActionKind.SLACK_SEND_DIRECT_MESSAGE,
    }
)


def is_outdated(
    tx: Writing, action: ActionRecord, passed: ApprovedAction, *, now: datetime
) -> bool:
    """Whether an answer nobody looked at has waited for too long to be sent as it is."""
    is_fresh = now - action.created_at <= _FRESH_FOR
    if is_fresh or passed.approval_id is not None or action.kind not in _ANSWERS:
        return False
    stored = tx.asks.find(action.ask_id) if action.ask_id is not None else None
    if stored is None or stored.ask.is_run or action.params.get("controls"):
        return False
    # Words that tell of changes are those of a moment that does not come again.
    told = tx.actions.of_decisions([action.decision_id])
    return all("markdown" in one.params or one.kind in SIGN_KINDS for one in told)


def set_outdated_aside(
    tx: Writing, action: ActionRecord, *, answer_within: timedelta, now: datetime
) -> None:
    """Drop the answer and have its ask decided anew, or left to a person when it is too old."""
    move_action(tx, action, ActionState.REJECTED, now=now, problem=OUTDATED)
    tx.audit.append(AuditTag.WORKER_ACTION_OUTDATED, action.id, {"digest": action.digest}, now=now)
    stored = tx.asks.find(action.ask_id) if action.ask_id is not None else None
    if stored is None or stored.ask.state is not AskState.DECIDED:
        return
    if now - stored.ask.asked_at > answer_within:
        tx.asks.close(stored.ask.id, AskState.LATE, now=now, by="worker", problem=OUTDATED)
        report_late(tx, stored.ask, now=now)
    else:
        tx.asks.reopen(stored.ask.id)
