"""What the bot said before on a work item, and whether it words that anew or answers once more."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chargehand.decisions.answer_context import LastAnswer
from chargehand.decisions.updating import UPDATED_BY, OwnComment, question_of
from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.ask import Ask, Repeat
from chargehand.domain.decision import Reason
from chargehand.domain.json import JSONValue
from chargehand.domain.records import ActionRecord, DecisionRecord
from chargehand.pipeline.causing import cause_of_ask
from chargehand.pipeline.connection import PipelineRules
from chargehand.pipeline.ruling import rulings
from chargehand.pipeline.standing import is_undone
from chargehand.storage.transaction import Reading

_TEXTS = ("markdown", "more", "more_title")
_WORDED_BY = frozenset({*UPDATED_BY, *UPDATED_BY.values()})


def repeat_of(tx: Reading, ask: Ask, rules: PipelineRules, *, now: datetime) -> Repeat:
    """Whether an answer to this ask may take the place of an earlier one.

    Shape: new where updating was tried for it, since its base had changed then; and where the
    policy would only simulate the update, but send a new comment.
    """
    repeat = rules.repeat_in.get(ask.project, rules.repeat)
    if repeat is Repeat.NEW or ask.place is not None:
        return Repeat.NEW
    if any(one.kind in UPDATED_BY.values() for one in tx.actions.of_ask(ask.id)):
        return Repeat.NEW
    policy, cause = rulings(tx), cause_of_ask(tx, ask)
    wanted = (ActionKind.JIRA_UPDATE_COMMENT, ActionKind.JIRA_ADD_COMMENT)
    update, new = (policy.on_kind(one, ask.project, cause=cause, now=now).mode for one in wanted)
    is_untold = update is Mode.SIMULATE and new is not Mode.SIMULATE
    return Repeat.NEW if is_untold else Repeat.UPDATE


def last_answers(tx: Reading, ask: Ask, *, since: datetime) -> tuple[LastAnswer, ...]:
    """The answers on an ask's work item since a moment that were not taken back, newest first.

    Shape: what was decided for this very ask before, and not sent, is no answer to it.
    """
    return tuple(
        _last_answer(tx, decision)
        for decision in tx.decisions.answers_on(ask.item, since=since)
        if decision.answer_digest and decision.ask_id != ask.id and not is_undone(tx, decision.id)
    )


def _last_answer(tx: Reading, decision: DecisionRecord) -> LastAnswer:
    standing = [
        action
        for action in tx.actions.of_decision(decision.id)
        if action.state is ActionState.EXECUTED and tx.undos.find(action.id) is None
    ]
    asked = tx.asks.find(decision.ask_id) if decision.ask_id is not None else None
    return LastAnswer(
        answer_digest=decision.answer_digest,
        answered_at=decision.decided_at,
        asker=asked.ask.asker.account_id if asked is not None else None,
        url=str(standing[0].result.get("url", "")) if standing else "",
        is_pointer=decision.reason is Reason.UNCHANGED_SINCE_LAST_ANSWER,
        question=question_of(asked.ask) if asked is not None else "",
        comment=_own_comment(standing),
    )


def _own_comment(standing: Sequence[ActionRecord]) -> OwnComment | None:
    """The comment an answer is in, as long as it is known which one it is."""
    for one in standing:
        comment_id = one.result.get("external_id")
        if one.kind in _WORDED_BY and isinstance(comment_id, str) and comment_id:
            return OwnComment(
                comment_id,
                one.id,
                words={name: str(one.params.get(name) or "") for name in _TEXTS},
                visibility=_texts_of(one.params.get("visibility")) or {},
                mention=_texts_of(one.params.get("mention")),
            )
    return None


def _texts_of(value: JSONValue) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    return {key: text for key, text in value.items() if isinstance(text, str)}
