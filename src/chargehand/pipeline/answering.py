"""Answers one ask: reads facts, decides, and gives every proposed action its mode."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from chargehand.audit.tags import AuditTag
from chargehand.commands.registry import command_reference
from chargehand.decisions.answer import answer
from chargehand.decisions.answer_context import AnswerContext, LastAnswer, Sending
from chargehand.decisions.answer_writer import REPEAT_WITHIN
from chargehand.decisions.answered import Answered, NotYet
from chargehand.decisions.audience_rules import reply_kind, silent_decision
from chargehand.decisions.diffs import with_diffs
from chargehand.decisions.needs import fact_needs
from chargehand.decisions.placement import Privacy, place_answer
from chargehand.decisions.previews import with_previews
from chargehand.decisions.updating import UPDATE_WITHIN
from chargehand.domain.action import Mode
from chargehand.domain.ask import Ask, AskState, Repeat
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.ids import AskId, ConnectionId, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.records import Severity
from chargehand.domain.work_item import Facts
from chargehand.kit.clock import Clock
from chargehand.pipeline.backoff import wait_before_next
from chargehand.pipeline.barriers import (
    HELD_BACK,
    LOOK_AGAIN_AFTER,
    Barriers,
    barriers,
    is_about_stops,
)
from chargehand.pipeline.caller import CommandDeps
from chargehand.pipeline.causing import cause_of_ask
from chargehand.pipeline.chat_asks import Standing, standing_of, tracker_of
from chargehand.pipeline.code_reading import CodeReading
from chargehand.pipeline.cohorts import subject_asked
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.decision_inputs import AnswerInputs, encode_inputs, prepare_encoding
from chargehand.pipeline.diff_reading import DiffReading
from chargehand.pipeline.fact_reading import read_all
from chargehand.pipeline.late_asks import report_late
from chargehand.pipeline.model_deciding import AskAgain, Decided, ModelDeciding
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.recording import Recorder
from chargehand.pipeline.repeating import last_answers, last_answers_there, repeat_of
from chargehand.pipeline.ruling import rulings
from chargehand.pipeline.running import Running, is_command
from chargehand.storage.database import Database
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Reading, Writing


class Answering:
    """The body of the answer task; running it twice records one decision."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        clock: Clock,
        commands: CommandDeps,
        models: ModelDeciding | None = None,
    ) -> None:
        self._database = database
        self._connections = connections
        self._rules = rules
        self._clock = clock
        self._models = models
        self._recorder = Recorder(connections, rules=rules)
        self._code = CodeReading(connections, database)
        self._diffs = DiffReading(connections, database)
        self._running = Running(connections, self._recorder, commands)
        prepare_encoding()

    async def answer(self, ask_id: AskId) -> JSONObject:
        """Answer an ask, or note why not yet; the outcome in closed words."""
        now = self._clock.now()
        stored, in_force = await self._database.aread(
            lambda tx: (tx.asks.find(ask_id), barriers(tx, now=now))
        )
        if stored is None or stored.ask.state is not AskState.OPEN:
            return {"outcome": "settled"}
        connection = self._connections.get(stored.ask.connection_id)
        if connection is None:
            return await self._give_up(stored, "connection_not_configured")
        held_back = await self._held_back(stored, connection, in_force)
        if held_back is not None:
            return held_back
        if stored.must_check_own_mark:
            own = await connection.tracker.is_own_comment(stored.ask.item, stored.ask.comment_id)
            if own is None:
                return await self._postpone(stored, "own_mark_unreadable")
            if own:
                return await self._stay_silent(stored, Reason.OWN_COMMENT)
        return await self._decide(stored, connection)

    async def _decide(self, stored: StoredAsk, connection: LiveConnection) -> JSONObject:
        standing = await self._standing(stored.ask, connection)
        ask = standing.ask
        needs = fact_needs(ask.intents, ask)
        facts = await read_all(
            lambda need: tracker_of(need, standing, self._connections).tracker,
            needs,
            now=self._clock.now(),
        )
        code = await self._code.read(ask, facts, now=self._clock.now())
        asked_code = await self._code.read_asked(ask, now=self._clock.now())
        # Reading takes time, and what is said is said after it.
        now = self._clock.now()
        if is_command(ask):
            return await self._run(replace(stored, ask=ask), facts)
        (bot_name, last, asked, repeat), sending = await self._database.aread(
            lambda tx: (
                _earlier(tx, ask, connection.connector, self._rules, now=now),
                _sending(tx, ask, connection, now=now),
            )
        )
        context = AnswerContext(
            now=now,
            connection_id=connection.id,
            team_zone=self._rules.team_zone,
            bot_name=bot_name,
            commands=tuple((entry.usage, entry.does) for entry in command_reference()),
            last_answers=last,
            ask_comment_ids=asked,
            sending=sending,
            repeat=repeat,
            connector=connection.connector,
            trackers=standing.trackers,
            unserved=standing.unserved,
            code=code,
            asked_code=asked_code,
        )
        outcome = answer(ask, facts, context)
        if isinstance(outcome, NotYet):
            return await self._postpone(
                stored, outcome.reason.value, retry_after_s=outcome.retry_after_s or 0.0
            )
        made: Decided | AskAgain = Decided(outcome)
        if self._models is not None and standing.unserved is None:
            trackers = {key: self._connections[one] for key, one in standing.trackers.items()}
            asked_again = replace(stored, ask=ask)
            made = await self._models.decide(asked_again, connection, outcome, context, trackers)
            now = self._clock.now()
        if isinstance(made, AskAgain):
            return await self._ask_again(stored, made)
        proposed = made.answered.decision
        diffs = await self._diffs.read(proposed.actions, ask, now=now)
        decision = with_previews(with_diffs(proposed, diffs), self._recorder.preview)
        whole = replace(made.answered, decision=decision, is_open=outcome.is_open)
        inputs = encode_inputs(AnswerInputs(ask, facts, context, made.model, diffs), whole)
        record = self._recorder.record
        await self._database.awrite(
            lambda tx: record(tx, stored, whole, now=now, inputs=inputs, diffs=diffs)
        )
        return {"outcome": "decided", "verdict": decision.verdict.value}

    async def _standing(self, ask: Ask, connection: LiveConnection) -> Standing:
        """What an ask can be decided on; in a chat the vendor may know more than events tell."""
        place = ask.place
        if place is None:
            return Standing(ask)
        if connection.places is not None:
            place = await connection.places.read_place(place, ask.asker.account_id)
        return await self._database.aread(lambda tx: standing_of(tx, ask, place, self._connections))

    async def _run(self, stored: StoredAsk, facts: Mapping[WorkItemKey, Facts]) -> JSONObject:
        """Run what an ask says, where it is known who would read what came of it."""
        item = None
        if stored.ask.place is None:
            own = facts[stored.ask.item].item
            if isinstance(own, Unknown) and own.is_passing:
                return await self._postpone(stored, own.reason.value)
            if isinstance(own, Unknown):
                return await self._stay_silent(stored, Reason.ITEM_NOT_READABLE)
            item = own.value
        now = self._clock.now()
        run = self._running.run
        outcome = await self._database.awrite(lambda tx: run(tx, stored, item, now=now))
        return {"outcome": "settled" if outcome is None else f"command_{outcome.value}"}

    async def _stay_silent(self, stored: StoredAsk, reason: Reason) -> JSONObject:
        decision = silent_decision(reason, stored.ask.visibility)
        now = self._clock.now()
        whole = Answered(decision, "")
        await self._database.awrite(lambda tx: self._recorder.record(tx, stored, whole, now=now))
        return {"outcome": "decided", "verdict": decision.verdict.value}

    async def _held_back(
        self, stored: StoredAsk, connection: LiveConnection, in_force: Barriers
    ) -> JSONObject | None:
        """Keep an ask while nothing is decided; None where it may be decided.

        Whoever ends a stop has it tried at once, and what is too old by then is left to a person.
        """
        subject = await self._database.aread(
            lambda tx: subject_asked(tx, stored.ask, connection.connector)
        )
        barrier = in_force.before_deciding(subject)
        if not barrier or is_about_stops(stored.ask):
            has_waited = stored.problem in HELD_BACK
            is_late = in_force.now - stored.ask.asked_at > self._rules.answer_within
            return await self._leave_late(stored) if has_waited and is_late else None
        until = in_force.now + LOOK_AGAIN_AFTER
        await self._database.awrite(
            lambda tx: tx.asks.postpone(stored.ask.id, until=until, problem=barrier)
        )
        return {"outcome": "postponed", "problem": barrier}

    async def _leave_late(self, stored: StoredAsk) -> JSONObject:
        """Leave to a person what waited for too long while nothing was decided."""
        now, ask = self._clock.now(), stored.ask

        def work(tx: Writing) -> None:
            tx.asks.close(ask.id, AskState.LATE, now=now, by="worker", problem=stored.problem)
            report_late(tx, ask, now=now)

        await self._database.awrite(work)
        return {"outcome": "late", "problem": stored.problem}

    async def _ask_again(self, stored: StoredAsk, again: AskAgain) -> JSONObject:
        """Wait for a model that may answer soon; the operator was told already."""
        until = self._clock.now() + again.after
        await self._database.awrite(
            lambda tx: tx.asks.postpone(stored.ask.id, until=until, problem=again.problem)
        )
        return {"outcome": "postponed", "problem": again.problem}

    async def _postpone(
        self, stored: StoredAsk, problem: str, *, retry_after_s: float = 0.0
    ) -> JSONObject:
        """Try again later, for as long as the ask is young; then leave it to a person."""
        now = self._clock.now()
        wait = max(wait_before_next(stored.attempts), timedelta(seconds=retry_after_s))
        if now + wait - stored.ask.asked_at > self._rules.answer_within and stored.attempts:
            return await self._give_up(stored, problem)

        def work(tx: Writing) -> None:
            tx.asks.postpone(stored.ask.id, until=now + wait, problem=problem)
            tell_operator(
                tx,
                "facts_unreadable",
                subject_id=f"{stored.ask.connection_id}:{now:%Y-%m-%d}",
                text=f"Facts for a question on {stored.ask.subject} could not be read "
                f"({problem}); it is tried again by itself. See `chargehand doctor`.",
                now=now,
            )

        await self._database.awrite(work)
        return {"outcome": "postponed", "problem": problem}

    async def _give_up(self, stored: StoredAsk, problem: str) -> JSONObject:
        now, ask = self._clock.now(), stored.ask

        def work(tx: Writing) -> None:
            tx.asks.close(ask.id, AskState.STUCK, now=now, by="worker", problem=problem)
            tx.audit.append(AuditTag.WORKER_ASK_STUCK, ask.id, {"problem": problem}, now=now)
            report_late(tx, ask, now=now)

        await self._database.awrite(work)
        return {"outcome": "stuck", "problem": problem}

    async def report_failed_task(self, ask_id: AskId, problem: str) -> None:
        """Close an ask whose task failed for a reason of our own, and tell the operator."""
        now = self._clock.now()

        def work(tx: Writing) -> None:
            tx.asks.close(ask_id, AskState.STUCK, now=now, by="worker", problem=problem)
            tx.audit.append(AuditTag.WORKER_ASK_STUCK, ask_id, {"problem": problem}, now=now)
            tell_operator(
                tx,
                "ask_failed",
                subject_id=ask_id,
                text=f"The ask {ask_id} failed inside chargehand ({problem}); see its trace.",
                now=now,
                severity=Severity.CRITICAL,
            )

        await self._database.awrite(work)


