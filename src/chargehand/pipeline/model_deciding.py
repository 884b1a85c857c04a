"""Lets a model decide an ask that no rule understood, where the operator allows it.

Nothing here depends on a model: without one, without consent, with the flag off or when it fails,
the rules' answer stands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

from chargehand.decisions.answer import AnswerContext, Answered, answer_wording
from chargehand.decisions.audience_rules import (
    ReplyRule,
    Told,
    is_other_item_tellable,
    reply_rule,
    tell,
)
from chargehand.decisions.dates import local_day
from chargehand.decisions.model_answer import (
    ModelMaterial,
    answer_from_plan,
    read_suggestions,
    unsure_answer,
)
from chargehand.decisions.model_brief import (
    brief,
    is_beyond_rules,
    item_brief,
    known_keys,
    may_be_shown,
    model_needs,
    named_by_asker,
)
from chargehand.decisions.needs import fact_needs
from chargehand.domain.ask import Ask
from chargehand.domain.decision import ModelUse
from chargehand.domain.fact import Fact
from chargehand.domain.ids import DecisionId, ProjectKey, ReservationId, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.keys import keys_in, project_of_key
from chargehand.domain.records import ModelRequestRecord
from chargehand.domain.work_item import FactNeeds, Facts, WorkItem
from chargehand.flags.registry import Flag
from chargehand.kit.clock import Clock
from chargehand.kit.ids import derive_id
from chargehand.logs.log import get_logger
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.fact_reading import read_all
from chargehand.pipeline.flags import is_flag_on
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.waiting import wait_before_next
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
_NO_SUCH: Final[JSONObject] = {"error": "no such work item in this project"}
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


ModelOutcome: TypeAlias = Answered | AskAgain


@dataclass(slots=True)
class _Reading:
    """One ask while a model looks at it: what was read for it so far."""

    ask: Ask
    connection: LiveConnection
    rule: ReplyRule
    told: dict[WorkItemKey, Told]
    shown_keys: set[WorkItemKey] = field(default_factory=set)

    @property
    def known(self) -> frozenset[WorkItemKey]:
        """The work items whose facts were read."""
        return frozenset().union(*(known_keys(one) for one in self.told.values()))

    def show(self, shown: JSONObject) -> JSONObject:
        """Note which keys the model sees from now on."""
        self.shown_keys |= keys_in(json.dumps(shown, ensure_ascii=False))
        return shown


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
    ) -> ModelOutcome:
        """The model's decision, or when to ask again; the rules' answer in every other case."""
        ask = stored.ask
        consent = self._rules.consents.get(ask.project, Consent.OFF)
        if not is_beyond_rules(ask) or not self._door.can_serve(consent):
            return rules_answer
        if not await self._database.aread(lambda tx: is_flag_on(tx, Flag.MODEL_DECISIONS)):
            return rules_answer
        reading = await self._read(ask, connection)
        if reading is None:
            return rules_answer
        run = await self._door.decide(self._question(reading, consent, context))
        cost_usd = await self._database.awrite(lambda tx: self._keep(tx, ask, run))
        # What asking in vain has cost belongs to the decision as well.
        rules_answer = replace(
            rules_answer, decision=replace(rules_answer.decision, cost_usd=cost_usd)
        )
        if isinstance(run.outcome, ModelFailure):
            return self._without_model(stored, run, run.outcome, rules_answer)
        return await self._judge(reading, run, run.outcome, rules_answer, context)

    async def _read(self, ask: Ask, connection: LiveConnection) -> _Reading | None:
        facts = await connection.tracker.read_facts(model_needs(ask), now=self._clock.now())
        item = facts.item
        if not isinstance(item, Fact) or item.value.project != ask.project:
            return None
        rule = reply_rule(ask, item.value)
        if not may_be_shown(ask, item.value, rule):
            return None
        told = tell(facts, item, ask=ask, rule=rule)
        return _Reading(ask, connection, rule, {ask.item: told})

    def _question(
        self, reading: _Reading, consent: Consent, context: AnswerContext
    ) -> ModelQuestion:
        ask = reading.ask
        today = local_day(context.now, answer_wording(ask, context))
        material = reading.show(brief(ask, reading.told[ask.item], today=today))

        async def look_up(key: str) -> LookedUp:
            return await self._look_up(reading, key)

        return ModelQuestion(
            project=ask.project,
            subject_id=ask.id,
            consent=consent,
            material=material,
            known_keys=reading.known | named_by_asker(ask),
            served_projects=self._rules.served,
            look_up_work_item=look_up,
        )

    async def _look_up(self, reading: _Reading, wanted: str) -> LookedUp:
        """One more item of the asked project, told by the rule of the whole answer."""
        key = WorkItemKey(wanted.strip().upper())
        ask = reading.ask
        if keys_in(key) != {key} or project_of_key(key) != ask.project:
            return LookedUp(_NO_SUCH)
        needs = FactNeeds(work_item=key)
        facts = await reading.connection.tracker.read_facts(needs, now=self._clock.now())
        item = facts.item
        if not isinstance(item, Fact) or not self._may_tell(item.value, key, reading):
            return LookedUp(_NO_SUCH)
        told = tell(facts, item, ask=ask, rule=reading.rule)
        reading.told.setdefault(key, told)
        return LookedUp(reading.show(item_brief(told)), known_keys(told))

    def _may_tell(self, item: WorkItem, key: WorkItemKey, reading: _Reading) -> bool:
        # A moved item answers to its old key too; under the new one it may be another project's.
        is_same = item.key == key
        return is_same and is_other_item_tellable(
            item, project=reading.ask.project, rule=reading.rule
        )

    def _without_model(
        self, stored: StoredAsk, run: ModelRun, failure: ModelFailure, rules_answer: Answered
    ) -> ModelOutcome:
        wait = max(wait_before_next(stored.attempts), timedelta(seconds=run.retry_after_s or 0.0))
        may_pass = failure in PASSING and stored.attempts < _MOST_WAITS
        if may_pass and wait <= _LONGEST_WAIT:
            return AskAgain(after=wait, problem=f"model_{failure.value}")
        return rules_answer

    async def _judge(
        self,
        reading: _Reading,
        run: ModelRun,
        plan: ModelPlan,
        rules_answer: Answered,
        context: AnswerContext,
    ) -> Answered:
        material = ModelMaterial(
            use=ModelUse(run.provider, run.model, run.prompt_version, _last_reservation(run)),
            cost_usd=rules_answer.decision.cost_usd,
            rule=reading.rule,
            told=reading.told,
            known=reading.known,
            shown_keys=frozenset(reading.shown_keys),
            served=self._rules.served,
        )
        if plan.confidence < self._rules.confidence_threshold:
            return unsure_answer(rules_answer, plan, material)
        facts = await self._facts_of_suggestions(reading, plan)
        answered = answer_from_plan(reading.ask, plan, material, facts, context)
        if answered is None:
            now = self._clock.now()
            await self._database.awrite(
                lambda tx: _tell_of_failure(tx, run, ModelFailure.JUNK, now=now)
            )
        return answered or rules_answer

    async def _facts_of_suggestions(
        self, reading: _Reading, plan: ModelPlan
    ) -> dict[WorkItemKey, Facts]:
        intents = read_suggestions(plan, reading.ask).intents
        if not intents:
            return {}
        needs = fact_needs(intents, reading.ask)
        return await read_all(lambda _: reading.connection.tracker, needs, now=self._clock.now())

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
        if isinstance(failure, ModelFailure) and failure is not ModelFailure.BUDGET_EXCEEDED:
            _tell_of_failure(tx, run, failure, now=self._clock.now())
        costs = [one.cost_usd for one in earlier] + [one.cost_usd for one in run.requests]
        return sum(costs, Decimal(0))


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


def _last_reservation(run: ModelRun) -> ReservationId:
    return run.requests[-1].reservation_id if run.requests else ReservationId("")
