"""`why` and `wrong`: what an answer was made from, and that it was not right."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.decisions.audience_rules import is_same_visibility
from chargehand.decisions.catalogue import SOURCE_SEPARATOR
from chargehand.decisions.chat_proposals import approval_controls
from chargehand.decisions.markdown import code, link, shown
from chargehand.decisions.placement import Privacy, place_answer
from chargehand.decisions.reason_catalogue import reason_text, withheld_text
from chargehand.domain.action import ActionState, Mode
from chargehand.domain.attention import Feedback
from chargehand.domain.control import Control
from chargehand.domain.decision import Verdict
from chargehand.domain.errors import Rejected
from chargehand.domain.event import EVERYONE
from chargehand.domain.ids import FeedbackId
from chargehand.domain.json import JSONObject
from chargehand.domain.permission import Permission
from chargehand.domain.records import ActionRecord, DecisionRecord
from chargehand.kit.ids import id_kind, new_id
from chargehand.pipeline.caller import Call, CommandReply, Outcome
from chargehand.pipeline.causing import cause_of_caller
from chargehand.pipeline.repeating import answers_at
from chargehand.pipeline.standing import words_behind
from chargehand.pipeline.undoing import undo_action
from chargehand.pipeline.withdrawing import is_unsent, withdraw_action
from chargehand.storage.repositories.asks import StoredAsk

WITHDRAWN: Final = "answer_withdrawn"
_LOOKED_BACK: Final = timedelta(days=30)
_MOST_SOURCES: Final = 20
_REASON_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer with the ask it was given to; None where there was none."""

    decision: DecisionRecord
    ask: StoredAsk | None


@dataclass(frozen=True, slots=True)
class _TakenBack:
    """What was done to take an answer back."""

    sentences: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    undo: ActionRecord | None = None


def run_why(call: Call) -> CommandReply:
    """Sources, rule or model, cost, confidence, and what was withheld."""
    found = _answer_meant(call)
    if found is None:
        return _none_meant(call)
    decision = found.decision
    about = f" about {shown(decision.work_item)}" if decision.work_item is not None else ""
    lines = "\n".join(f"- {line}" for line in _account(call, decision))
    return call.reply(Outcome.DONE, f"Why the answer{about} ({code(decision.id)}):\n\n{lines}")


def run_wrong(call: Call) -> CommandReply:
    """Keep that an answer is wrong; what its asker says takes it back."""
    found = _answer_meant(call)
    if found is None:
        return _none_meant(call)
    said = [
        one
        for one in call.tx.attention.feedback_on(found.decision.id)
        if one.given_by == call.caller.by
    ]
    if said:
        return _said_before(call, said[0])
    is_asker = _is_asker(call, found)
    taken = _take_back(call, found.decision) if is_asker else _TakenBack()
    given = _feedback(call, found, is_asker=is_asker, undo=taken.undo)
    call.tx.attention.add_feedback(given, now=call.now)
    _record(call, given)
    noted = "Noted, thank you."
    if not is_asker:
        noted += " Only who asked can have an answer taken back."
    text = " ".join((noted, *taken.sentences))
    return call.reply(Outcome.DONE, text, controls=taken.controls)


def _said_before(call: Call, given: Feedback) -> CommandReply:
    """That it is noted, and how taking it back stands."""
    undo = call.tx.actions.find(given.undo_action_id) if given.undo_action_id else None
    stands = f" Taking it back is {undo.state.value}." if undo is not None else ""
    return call.reply(Outcome.UNCHANGED, f"You said so before, and it is noted.{stands}")


def _answer_meant(call: Call) -> _Answer | None:
    """The answer a line is about, as far as the caller may see it."""
    named = call.argument("id")
    if named:
        found = _whole(call, call.tx.decisions.find(named) if id_kind(named) else None)
        return found if found is not None and _may_see(call, found) else None
    thread = _answer_in_discussion(call) or call.caller.answer or _answer_in_thread(call)
    if thread is not None:
        return _whole(call, call.tx.decisions.find(thread))
    item = call.caller.work_item
    if item is None:
        return None
    since = call.now - _LOOKED_BACK
    answers = (_whole(call, one) for one in call.tx.decisions.answers_on(item, since=since))
    return next((one for one in answers if one is not None and _may_see(call, one)), None)


