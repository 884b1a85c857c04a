"""Asks a model anew what one was asked then, and says what would be different.

The model is shown what was recorded, and nothing is read: what it looks up is answered from what
was looked up then, and it is told of the rest that it was not recorded. Nothing is proposed, sent
or kept but what it costs, which is paid like every other request to a model. The consents, flags
and stops are those of now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from chargehand.decisions.answer_context import answer_wording
from chargehand.decisions.dates import local_day
from chargehand.decisions.model_answer import read_suggestions
from chargehand.decisions.model_brief import named_by_asker
from chargehand.decisions.needs import fact_needs
from chargehand.domain.decision import ModelUse
from chargehand.domain.ids import DecisionId, ProjectKey, ReservationId, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.records import DecisionRecord
from chargehand.domain.work_item import NOT_ASKED, FactNeeds, Facts
from chargehand.kit.clock import Clock
from chargehand.pipeline.barriers import STOPPED, barriers
from chargehand.pipeline.cohorts import subject_asked
from chargehand.pipeline.decision_inputs import AnswerInputs
from chargehand.pipeline.model_deciding import consent_for
from chargehand.pipeline.model_judging import ModelInputs
from chargehand.pipeline.model_reading import NO_SUCH_ITEM, ModelSight, sight_of
from chargehand.pipeline.replaying import Previewers, Replay, WhyNotReplayed, inputs_of, replay
from chargehand.plugins.model import (
    Consent,
    LookedUp,
    ModelDoor,
    ModelFailure,
    ModelPlan,
    ModelQuestion,
    ModelRun,
    SuggestedAction,
)
from chargehand.policy.in_force import Policy
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading

ANSWERED: Final = "answered"
_NOT_RECORDED: Final[JSONObject] = {
    "error": "not recorded: this work item was not read when this was asked, so nothing is known"
}
_NOT_SENT: Final = "not_sent"


class WhyNotAsked(StrEnum):
    """Why no model is asked anew about a decision."""

    NO_MODEL_THEN = "no_model_then"
    NOT_CONFIGURED = "not_configured"
    NO_CONSENT = "no_consent"
    STOPPED = "stopped"
    FLAG_OFF = "flag_off"
    NOT_SHOWN = "not_shown"


WHY_NOT_ASKED: Final[Mapping[WhyNotAsked, str]] = {
    WhyNotAsked.NO_MODEL_THEN: "no model was asked then, so nothing is recorded that one could be "
    "shown",
    WhyNotAsked.NOT_CONFIGURED: "the model that was asked then is not configured any more; name "
    "another one with --model",
    WhyNotAsked.NO_CONSENT: "its project's texts may not go to that model; see [model.consent]",
    WhyNotAsked.STOPPED: "a stop keeps models from being asked there",
    WhyNotAsked.FLAG_OFF: "a flag keeps models from being asked there",
    WhyNotAsked.NOT_SHOWN: "today's rules would show no model any of it",
}


@dataclass(frozen=True, slots=True)
class AskedModel:
    """What came of asking a model anew.

    Shape: `outcome` is `answered` or a word of `ModelFailure`; `requests` are those that may have
    left; `not_recorded` are the work items it wanted to look up and that were not read then;
    `unjudged` are the changes it suggested of which nobody knows whether they would be proposed,
    since what that needs was not read then.
    Units: US dollars; `cost_usd_then` is what asking then had cost.
    """

    provider: str
    model: str
    prompt_version: str
    outcome: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    cost_usd_then: Decimal
    not_recorded: tuple[WorkItemKey, ...] = ()
    unjudged: tuple[SuggestedAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasked:
    """A decision made again with what a model says now.

    Shape: `replay` says what would be different, None where no model was asked or none gave a
    plan; `why_not` says why none was asked; `not_replayed` why it can not be made again at all.
    """

    decision_id: DecisionId
    decided_at: datetime
    not_replayed: WhyNotReplayed | None = None
    why_not: WhyNotAsked | None = None
    asked: AskedModel | None = None
    replay: Replay | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a model would be asked about one decision, and what that can cost.

    Units: `worst_micro_usd` are micro-dollars.
    """

    record: DecisionRecord
    inputs: AnswerInputs
    then: ModelInputs
    provider: str
    consent: Consent
    worst_micro_usd: int


