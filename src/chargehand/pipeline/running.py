"""Runs the command an ask is, and says what came of it where it was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answered import Answered
from chargehand.decisions.audience_rules import ReplyRule, chat_rule, reply_rule
from chargehand.decisions.chat_proposals import controls_to_json
from chargehand.decisions.forms import OPENED_AS, form_action
from chargehand.decisions.placement import Privacy, place_answer
from chargehand.decisions.reply import Reply, comment_action, message_action
from chargehand.domain.action import Mode, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.command import Surface
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId, DecisionId
from chargehand.domain.intent import IntentKind
from chargehand.domain.work_item import WorkItem
from chargehand.kit.clock import EPOCH
from chargehand.pipeline.caller import Caller, CommandDeps, CommandReply, FormReply, Outcome
from chargehand.pipeline.causing import cause_of_ask
from chargehand.pipeline.chat_callers import chat_caller
from chargehand.pipeline.commanding import run_text
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.places import ask_key_of_thread
from chargehand.pipeline.recording import Recorder
from chargehand.pipeline.ruling import rulings
from chargehand.pipeline.standing import is_put_back
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Writing

_NOT_DONE: Final = frozenset({Outcome.REFUSED, Outcome.ILLEGAL, Outcome.NOT_FOUND})


class Running:
    """Runs commands in the transaction that records the decision to run them.

    So a command runs once, however often its task does.
    """

    def __init__(
        self,
        connections: Mapping[ConnectionId, LiveConnection],
        recorder: Recorder,
        deps: CommandDeps,
    ) -> None:
        self._connections = connections
        self._recorder = recorder
        self._deps = deps

    def run(
        self, tx: Writing, stored: StoredAsk, item: WorkItem | None, *, now: datetime
    ) -> Outcome | None:
        """Run what an ask says and record it; None when it was taken back or is late.

        Shape: `item` is the work item it was said on; None in a chat.
        """
        ask = stored.ask
        if self._recorder.still_open(tx, stored, now=now) is None:
            return None
        caller = self._caller(tx, ask, now=now)
        replies = [run_text(tx, line, caller, now=now, deps=self._deps) for line in _lines_of(ask)]
        reply = _joined(replies, ask)
        rule = _rule_of(ask, item)
        decision = Decision(
            verdict=Verdict.RESPOND,
            reason=Reason.COMMAND_REFUSED if reply.outcome in _NOT_DONE else Reason.COMMAND_RUN,
            audience=rule.audience,
            response=reply.markdown,
            actions=(self._reply(ask, reply, rule),),
        )
        self._recorder.record(tx, stored, Answered(decision, answer_digest=""), now=now)
        return reply.outcome

    def _caller(self, tx: Writing, ask: Ask, *, now: datetime) -> Caller:
        account, answer = ask.asker.account_id, _answer_above(tx, ask)
        if ask.place is not None:
            connection = self._connections[ask.connection_id]
            return replace(
                chat_caller(tx, connection, ask.place, account),
                work_item=ask.work_item,
                visibility=ask.visibility,
                answer=answer,
                form=_form_handed_in(tx, ask),
                opens_form=_is_pressed(ask) and _may_open(tx, ask, connection, now=now),
            )
        known = tx.members.by_account(ask.connection_id, account) if account is not None else None
        return Caller(
            surface=Surface.TICKET,
            projects=frozenset({ask.project}),
            member=known[0] if known is not None else None,
            identity=known[1] if known is not None else None,
            account_id=account,
            connection_id=ask.connection_id,
            work_item=ask.work_item,
            visibility=ask.visibility,
            answer=answer,
        )

    def _reply(self, ask: Ask, reply: CommandReply, rule: ReplyRule) -> ProposedAction:
        connector = self._connections[ask.connection_id].connector
        form = reply.form if isinstance(reply, FormReply) else None
        opening = form_action(ask, form, connector=connector) if form is not None else None
        if opening is not None:
            return replace(opening, preview=self._recorder.preview(opening))
        words = Reply(markdown=reply.markdown, more="", more_title="", sources=())
        if ask.place is None:
            action = comment_action(ask, words, rule=rule, connection_id=ask.connection_id)
        else:
            placement = place_answer(
                ask.place,
                connector=connector,
                asker=ask.asker.account_id,
                privacy=_privacy_of(ask, reply),
            )
            action = message_action(ask, words, placement, connection_id=ask.connection_id)
            if not ask.place.is_discussion:
                controls = controls_to_json(reply.controls)
                action = replace(action, params={**action.params, "controls": controls})
        return replace(action, preview=self._recorder.preview(action))


def _privacy_of(ask: Ask, reply: CommandReply) -> Privacy:
    # Everybody sees in the message itself what a pressed button did.
    return Privacy.ASKER_ONLY if reply.is_private or _is_pressed(ask) else Privacy.AS_ASKED


def _is_pressed(ask: Ask) -> bool:
    return ask.ask_key.startswith(f"{ask.connection_id}:button:")


def _may_open(tx: Writing, ask: Ask, connection: LiveConnection, *, now: datetime) -> bool:
    """Whether the policy lets a form open now; one that waits for a person opens for nobody."""
    kind = OPENED_AS.get(connection.connector)
    if kind is None:
        return False
    ruling = rulings(tx).on_kind(kind, ask.project, cause=cause_of_ask(tx, ask), now=now)
    return ruling.mode is Mode.AUTO


def is_command(ask: Ask) -> bool:
    """Whether an ask is a command that is run, and not a question that is answered."""
    return ask.is_run


def _lines_of(ask: Ask) -> list[str]:
    runs = (intent for intent in ask.intents if intent.kind is IntentKind.RUN)
    return [intent.arguments.get("line", "") for intent in runs]


def _joined(replies: Sequence[CommandReply], ask: Ask) -> CommandReply:
    """One reply of all; what was asked beside commands is to be asked again."""
    if len(ask.intents) == 1:
        return replies[0]
    words = [one.markdown for one in replies]
    if len(replies) < len(ask.intents):
        words.append(catalogue.ASKED_BESIDE_COMMANDS)
    return CommandReply(
        outcome=replies[0].outcome,
        markdown="\n\n".join(words),
        is_private=any(one.is_private for one in replies),
        controls=tuple(control for one in replies for control in one.controls),
    )


def _form_handed_in(tx: Writing, ask: Ask) -> dict[str, str] | None:
    """What was filled into the form that said a command; None where none did."""
    event = tx.events.find(ask.event_id)
    if event is None or event.kind is not EventKind.FORM_SUBMITTED:
        return None
    values = event.data.get("values")
    filled = values.items() if isinstance(values, Mapping) else ()
    return {name: value for name, value in filled if isinstance(value, str)}


def _rule_of(ask: Ask, item: WorkItem | None) -> ReplyRule:
    if ask.place is not None:
        return chat_rule(ask, ask.place)
    if item is None:
        message = f"{ask.id} was said on a work item, which was not read"
        raise AssertionError(message)
    return reply_rule(ask, item)


def _answer_above(tx: Writing, ask: Ask) -> DecisionId | None:
    """The last answer in the thread, or on the work item, a command is said below."""
    if ask.place is None:
        earlier = tx.decisions.answers_on(ask.item, since=EPOCH)
        # What a command was told is no answer one can doubt.
        told = [one.id for one in earlier if one.answer_digest]
        # Below words that were put back, those are doubted.
        return next((one for one in told if not is_put_back(tx, one)), next(iter(told), None))
    key = ask_key_of_thread(ask.connection_id, ask.place)
    root = tx.asks.find_by_key(key) if key is not None else None
    decided = tx.decisions.of_ask(root.ask.id) if root is not None else ()
    return decided[-1].id if decided else None
