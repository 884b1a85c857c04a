"""What becomes of what a model said, by what was read for it: the same gives the same answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answer_context import AnswerContext
from chargehand.decisions.answered import Answered
from chargehand.decisions.model_answer import (
    ModelMaterial,
    answer_from_plan,
    answer_without_model,
    unsure_answer,
)
from chargehand.domain.decision import ModelUse
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.thread import ThreadMessage
from chargehand.domain.work_item import Facts
from chargehand.pipeline.model_reading import ModelSight
from chargehand.plugins.model import PASSING, ModelFailure, ModelPlan

_WHY_NOT: Final = {
    ModelFailure.BUDGET_EXCEEDED: catalogue.MODEL_BUDGET_USED,
    **dict.fromkeys(PASSING, catalogue.MODEL_AWAY),
}


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """What was read for a model about one ask, and what it answered.

    Shape: one of `plan` and `failure` is None; `facts` were read at once, `looked_up` because the
    model asked for them, `suggested` for the changes it suggested.
    Units: `confidence_threshold` from 0 to 1.
    """

    plan: ModelPlan | None
    failure: ModelFailure | None
    use: ModelUse
    cost_usd: Decimal
    confidence_threshold: float
    served: frozenset[ProjectKey]
    thread: tuple[ThreadMessage, ...] | None
    facts: Mapping[WorkItemKey, Facts]
    looked_up: Mapping[WorkItemKey, Facts]
    suggested: Mapping[WorkItemKey, Facts] = field(default_factory=dict)


def answer_of_model(
    sight: ModelSight, made: ModelInputs, rules_answer: Answered, context: AnswerContext
) -> Answered:
    """The answer to an ask that a model was asked about; the rules' answer where it is of no use.

    Shape: what asking in vain has cost belongs to the decision as well.
    """
    costing = replace(rules_answer, decision=replace(rules_answer.decision, cost_usd=made.cost_usd))
    if made.plan is not None:
        return answer_of_plan(sight, made, made.plan, rules_answer, context) or costing
    if sight.ask.place is None or not costing.decision.actions or made.failure is None:
        return costing
    # In a ticket the operator is told; in a chat people wait and see that others were answered.
    return answer_without_model(costing, _WHY_NOT.get(made.failure, catalogue.MODEL_NO_ANSWER))


def answer_of_plan(
    sight: ModelSight,
    made: ModelInputs,
    plan: ModelPlan,
    rules_answer: Answered,
    context: AnswerContext,
) -> Answered | None:
    """The answer that a plan gives; None where it says what nobody showed the model."""
    material = ModelMaterial(
        use=made.use,
        cost_usd=made.cost_usd,
        rule=sight.rule,
        told=sight.told,
        known=sight.known,
        shown_keys=frozenset(sight.shown_keys),
        served=made.served,
        read_outsiders=sight.reads_outsiders,
    )
    costing = replace(rules_answer, decision=replace(rules_answer.decision, cost_usd=made.cost_usd))
    if plan.confidence < made.confidence_threshold:
        return unsure_answer(costing, plan, material)
    return answer_from_plan(sight.ask, plan, material, made.suggested, context)