Prepared: TypeAlias = Question | Reasked


class TriedModels(Protocol):
    """The models that are tried."""

    def provider_for(self, then: str) -> str | None:
        """Who is asked in the place of the provider that was asked then; None for nobody."""
        ...

    def may_see(self, provider: str, consent: Consent) -> bool:
        """Whether texts with this consent may go there."""
        ...

    def worst_micro_usd(self, provider: str, material: JSONObject) -> int:
        """What a question can cost at most, in micro-dollars."""
        ...

    def agree(self, micro_usd: int) -> None:
        """Let so much be spent; nothing may be before."""
        ...

    def door(self, provider: str) -> ModelDoor:
        """Where it is asked."""
        ...


@dataclass(slots=True)
class _LookUps:
    """Answers what a model looks up from what was read then."""

    sight: ModelSight
    recorded: Mapping[WorkItemKey, Facts]
    missing: list[WorkItemKey] = field(default_factory=list)

    async def look_up(self, wanted: str) -> LookedUp:
        """One more work item as it was then."""
        if not self.sight.may_look_at(wanted):
            return LookedUp(NO_SUCH_ITEM)
        key = WorkItemKey(wanted.strip().upper())
        facts = self.recorded.get(key)
        if facts is None:
            self.missing.append(key)
            return LookedUp(_NOT_RECORDED)
        return self.sight.look_at(wanted, facts)


class Reasking:
    """Asks the models that are tried about what was decided."""

    def __init__(
        self,
        database: Database,
        models: TriedModels,
        *,
        consents: Mapping[ProjectKey, Consent],
        previewers: Previewers,
        clock: Clock,
        policy: Policy | None = None,
    ) -> None:
        self._database = database
        self._models = models
        self._consents = consents
        self._previewers = previewers
        self._clock = clock
        self._policy = policy

    def prepare(self, tx: Reading, record: DecisionRecord) -> Prepared:
        """What would be asked about a decision, or why nothing is."""
        none = Reasked(record.id, record.decided_at)
        inputs = inputs_of(tx, record)
        if isinstance(inputs, WhyNotReplayed):
            return replace(none, not_replayed=inputs)
        if inputs.model is None:
            return replace(none, why_not=WhyNotAsked.NO_MODEL_THEN)
        provider = self._models.provider_for(inputs.model.use.provider)
        if provider is None:
            return replace(none, why_not=WhyNotAsked.NOT_CONFIGURED)
        consent = consent_for(inputs.ask, self._consents)
        seen, barrier = _sight(inputs, inputs.model), self._barrier(tx, inputs)
        if not self._models.may_see(provider, consent):
            barrier = WhyNotAsked.NO_CONSENT
        if barrier is not None or seen is None:
            return replace(none, why_not=barrier or WhyNotAsked.NOT_SHOWN)
        worst = self._models.worst_micro_usd(provider, seen[1])
        return Question(record, inputs, inputs.model, provider, consent, worst)

    async def ask(self, question: Question) -> Reasked:
        """Ask once and say what would be different; pays within what was agreed to."""
        record, inputs = question.record, question.inputs
        none = Reasked(record.id, record.decided_at)
        # Somebody may have said stop since it was prepared.
        barrier = await self._database.aread(lambda tx: self._barrier(tx, inputs))
        seen = _sight(inputs, question.then)
        if barrier is not None or seen is None:
            return replace(none, why_not=barrier or WhyNotAsked.NOT_SHOWN)
        sight, material = seen
        look_ups = _LookUps(sight, _recorded(inputs, question.then))
        run = await self._models.door(question.provider).decide(
            ModelQuestion(
                project=inputs.ask.project,
                # A run of its own: what is only tried uses nothing of the ask's budget up.
                subject_id=record.id,
                consent=question.consent,
                material=material,
                known_keys=sight.known | named_by_asker(inputs.ask),
                served_projects=question.then.served,
                look_up_work_item=look_ups.look_up,
            )
        )
        asked = _asked(run, question.then, look_ups)
        if isinstance(run.outcome, ModelFailure):
            return replace(none, asked=asked)
        made, unjudged = _made(run, run.outcome, question, sight)
        found = await self._database.aread(
            lambda tx: replay(
                tx, record, previewers=self._previewers, policy=self._policy, model=made
            )
        )
        return replace(none, asked=replace(asked, unjudged=unjudged), replay=found)

    def _barrier(self, tx: Reading, inputs: AnswerInputs) -> WhyNotAsked | None:
        subject = subject_asked(tx, inputs.ask, inputs.context.connector)
        word = barriers(tx, now=self._clock.now()).before_model(subject)
        if not word:
            return None
        return WhyNotAsked.STOPPED if word == STOPPED else WhyNotAsked.FLAG_OFF


