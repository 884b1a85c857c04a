"""What an answer was decided from, as it is kept, so that it can be decided again.

Kept are the ask as it stood, every fact as it was read with source and time, what a model was shown
and answered, and the conclusion. Not kept is what the program itself knows: rules, words, commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from pydantic import TypeAdapter, ValidationError

from chargehand.decisions.answer_context import AnswerContext
from chargehand.decisions.answered import Answered
from chargehand.domain.action import ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.decision import ModelUse
from chargehand.domain.diff import Diff
from chargehand.domain.fact import Known
from chargehand.domain.ids import DecisionId, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.work_item import Facts
from chargehand.pipeline.model_judging import ModelInputs
from chargehand.storage.repositories.encoding import source_to_json, visibility_to_json
from chargehand.storage.transaction import Writing

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class AnswerInputs:
    """Everything an answer depends on; `model` is None where none was asked.

    Shape: `diffs` are what the pull requests change that its actions are about, by `diff_key`.
    """

    ask: Ask
    facts: Mapping[WorkItemKey, Facts]
    context: AnswerContext
    model: ModelInputs | None = None
    diffs: Mapping[str, Known[Diff]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EncodedInputs:
    """The same as JSON, with the conclusion; `is_prompt` says that a model was shown some of it."""

    body: JSONObject
    size_bytes: int
    is_prompt: bool


def prepare_encoding() -> None:
    """Make what reads and writes them, which would keep the first answer waiting."""
    _adapter()


def encode_inputs(inputs: AnswerInputs, answered: Answered) -> EncodedInputs:
    """What is kept of an answer."""
    # The commands are part of the program, and ten times as long as a question.
    bare = replace(inputs, context=replace(inputs.context, commands=()))
    text = _adapter().dump_json(bare, exclude_defaults=True)
    conclusion = conclusion_of(answered)
    body = {"v": _VERSION, "inputs": msgspec.json.decode(text), "conclusion": conclusion}
    size = len(text) + len(msgspec.json.encode(conclusion))
    return EncodedInputs(body, size, is_prompt=inputs.model is not None)


def keep_inputs(
    tx: Writing, decision_id: DecisionId, inputs: EncodedInputs, *, now: datetime
) -> None:
    """Keep it beside its decision."""
    tx.decision_inputs.add(
        decision_id, inputs.body, inputs.size_bytes, is_prompt=inputs.is_prompt, now=now
    )


def decode_inputs(body: JSONObject) -> tuple[AnswerInputs, JSONObject] | None:
    """What was kept and the conclusion; None where another version wrote what this one can not."""
    conclusion = body.get("conclusion")
    if body.get("v") != _VERSION or not isinstance(conclusion, dict):
        return None
    try:
        # As JSON again: only so are texts read as the moments and words they were.
        inputs = _adapter().validate_json(msgspec.json.encode(body.get("inputs")))
    except ValidationError:
        return None
    return inputs, conclusion


def conclusion_of(answered: Answered) -> JSONObject:
    """What was concluded, whole: the same answer is the same JSON."""
    decision = answered.decision
    return {
        "verdict": decision.verdict.value,
        "reason": decision.reason.value,
        "decided_by": decision.decided_by.value,
        "confidence": decision.confidence,
        "urgency": decision.urgency.value,
        "audience": {
            "scope": decision.audience.scope,
            "visibility": visibility_to_json(decision.audience.visibility),
        },
        "response": decision.response,
        "sources": [source_to_json(one) for one in decision.sources],
        "withheld": list(decision.withheld),
        "reasoning": decision.reasoning,
        "cost_usd": f"{decision.cost_usd:f}",
        "model": _model(decision.model),
        "answer_digest": answered.answer_digest,
        "actions": [_action(one) for one in decision.actions],
    }


def _model(use: ModelUse | None) -> JSONObject | None:
    if use is None:
        return None
    return {"provider": use.provider, "model": use.model, "prompt_version": use.prompt_version}


def _action(action: ProposedAction) -> JSONObject:
    return {
        "kind": action.kind.value,
        "connection_id": action.connection_id,
        "project": action.project,
        "target": action.target,
        "params": action.params,
        "base": action.base,
        "preview": action.preview,
    }


@cache
def _adapter() -> "TypeAdapter[Any]":
    """Reads and writes the values; made once, which takes a tenth of a second."""
    return TypeAdapter(AnswerInputs)
