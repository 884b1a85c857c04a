"""Lets a model decide an ask that no rule understood, where the operator allows it.

Nothing here depends on a model: without one, without consent, with the flag off or when it fails,
the rules' answer stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

from chargehand.decisions.answer_context import AnswerContext, answer_wording
from chargehand.decisions.answered import Answered
from chargehand.decisions.dates import local_day
from chargehand.decisions.model_answer import read_suggestions
from chargehand.decisions.model_brief import is_beyond_rules, named_by_asker
from chargehand.decisions.needs import fact_needs
from chargehand.domain.ask import Ask
from chargehand.domain.decision import ModelUse
from chargehand.domain.ids import DecisionId, MemberId, ProjectKey, ReservationId, WorkItemKey
from chargehand.domain.records import ModelRequestRecord
from chargehand.domain.thread import ThreadMessage
from chargehand.domain.work_item import Facts
from chargehand.kit.clock import Clock
from chargehand.kit.ids import derive_id
from chargehand.kit.redact import redact_text
from chargehand.logs.log import get_logger
from chargehand.pipeline.backoff import wait_before_next
from chargehand.pipeline.barriers import barriers
from chargehand.pipeline.cohorts import subject_asked
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.fact_reading import read_all
from chargehand.pipeline.model_judging import ModelInputs, answer_of_model, answer_of_plan
from chargehand.pipeline.model_reading import ModelReading, ModelSight, read_for_model
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.places import confirmed_member
from chargehand.plugins.model import (
    PASSING,
    Consent,
    LookedUp,
    ModelDoor,
    ModelFailure,
    ModelPlan,
    ModelQuestion,
    ModelRun,
)
from chargehand.storage.database import Database
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Writing

# A person who asked waits about a minute for a model before a rule asks back.
_MOST_WAITS: Final = 2
_LONGEST_WAIT: Final = timedelta(seconds=60)
_STRICTEST_FIRST: Final = (Consent.OFF, Consent.LOCAL, Consent.ANY)
_TOLD_ELSEWHERE: Final = frozenset({ModelFailure.BUDGET_EXCEEDED, ModelFailure.STOPPED})
_log = get_logger()


@dataclass(frozen=True, slots=True)
class ModelRules:
    """What the operator set about models.

    Shape: a project without a consent has given none.
    Units: `confidence_threshold` from 0 to 1; a plan below it is not told.
    """

    consents: Mapping[ProjectKey, Consent]
    confidence_threshold: float
    served: frozenset[ProjectKey]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """A model may be able to decide a little later."""

    after: timedelta
    problem: str


@dataclass(frozen=True, slots=True)
class Decided:
    """An answer, and what a model made of it; None where none was asked."""

    answered: Answered
    model: ModelInputs | None = None


ModelOutcome: TypeAlias = Decided | AskAgain


class ModelDeciding:
    """Asks a model about one ask, and judges what it says by the house's rules."""

    def __init__(
        self, database: Database, door: ModelDoor, *, rules: ModelRules, clock: Clock
    ) -> None:
        self._database = database
        self._door = door
        self._rules = rules
        self._clock = clock

    async def decide(
        self,
        stored: StoredAsk,
        connection: LiveConnection,
        rules_answer: Answered,
        context: AnswerContext,
        trackers: Mapping[ProjectKey, LiveConnection],
    ) -> ModelOutcome:
        """The model's decision, or when to ask again; the rules' answer in every other case.

        Shape: `trackers` know the work items of each project, for an ask in a chat.
        """
        ask = stored.ask
        consent = consent_for(ask, self._rules.consents)
        if not is_beyond_rules(ask) or not self._door.can_serve(consent):
            return Decided(rules_answer)
        now = self._clock.now()
        why_not = await self._database.aread(
            lambda tx: barriers(tx, now=now).before_model(
                subject_asked(tx, ask, connection.connector)
            )
        )
        if why_not:
            return Decided(rules_answer)
        reading = await read_for_model(ask, connection, trackers, now=self._clock.now())
        if reading is None:
            return Decided(rules_answer)
        # Nobody pays for an account that is only taken for theirs.
        member = await self._database.aread(
            lambda tx: confirmed_member(tx, ask.connection_id, ask.asker.account_id)
        )
        question = self._question(reading, consent, context, member.id if member else None)
        run = await self._door.decide(question)
        cost_usd = await self._database.awrite(lambda tx: self._keep(tx, ask, run))
        made = self._inputs(reading.sight, run, cost_usd)
        if isinstance(run.outcome, ModelFailure):
            if (wait := self._wait_of(stored, run, run.outcome)) is not None:
                return AskAgain(after=wait, problem=f"model_{run.outcome.value}")
            return Decided(answer_of_model(reading.sight, made, rules_answer, context), made)
        return await self._judge(
            reading, run, made, plan=run.outcome, rules_answer=rules_answer, context=context
        )

    def _question(
        self,
        reading: ModelReading,
        consent: Consent,
        context: AnswerContext,
        member_id: MemberId | None,
    ) -> ModelQuestion:
        sight, ask = reading.sight, reading.sight.ask
        today = local_day(context.now, answer_wording(ask, context))
        material = sight.material(today=today)

        async def look_up(key: str) -> LookedUp:
            return await reading.look_up(key, now=self._clock.now())

        return ModelQuestion(
            project=ask.project,
            subject_id=ask.id,
            consent=consent,
            material=material,
            known_keys=sight.known | named_by_asker(ask),
            served_projects=self._rules.served,
            look_up_work_item=look_up,
            member_id=member_id,
        )

    def _wait_of(self, stored: StoredAsk, run: ModelRun, failure: ModelFailure) -> timedelta | None:
        """How long to wait for a model that may answer soon; None where waiting is no use."""
        wait = max(wait_before_next(stored.attempts), timedelta(seconds=run.retry_after_s or 0.0))
        may_pass = failure in PASSING and stored.attempts < _MOST_WAITS
        return wait if may_pass and wait <= _LONGEST_WAIT else None

    def _inputs(self, sight: ModelSight, run: ModelRun, cost_usd: Decimal) -> ModelInputs:
        """What a model was shown and said, so that it can be judged again."""
        outcome = run.outcome
        return ModelInputs(
            plan=outcome if isinstance(outcome, ModelPlan) else None,
            failure=outcome if isinstance(outcome, ModelFailure) else None,
            use=ModelUse(run.provider, run.model, run.prompt_version, _last_reservation(run)),
            cost_usd=cost_usd,
            confidence_threshold=self._rules.confidence_threshold,
            served=self._rules.served,
            thread=_without_secrets(sight.thread),
            facts=sight.facts,
            looked_up=sight.looked_up,
        )

    async def _judge(
        self,
        reading: ModelReading,
        run: ModelRun,
        made: ModelInputs,
        *,
        plan: ModelPlan,
        rules_answer: Answered,
        context: AnswerContext,
    ) -> Decided:
        if plan.confidence >= self._rules.confidence_threshold:
            made = replace(made, suggested=await self._facts_of_suggestions(reading, plan))
        answered = answer_of_plan(reading.sight, made, plan, rules_answer, context)
        if answered is None:
            now = self._clock.now()
            await self._database.awrite(
                lambda tx: _tell_of_failure(tx, run, ModelFailure.JUNK, now=now)
            )
        return Decided(answer_of_model(reading.sight, made, rules_answer, context), made)

    async def _facts_of_suggestions(
        self, reading: ModelReading, plan: ModelPlan
    ) -> dict[WorkItemKey, Facts]:
        intents = read_suggestions(plan, reading.sight.ask).intents
        if not intents:
            return {}
        needs = fact_needs(intents, reading.sight.ask)
        return await read_all(lambda _: reading.tracker.tracker, needs, now=self._clock.now())

    def _keep(self, tx: Writing, ask: Ask, run: ModelRun) -> Decimal:
        """Record every request, whatever becomes of the ask meanwhile.

        Units: what all requests for this ask's decision have cost so far, in US dollars.
        """
        decision_id = DecisionId(derive_id("dec", ask.id, ask.revision))
        earlier = tx.model_requests.of_decision(decision_id)
        for position, one in enumerate(run.requests, start=len(earlier)):
            tx.model_requests.add(
                ModelRequestRecord(
                    reservation_id=one.reservation_id,
                    decision_id=decision_id,
                    ask_id=ask.id,
                    position=position,
                    provider=one.provider,
                    model=one.model,
                    prompt_version=one.prompt_version,
                    outcome=one.outcome,
                    input_tokens=one.input_tokens,
                    output_tokens=one.output_tokens,
                    cost_usd=one.cost_usd,
                    sent_at=one.sent_at,
                    body=one.body,
                )
            )
        failure = run.outcome
        # Of a budget that is full the operator hears where it is kept.
        if isinstance(failure, ModelFailure) and failure not in _TOLD_ELSEWHERE:
            _tell_of_failure(tx, run, failure, now=self._clock.now())
        costs = [one.cost_usd for one in earlier] + [one.cost_usd for one in run.requests]
        return sum(costs, Decimal(0))