def _sight(inputs: AnswerInputs, then: ModelInputs) -> tuple[ModelSight, JSONObject] | None:
    """What the model is shown at once, as it was shown then; what was looked up is not yet."""
    sight = sight_of(inputs.ask, then.facts, then.thread)
    if sight is None:
        return None
    today = local_day(inputs.context.now, answer_wording(inputs.ask, inputs.context))
    return sight, sight.material(today=today)


def _recorded(inputs: AnswerInputs, then: ModelInputs) -> dict[WorkItemKey, Facts]:
    """Every work item that was read then, by the key it was asked for by."""
    return {**inputs.facts, **then.suggested, **then.facts, **then.looked_up}


def _asked(run: ModelRun, then: ModelInputs, look_ups: _LookUps) -> AskedModel:
    left = [one for one in run.requests if one.outcome != _NOT_SENT]
    outcome = run.outcome
    return AskedModel(
        provider=run.provider,
        model=run.model,
        prompt_version=run.prompt_version,
        outcome=outcome.value if isinstance(outcome, ModelFailure) else ANSWERED,
        requests=len(left),
        input_tokens=sum(one.input_tokens for one in left),
        output_tokens=sum(one.output_tokens for one in left),
        cost_usd=_cost(run),
        cost_usd_then=then.cost_usd,
        not_recorded=tuple(dict.fromkeys(look_ups.missing)),
    )


def _made(
    run: ModelRun, plan: ModelPlan, question: Question, sight: ModelSight
) -> tuple[ModelInputs, tuple[SuggestedAction, ...]]:
    """What the decision is made from now, and the suggestions nobody can judge any more."""
    then, inputs = question.then, question.inputs
    # The others are judged as they would be now, or refused without a fact.
    found = {one: _facts_for(one, plan, inputs, then) for one in plan.suggested_actions}
    unjudged = tuple(one for one, facts in found.items() if facts is None)
    judged = tuple(one for one in plan.suggested_actions if one not in unjudged)
    suggested: dict[WorkItemKey, Facts] = {}
    for facts in found.values():
        suggested |= facts or {}
    used = ReservationId(run.requests[-1].reservation_id if run.requests else "")
    made = replace(
        then,
        plan=replace(plan, suggested_actions=judged),
        failure=None,
        use=ModelUse(run.provider, run.model, run.prompt_version, used),
        cost_usd=_cost(run),
        looked_up=sight.looked_up,
        suggested=suggested,
    )
    return made, unjudged


def _facts_for(
    one: SuggestedAction, plan: ModelPlan, inputs: AnswerInputs, then: ModelInputs
) -> dict[WorkItemKey, Facts] | None:
    """Everything judging one suggestion needs, from what was read then; None where some is not."""
    intents = read_suggestions(replace(plan, suggested_actions=(one,)), inputs.ask).intents
    facts: dict[WorkItemKey, Facts] = {}
    for need in fact_needs(intents, inputs.ask) if intents else ():
        places = (then.suggested, inputs.facts, then.facts, then.looked_up)
        read = [place[need.work_item] for place in places if need.work_item in place]
        enough = next((found for found in read if _is_enough(found, need)), None)
        if enough is None:
            return None
        facts[need.work_item] = enough
    return facts


def _is_enough(facts: Facts, need: FactNeeds) -> bool:
    return (
        (not need.transitions or facts.transitions != NOT_ASKED)
        and facts.rights.keys() >= set(need.rights)
        and facts.people.keys() >= set(need.people)
    )


def _cost(run: ModelRun) -> Decimal:
    return sum((one.cost_usd for one in run.requests), Decimal(0))