def _earlier(
    tx: Reading, ask: Ask, connector: str, rules: PipelineRules, *, now: datetime
) -> tuple[str, tuple[LastAnswer, ...], frozenset[str], Repeat]:
    """The bot's name there, its answers of late on this item, and the comments that were asks."""
    connection = tx.connections.find(ask.connection_id)
    bot_name = connection.bot_name if connection is not None else ""
    repeat = repeat_of(tx, ask, rules, connector=connector, now=now)
    looked_back = UPDATE_WITHIN if repeat is Repeat.UPDATE else REPEAT_WITHIN
    if ask.place is not None and repeat is Repeat.UPDATE:
        since = now - looked_back
        there = last_answers_there(tx, ask, ask.place, connector=connector, since=since)
        return bot_name, there, frozenset(), repeat
    if ask.place is not None:
        # In a chat everybody who asks is answered: nobody scrolls back to look for it.
        return bot_name, (), frozenset(), repeat
    answers = last_answers(tx, ask, since=now - looked_back)
    return bot_name, answers, tx.asks.comment_ids_on(ask.connection_id, ask.item), repeat


def _sending(tx: Reading, ask: Ask, connection: LiveConnection, *, now: datetime) -> Sending:
    """Whether the reply will wait for a person, by the policy in force."""
    kind = reply_kind(ask.visibility)
    if ask.place is not None:
        asker = ask.asker.account_id
        kind = place_answer(
            ask.place, connector=connection.connector, asker=asker, privacy=Privacy.AS_ASKED
        ).kind
    mode = rulings(tx).on_kind(kind, ask.project, cause=cause_of_ask(tx, ask), now=now).mode
    return Sending.AFTER_APPROVAL if mode is Mode.APPROVE else Sending.AT_ONCE
