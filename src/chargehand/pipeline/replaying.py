"""Makes a decision again from what it was made from, and says what would be different.

Nothing is sent, proposed or written: the clock is that of the decision, the facts are those that
were read, and what a model answered is what it answered then.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from chargehand.commands.registry import command_reference
from chargehand.decisions.answer import FactsMissing, answer
from chargehand.decisions.answer_context import answer_wording
from chargehand.decisions.answered import Answered, NotYet
from chargehand.decisions.dates import local_day
from chargehand.decisions.diffs import with_diffs
from chargehand.decisions.previews import with_previews
from chargehand.domain.action import Mode
from chargehand.domain.decision import Decision, Reason
from chargehand.domain.ids import ConnectionId, DecisionId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.policy import Cause
from chargehand.domain.records import DecisionRecord
from chargehand.kit.canonical import canonical_json
from chargehand.kit.ids import id_kind
from chargehand.pipeline.causing import cause_of_ask
from chargehand.pipeline.decision_inputs import AnswerInputs, conclusion_of, decode_inputs
from chargehand.pipeline.errors import NotFound
from chargehand.pipeline.model_judging import ModelInputs, answer_of_model
from chargehand.pipeline.model_reading import ModelSight, sight_of
from chargehand.pipeline.modes import mode_of_proposal
from chargehand.pipeline.ruling import Rulings
from chargehand.plugins.connector import ActionPreviewer
from chargehand.policy.in_force import Policy, policy_of
from chargehand.policy.modes import ModePolicy
from chargehand.storage.repositories.decision_inputs import KeptInputs
from chargehand.storage.transaction import Reading

Previewers: TypeAlias = Mapping[ConnectionId, ActionPreviewer]
_COMPARED: Final = (
    *("verdict", "reason", "decided_by", "confidence", "urgency", "audience"),
    *("response", "sources", "withheld", "reasoning", "cost_usd", "model"),
)
# Whoever holds it can speak as the bot for some minutes.
_REPLY_TOKEN: Final = "reply_token"  # noqa: S105 - a field's name.


class WhyNotReplayed(StrEnum):
    """Why a decision can not be made again."""

    NOT_KEPT = "not_kept"
    GONE = "gone"
    ERASED = "erased"
    TOO_LARGE = "too_large"
    OTHER_VERSION = "other_version"
    COMMAND = "command"
    SILENT_AT_ONCE = "silent_at_once"
    NOT_CONFIGURED = "not_configured"
    NEEDS_MORE = "needs_more"


WHY_NOT: Final[Mapping[WhyNotReplayed, str]] = {
    WhyNotReplayed.NOT_KEPT: "what it was made from was not kept; it is older than replay, or "
    "nothing was read for it",
    WhyNotReplayed.GONE: "what it was made from is past its retention, or was erased",
    WhyNotReplayed.ERASED: "somebody was erased from what it was made from, so it is not what was "
    "read any more",
    WhyNotReplayed.TOO_LARGE: "what it was made from was too large to be kept",
    WhyNotReplayed.OTHER_VERSION: "another version of chargehand kept what it was made from",
    WhyNotReplayed.COMMAND: "it ran a command on what the database held then",
    WhyNotReplayed.SILENT_AT_ONCE: "it was made from the event alone, before anything was read",
    WhyNotReplayed.NOT_CONFIGURED: "a connection that it proposes actions on is not configured",
    WhyNotReplayed.NEEDS_MORE: "today's rules would read more than was read then",
}


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """One part of a decision that would be another; texts as a unified diff in `diff`."""

    field: str
    before: JSONValue
    after: JSONValue
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayedAction:
    """One action of the replayed decision, and its modes.

    Shape: `mode_before` is the mode by the policy the decision was made under, None for an action
    it did not propose; `rule` is what decides the mode now; `is_changed` says that it is new or
    another than the one it stands for.
    """

    kind: str
    target: str
    preview: str
    mode_before: Mode | None
    mode_after: Mode
    rule: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """A decision made again.

    Shape: `is_identical` says that the conclusion is the same to the byte and every mode is too;
    `why_not` is set where it could not be made again, and then nothing else tells anything;
    `dropped` are previews of actions that would not be proposed any more.
    """

    decision_id: DecisionId
    decided_at: datetime
    why_not: WhyNotReplayed | None = None
    is_identical: bool = False
    policy_version: int = 0
    changes: tuple[DecisionChange, ...] = ()
    actions: tuple[ReplayedAction, ...] = ()
    dropped: tuple[str, ...] = ()


def decision_to_replay(tx: Reading, identifier: str) -> DecisionRecord:
    """The newest decision about an event or ask, or the one that is named.

    Raises: NotFound.
    """
    kind = id_kind(identifier)
    found: Sequence[DecisionRecord] = ()
    if kind == "decision":
        one = tx.decisions.find(identifier)
        found = (one,) if one is not None else ()
    elif kind == "ask":
        found = tx.decisions.of_ask(identifier)
    elif kind == "event":
        found = tx.decisions.of_event(identifier)
    if not found:
        raise NotFound(kind=kind or "event, ask or decision", id=identifier[:60])
    return found[-1]


def replay(
    tx: Reading,
    record: DecisionRecord,
    *,
    previewers: Previewers,
    policy: Policy | None = None,
    model: ModelInputs | None = None,
) -> Replay:
    """A decision made again from what was kept of it.

    Shape: `policy` takes the place of the version it was made under, `model` that of what a model
    answered then.
    """
    kept = tx.decision_inputs.find(record.id)
    read = _read(kept)
    if not isinstance(read, tuple):
        why = _why_nothing_kept(record) if read is WhyNotReplayed.NOT_KEPT else read
        return Replay(record.id, record.decided_at, why_not=why)
    inputs, before = read
    try:
        answered = conclude(inputs if model is None else replace(inputs, model=model))
    except FactsMissing:
        return Replay(record.id, record.decided_at, why_not=WhyNotReplayed.NEEDS_MORE)
    decision = with_diffs(answered.decision, inputs.diffs)
    if any(one.connection_id not in previewers for one in decision.actions):
        return Replay(record.id, record.decided_at, why_not=WhyNotReplayed.NOT_CONFIGURED)
    decision = with_previews(decision, lambda one: previewers[one.connection_id].preview(one))
    after = conclusion_of(replace(answered, decision=decision))
    judged = _Modes(tx, record, inputs, policy).judge(decision, before, after)
    is_same = canonical_json(before) == canonical_json(after)
    return Replay(
        decision_id=record.id,
        decided_at=record.decided_at,
        is_identical=is_same and all(one.mode_before is one.mode_after for one in judged),
        policy_version=policy.version if policy is not None else record.policy_version,
        changes=() if is_same else tuple(_changes(before, after)),
        actions=judged,
        dropped=_dropped(before, after),
    )


def inputs_of(tx: Reading, record: DecisionRecord) -> AnswerInputs | WhyNotReplayed:
    """What a decision was made from, for who asks a model anew."""
    read = _read(tx.decision_inputs.find(record.id))
    return read[0] if isinstance(read, tuple) else read


def conclude(inputs: AnswerInputs) -> Answered:
    """The answer to an ask from everything it depends on: the same gives the same.

    Raises: FactsMissing where today's rules would read more than was read.
    """
    commands = tuple((entry.usage, entry.does) for entry in command_reference())
    context = replace(inputs.context, commands=commands)
    found = answer(inputs.ask, inputs.facts, context)
    if isinstance(found, NotYet):
        # Today's rules wait for a fact that those of then did without.
        raise FactsMissing(work_item=found.work_item)
    if inputs.model is None:
        return found
    sight = sight_again(inputs, inputs.model)
    if sight is None:
        return found
    made = answer_of_model(sight, inputs.model, found, context)
    return replace(made, is_open=found.is_open)


def sight_again(inputs: AnswerInputs, model: ModelInputs) -> ModelSight | None:
    """What the model saw, shown again in the same order."""
    sight = sight_of(inputs.ask, model.facts, model.thread)
    if sight is None:
        return None
    sight.material(today=local_day(inputs.context.now, answer_wording(inputs.ask, inputs.context)))
    for key, facts in model.looked_up.items():
        sight.look_at(key, facts)
    return sight


def _read(kept: KeptInputs | None) -> tuple[AnswerInputs, JSONObject] | WhyNotReplayed:
    if kept is None:
        return WhyNotReplayed.NOT_KEPT
    if kept.body is None:
        return WhyNotReplayed.TOO_LARGE if kept.is_too_large else WhyNotReplayed.GONE
    if kept.is_changed:
        return WhyNotReplayed.ERASED
    return decode_inputs(kept.body) or WhyNotReplayed.OTHER_VERSION


def _why_nothing_kept(record: DecisionRecord) -> WhyNotReplayed:
    if record.reason in (Reason.COMMAND_RUN, Reason.COMMAND_REFUSED):
        return WhyNotReplayed.COMMAND
    return WhyNotReplayed.SILENT_AT_ONCE if record.ask_id is None else WhyNotReplayed.NOT_KEPT


@dataclass(frozen=True, slots=True)
class _Modes:
    """Gives every action its mode by the policy of then, and by the one that is tried."""

    tx: Reading
    record: DecisionRecord
    inputs: AnswerInputs
    tried: Policy | None

    def judge(
        self, decision: Decision, before: JSONObject, after: JSONObject
    ) -> tuple[ReplayedAction, ...]:
        """Every action that would be proposed now."""
        then = self._policy_of(self.record.policy_version)
        cause, now = self._cause(), self.record.decided_at
        old, new = Rulings(self.tx, then), Rulings(self.tx, self.tried or then)
        known = [canonical_json(_bare(one)) for one in _actions(before)]
        named = {(one.get("kind"), one.get("target")) for one in _actions(before)}
        found = []
        for action, shown in zip(decision.actions, _actions(after), strict=True):
            was = old.on(action, cause=cause, now=now)
            ruling = new.on(action, cause=cause, now=now)
            is_old = (action.kind.value, action.target) in named
            found.append(
                ReplayedAction(
                    kind=action.kind.value,
                    target=action.target,
                    preview=action.preview,
                    mode_before=mode_of_proposal(was, decision, action) if is_old else None,
                    mode_after=mode_of_proposal(ruling, decision, action),
                    rule=ruling.rule,
                    is_changed=canonical_json(_bare(shown)) not in known,
                )
            )
        return tuple(found)

    def _policy_of(self, version: int) -> Policy:
        for stored in self.tx.policies.history():
            if stored.version == version:
                return policy_of(stored.version, stored.document)
        return ModePolicy(version=version)

    def _cause(self) -> Cause:
        """That of the decision's own actions, else whoever asked, by their rights now."""
        recorded = self.tx.actions.of_decision(self.record.id)
        return recorded[0].cause if recorded else cause_of_ask(self.tx, self.inputs.ask)