def consent_for(ask: Ask, consents: Mapping[ProjectKey, Consent]) -> Consent:
    """What may see an ask: in a thread of a channel all its projects may be spoken of."""
    projects = {ask.project, *(ask.served if ask.place is not None else ())}
    given = [consents.get(one, Consent.OFF) for one in projects]
    return min(given, key=_STRICTEST_FIRST.index)


def _tell_of_failure(tx: Writing, run: ModelRun, failure: ModelFailure, *, now: datetime) -> None:
    """Tell the operator once a day for each provider and cause."""
    _log.info("model.failed", provider=run.provider, failure=failure.value)
    tell_operator(
        tx,
        "model_failed",
        subject_id=f"{run.provider}:{failure.value}:{now:%Y-%m-%d}",
        text=f"The model {run.model or 'that was to be asked'} gave no usable decision "
        f"({failure.value}); rules answer meanwhile. See `chargehand decisions show ID --request`.",
        now=now,
    )


def _without_secrets(
    thread: tuple[ThreadMessage, ...] | None,
) -> tuple[ThreadMessage, ...] | None:
    """A thread as it may be kept: a model never saw its secrets either."""
    if thread is None:
        return None
    return tuple(replace(one, text=redact_text(one.text)) for one in thread)


def _last_reservation(run: ModelRun) -> ReservationId:
    return run.requests[-1].reservation_id if run.requests else ReservationId("")