def _answer_in_discussion(call: Call) -> str | None:
    """The newest answer that stands where the line is said, on a pull request, issue or page."""
    place, connection_id = call.caller.place, call.caller.connection_id
    if place is None or connection_id is None or not place.is_discussion:
        return None
    connection = call.tx.connections.find(connection_id)
    if connection is None:
        return None
    asker, since = call.caller.account_id, call.now - _LOOKED_BACK
    spot = place_answer(
        place, connector=connection.connector, asker=asker, privacy=Privacy.AS_ASKED
    )
    said = answers_at(call.tx, connection_id, spot, since=since)
    # What a command was told is no answer one can doubt.
    return next((action.decision_id for action, asked in said if not asked.ask.is_run), None)


def _answer_in_thread(call: Call) -> str | None:
    """The answer a chat message stands below, or that was given to the message above it."""
    place, connection_id = call.caller.place, call.caller.connection_id
    if place is None or connection_id is None:
        return None
    messages = [one for one in (place.message_id, place.thread_id) if one is not None]
    for message in messages:
        for external_id in (f"{place.channel_id}/{message}", message):
            action = words_behind(call.tx, connection_id, external_id)
            if action is not None:
                return action.decision_id
    for message in reversed(messages):
        key = f"{connection_id}:message:{place.channel_id}:{message}:created"
        event_id = call.tx.events.id_of_key(key)
        answers = call.tx.decisions.of_event(event_id) if event_id is not None else ()
        given = [one.id for one in answers if one.verdict is Verdict.RESPOND]
        if given:
            return given[-1]
    return None


def _whole(call: Call, decision: DecisionRecord | None) -> _Answer | None:
    if decision is None or decision.verdict is not Verdict.RESPOND:
        return None
    ask = call.tx.asks.find(decision.ask_id) if decision.ask_id is not None else None
    return _Answer(decision, ask)


def _may_see(call: Call, answer: _Answer) -> bool:
    """Whether the caller could read the answer where it was given, or answers for the project.

    A comment's reply is read by everybody who reads the comment, whoever asked for it.
    """
    decision, caller = answer.decision, call.caller
    if caller.is_overheard:
        visibility = decision.audience.visibility
        is_open = visibility == EVERYONE or is_same_visibility(visibility, caller.visibility)
        return is_open and decision.work_item == caller.work_item
    return _is_asker(call, answer) or _is_responsible(call, decision)


def _is_responsible(call: Call, decision: DecisionRecord) -> bool:
    return call.caller.may(Permission.DECISION_VIEW, decision.project)


def _is_asker(call: Call, answer: _Answer) -> bool:
    """Whether the caller asked, from this account or another confirmed one of theirs."""
    if answer.ask is None or call.caller.account_id is None:
        return False
    ask = answer.ask.ask
    asked_from = (ask.connection_id, ask.asker.account_id)
    if asked_from == (call.caller.connection_id, call.caller.account_id):
        return True
    member = call.caller.rightful_member
    if call.deps.members is None or member is None:
        return False
    own = call.deps.members.identities_of(call.tx, member.id)
    return any(
        (one.connection_id, one.account_id) == asked_from and one.carries_rights for one in own
    )


def _none_meant(call: Call) -> CommandReply:
    name = call.line.command.name
    if call.argument("id"):
        text = f"There is no answer {code(call.argument('id'))} here; an answer is named by its "
        return call.reply(Outcome.NOT_FOUND, f"{text}whole id, as {code(f'{name} dec_…')}.")
    text = f"I gave no answer here. Say {code(name)} below the answer, or {code(f'{name} dec_…')}."
    return call.reply(Outcome.NOT_FOUND, text)