def _changes(before: JSONObject, after: JSONObject) -> Sequence[DecisionChange]:
    found = []
    for name in _COMPARED:
        old, new = before.get(name), after.get(name)
        if canonical_json(old) == canonical_json(new):
            continue
        diff: tuple[str, ...] = ()
        if isinstance(old, str) and isinstance(new, str) and name == "response":
            lines = difflib.unified_diff(
                old.splitlines(), new.splitlines(), "recorded", "replayed", lineterm=""
            )
            diff = tuple(lines)
        found.append(DecisionChange(name, old, new, diff))
    return found


def _dropped(before: JSONObject, after: JSONObject) -> tuple[str, ...]:
    kept = {(one.get("kind"), one.get("target")) for one in _actions(after)}
    gone = [one for one in _actions(before) if (one.get("kind"), one.get("target")) not in kept]
    return tuple(str(one.get("preview", "")) for one in gone)


def _actions(conclusion: JSONObject) -> list[Mapping[str, JSONValue]]:
    value = conclusion.get("actions")
    found = value if isinstance(value, list | tuple) else ()
    return [one for one in found if isinstance(one, Mapping)]


def _bare(action: Mapping[str, JSONValue]) -> JSONObject:
    """An action without what only lasts for minutes."""
    params = action.get("params")
    shown = params if isinstance(params, Mapping) else {}
    return {**action, "params": {k: v for k, v in shown.items() if k != _REPLY_TOKEN}}
