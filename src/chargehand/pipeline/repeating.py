"""What the bot said before where it is asked, and whether it words that anew or answers again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from chargehand.decisions.answer_context import LastAnswer
from chargehand.decisions.placement import COMMENTS_ON, Placement, Privacy, place_answer
from chargehand.decisions.updating import UPDATED_BY, OwnComment, question_of
from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.ask import Ask, Repeat
from chargehand.domain.decision import Reason
from chargehand.domain.event import Place
from chargehand.domain.ids import ConnectionId
from chargehand.domain.json import JSONValue
from chargehand.domain.records import ActionRecord, DecisionRecord
from chargehand.pipeline.causing import cause_of_ask
from chargehand.pipeline.connection import PipelineRules
from chargehand.pipeline.ruling import rulings
from chargehand.pipeline.standing import is_undone
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Reading, Writing

_TEXTS = ("markdown", "more", "more_title")
_WORDED_BY = frozenset({*UPDATED_BY, *UPDATED_BY.values()})


def repeat_of(
    tx: Reading, ask: Ask, rules: PipelineRules, *, connector: str, now: datetime
) -> Repeat:
    """Whether an answer to this ask may take the place of an earlier one.

    Shape: new in a chat and where nothing updates comments; where updating was tried for it, since
    its base had changed then; and where the policy would only simulate the update, but send a new
    comment.
    """
    repeat = rules.repeat_in.get(ask.project, rules.repeat)
    kind = _commenting(ask.place, connector)
    if repeat is Repeat.NEW or kind not in UPDATED_BY:
        return Repeat.NEW
    if any(one.kind in UPDATED_BY.values() for one in tx.actions.of_ask(ask.id)):
        return Repeat.NEW
    policy, cause = rulings(tx), cause_of_ask(tx, ask)
    wanted = (UPDATED_BY[kind], kind)
    update, new = (policy.on_kind(one, ask.project, cause=cause, now=now).mode for one in wanted)
    is_untold = update is Mode.SIMULATE and new is not Mode.SIMULATE
    return Repeat.NEW if is_untold else Repeat.UPDATE


def _commenting(place: Place | None, connector: str) -> ActionKind | None:
    """How something is said there below what was asked; None in a chat."""
    if place is None:
        return ActionKind.JIRA_ADD_COMMENT
    return COMMENTS_ON.get(connector) if place.is_discussion else None


def last_answers(tx: Reading, ask: Ask, *, since: datetime) -> tuple[LastAnswer, ...]:
    """The answers on an ask's work item since a moment that were not taken back, newest first.

    Shape: what was decided for this very ask before, and not sent, is no answer to it.
    """
    return tuple(
        _last_answer(tx, decision)
        for decision in tx.decisions.answers_on(ask.item, since=since)
        if decision.answer_digest and decision.ask_id != ask.id and not is_undone(tx, decision.id)
    )


def last_answers_there(
    tx: Reading, ask: Ask, place: Place, *, connector: str, since: datetime
) -> tuple[LastAnswer, ...]:
    """The newest answer in an ask's conversation on a pull request or an issue, if there is one.

    Shape: without a digest, since whoever asks there is answered, whatever was said before.
    """
    spot = place_answer(
        place, connector=connector, asker=ask.asker.account_id, privacy=Privacy.AS_ASKED
    )
    for action, asked in answers_at(tx, ask.connection_id, spot, since=since):
        if asked.ask.id == ask.id:
            continue
        return (
            LastAnswer(
                answer_digest="",
                answered_at=action.created_at,
                asker=asked.ask.asker.account_id,
                url=str(action.result.get("url", "")),
                is_pointer=False,
                question=question_of(asked.ask),
                comment=_own_comment([action]),
            ),
        )
    return ()


def answers_at(
    tx: Reading | Writing, connection_id: ConnectionId, spot: Placement, *, since: datetime
) -> Iterator[tuple[ActionRecord, StoredAsk]]:
    """What was said in a conversation and not taken back, newest first, with what asked for it."""
    kinds = {kind.value for kind in (spot.kind, UPDATED_BY.get(spot.kind)) if kind is not None}
    for action_id in tx.effects.done_on(connection_id, spot.target, kinds, since=since):
        action = tx.actions.find(action_id)
        if action is None or action.ask_id is None or is_undone(tx, action.decision_id):
            # An undo stands for no ask of its own.
            continue
        asked = tx.asks.find(action.ask_id)
        if asked is not None and _is_in_conversation(spot, action, asked.ask):
            yield action, asked


def _is_in_conversation(spot: Placement, action: ActionRecord, asked: Ask) -> bool:
    """Whether an answer is in the conversation: hangs where it does, or is what is answered."""
    wanted = spot.params.get("in_reply_to")
    at = action.params if action.kind in UPDATED_BY else action.base
    known = (at.get("in_reply_to"), action.result.get("external_id"), asked.comment_id)
    return wanted in known if wanted is not None else known[0] is None


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
        comment_id, asks = one.result.get("external_id"), one.base.get("asks")
        if one.kind in _WORDED_BY and isinstance(comment_id, str) and comment_id:
            return OwnComment(
                comment_id,
                one.id,
                words={name: str(one.params.get(name) or "") for name in _TEXTS},
                visibility=_texts_of(one.params.get("visibility")) or {},
                mention=_texts_of(one.params.get("mention")),
                asks=tuple(str(one) for one in asks) if isinstance(asks, list | tuple) else (),
            )
    return None


def _texts_of(value: JSONValue) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    return {key: text for key, text in value.items() if isinstance(text, str)}