def _account(call: Call, decision: DecisionRecord) -> Iterator[str]:
    yield reason_text(decision.reason)
    model = decision.model
    if model is None:
        yield "Decided by a rule, without a model, at no cost."
    else:
        yield (
            f"Decided by the model {shown(model.model)} of {shown(model.provider)}, told by "
            f"{shown(model.prompt_version)}, for ${decision.cost_usd:f}."
        )
    yield f"Confidence: {decision.confidence:.0%}."
    if decision.is_erased:
        yield "Its words and sources are gone: they were erased, or past their retention."
        return
    sources = [link(shown(one.label), one.url) for one in decision.sources[:_MOST_SOURCES]]
    yield f"Sources: {SOURCE_SEPARATOR.join(sources) if sources else 'none'}"
    yield from _withheld(call, decision)
    if decision.reasoning and _is_trusted(call, decision):
        yield f"The model's own reason: {shown(decision.reasoning, _REASON_CHARS)}"


def _withheld(call: Call, decision: DecisionRecord) -> Iterator[str]:
    """How much was left out is for those who answer for the project; that it was is for all."""
    if not decision.withheld:
        return
    if _is_trusted(call, decision):
        told = "; ".join(withheld_text(entry) for entry in decision.withheld)
        yield f"Withheld: {told}"
    else:
        yield "Something was withheld, because not everybody here may know it."


def _is_trusted(call: Call, decision: DecisionRecord) -> bool:
    """Whether what operators are told is told: never where others read along."""
    if call.caller.is_overheard:
        return False
    return _is_responsible(call, decision)


def _take_back(call: Call, decision: DecisionRecord) -> _TakenBack:
    """Have what was posted undone, and keep back what was not."""
    taken = _TakenBack()
    for action in call.tx.actions.of_decision(decision.id):
        if "markdown" not in action.params or call.tx.undos.find(action.id) is not None:
            continue
        if is_unsent(call.tx, action):
            withdraw_action(call.tx, action, why=WITHDRAWN, now=call.now)
            told = "The answer was not sent yet and stays so."
            taken = replace(taken, sentences=(*taken.sentences, told))
        elif action.state is ActionState.EXECUTED:
            taken = _undone(call, action, taken)
    return taken


def _undone(call: Call, action: ActionRecord, taken: _TakenBack) -> _TakenBack:
    try:
        undo = undo_action(
            call.tx,
            action.id,
            previewers=call.deps.previewers,
            by=call.caller.by,
            via=call.caller.surface.value,
            cause=cause_of_caller(call.caller),
            lasts=call.deps.rules.approval_expires_after,
            now=call.now,
        )
    except Rejected as error:
        told = f"The answer stays where it is: {shown(str(error), _REASON_CHARS)}"
        return replace(taken, sentences=(*taken.sentences, told))
    approval = call.tx.approvals.newest_of_action(undo.id)
    match undo.mode:
        case Mode.APPROVE if approval is not None:
            told = f"Taking it back waits for an approval, {code(approval.short_id)}."
            controls = approval_controls(approval.id, approval.digest)
        case Mode.AUTO:
            told, controls = "The answer is taken back next.", ()
        case _:
            told = "Taking it back was simulated, as the policy says; the answer stays."
            controls = ()
    return _TakenBack((*taken.sentences, told), (*taken.controls, *controls), undo)


def _feedback(
    call: Call, answer: _Answer, *, is_asker: bool, undo: ActionRecord | None
) -> Feedback:
    decision = answer.decision
    return Feedback(
        id=FeedbackId(new_id("fbk", call.now)),
        decision_id=decision.id,
        ask_id=decision.ask_id,
        person=call.caller.person,
        project=decision.project,
        work_item=decision.work_item,
        text=call.argument("reason"),
        is_asker=is_asker,
        undo_action_id=undo.id if undo is not None else None,
        given_at=call.now,
        given_by=call.caller.by,
    )


def _record(call: Call, given: Feedback) -> None:
    body: JSONObject = {
        "by": given.given_by,
        "decision_id": given.decision_id,
        "is_asker": given.is_asker,
        "undo_action_id": given.undo_action_id,
        "via": call.caller.surface.value,
    }
    call.tx.audit.append(AuditTag.PERSON_FEEDBACK_GIVEN, given.decision_id, body, now=call.now)
