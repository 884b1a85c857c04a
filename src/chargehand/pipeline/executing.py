"""Sends one approved action once: gate, ledger, vendor, ledger.

The ledger's intent is committed before the request leaves. A crash, a cut connection or a
time-out leaves that intent open; whoever comes next waits until a request under way must have
landed or not, looks for its mark at the vendor, and sends again only when it is surely not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.approvals.gate import Closed, ClosedReason, GateView, Simulated, open_gate
from chargehand.audit.tags import AuditTag
from chargehand.domain.action import (
    ActionKind,
    ActionResult,
    ActionState,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
    RetryAfter,
    Undecided,
)
from chargehand.domain.ids import ActionId, ConnectionId, EffectId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ActionRecord, EffectState, Severity
from chargehand.kit.clock import Clock
from chargehand.kit.ids import derive_id
from chargehand.logs.log import get_logger
from chargehand.pipeline.answering import open_approval
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.moving import move_action
from chargehand.pipeline.noticing import tell_operator
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect
from chargehand.policy.modes import read_policy
from chargehand.storage.database import Database
from chargehand.storage.repositories.effects import OpenEffect
from chargehand.storage.transaction import Writing

# Longer than any request of ours lives, so an undecided one has landed by then or never will.
SETTLE_AFTER: Final = timedelta(seconds=30)
_MOST_ATTEMPTS: Final = 10
_LOOK_AGAIN_AFTER: Final = timedelta(seconds=30)
# The state an action was based on is gone: nobody's failure, and nothing to send.
_OVERTAKEN: Final = frozenset({"question_deleted", "audience_changed", "base_changed"})
_log = get_logger()


@dataclass(frozen=True, slots=True)
class _MustLookUp:
    action: ActionRecord
    effect: OpenEffect


@dataclass(frozen=True, slots=True)
class _Sent:
    action_id: ActionId
    kind: ActionKind
    target: str
    params: JSONObject
    base: JSONObject


@dataclass(frozen=True, slots=True)
class _Stop:
    outcome: JSONObject


class Executing:
    """The body of the execute task; running it twice sends once."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connections = connections
        self._rules = rules
        self._clock = clock

    async def execute(self, action_id: ActionId) -> JSONObject:
        """Make one attempt at an action; the outcome in closed words."""
        step = await self._database.awrite(lambda tx: self._enter(tx, action_id))
        if isinstance(step, _MustLookUp):
            seen = await self._look_up(step)
            step = await self._database.awrite(lambda tx: self._after_look_up(tx, action_id, seen))
        if isinstance(step, _Stop):
            return step.outcome
        if isinstance(step, _MustLookUp):
            return {"outcome": "postponed", "problem": "still_undecided"}
        connection = self._connections[step.connection_id]
        result = await connection.client.perform(step)
        return await self._database.awrite(lambda tx: self._record(tx, action_id, result))

    def _enter(self, tx: Writing, action_id: ActionId) -> "ApprovedAction | _MustLookUp | _Stop":
        action = tx.actions.find(action_id)
        if action is None:
            return _Stop({"outcome": "settled"})
        if action.connection_id not in self._connections:
            return self._fail(tx, action, "connection_not_configured", Severity.WARNING)
        effect = tx.effects.of_action(action_id)
        if effect is not None and effect.record.state is EffectState.INTENDED:
            return self._enter_again(tx, action, effect)
        return self._open(tx, action)

    def _enter_again(
        self, tx: Writing, action: ActionRecord, effect: OpenEffect
    ) -> "_MustLookUp | _Stop":
        now = self._clock.now()
        if effect.settle_at is not None and effect.settle_at > now:
            tx.actions.postpone(action.id, until=effect.settle_at, problem="undecided")
            return _Stop({"outcome": "postponed", "problem": "undecided"})
        return _MustLookUp(action, effect)

    async def _look_up(self, step: _MustLookUp) -> LookUp:
        past = PastEffect(
            intended_at=step.effect.record.intended_at, attempts=step.effect.record.attempts
        )
        action = step.action
        sent = _Sent(action.id, action.kind, action.target, action.params, action.base)
        return await self._connections[action.connection_id].client.look_up(sent, past)

    def _after_look_up(
        self, tx: Writing, action_id: ActionId, seen: LookUp
    ) -> "ApprovedAction | _MustLookUp | _Stop":
        action = tx.actions.find(action_id)
        if action is None:
            return _Stop({"outcome": "settled"})
        match seen.state:
            case LookUpState.FOUND:
                return _Stop(self._done(tx, action, Done(seen.external_id, seen.url)))
            case LookUpState.ABSENT:
                tx.effects.forget_intent(action_id)
                return self._open(tx, action)
            case LookUpState.UNSURE:
                return self._still_unsure(tx, action, seen.reason)

    def _still_unsure(self, tx: Writing, action: ActionRecord, reason: str) -> _Stop:
        if action.attempts >= _MOST_ATTEMPTS:
            return self._give_up(tx, action, reason or "undecided")
        until = self._clock.now() + _LOOK_AGAIN_AFTER
        tx.actions.postpone(action.id, until=until, problem="undecided")
        return _Stop({"outcome": "postponed", "problem": "undecided"})

    def _give_up(self, tx: Writing, action: ActionRecord, problem: str) -> _Stop:
        """Only a person can tell now whether it happened."""
        now = self._clock.now()
        tx.effects.settle(action.id, EffectState.UNKNOWN, now=now)
        move_action(tx, action, ActionState.UNKNOWN, now=now, problem=problem)
        tx.audit.append(
            AuditTag.WORKER_EFFECT_UNKNOWN, action.id, {"digest": action.digest}, now=now
        )
        tell_operator(
            tx,
            "effect_unknown",
            subject_id=action.id,
            text=f"Whether {action.kind.value} on {action.target} happened can not be told; "
            f"please look at it there. See `chargehand trace {action.id}`.",
            now=now,
            severity=Severity.CRITICAL,
        )
        return _Stop({"outcome": "unknown", "problem": problem})

    def _open(self, tx: Writing, action: ActionRecord) -> "ApprovedAction | _Stop":
        now = self._clock.now()
        policy = tx.policies.current()
        modes = read_policy(
            policy.version if policy is not None else 0,
            policy.document if policy is not None else {},
        )
        passed = open_gate(
            GateView(
                organization_id=tx.organization_id,
                action=action,
                effect_id=EffectId(derive_id("eff", action.id)),
                approval=tx.approvals.newest_of_action(action.id),
                mode=modes.mode_for(action.project, action.kind),
                now=now,
            )
        )
        match passed:
            case ApprovedAction():
                self._intend(tx, action, passed.effect_id, now=now)
                return passed
            case Simulated():
                move_action(tx, action, ActionState.SIMULATED, now=now, problem="mode_changed")
                tx.audit.append(
                    AuditTag.WORKER_ACTION_SIMULATED, action.id, {"digest": action.digest}, now=now
                )
                return _Stop({"outcome": "simulated"})
            case Closed(reason=ClosedReason.NEEDS_APPROVAL):
                return self._hold(tx, action, now=now)
            case Closed(reason=ClosedReason.NOT_DUE | ClosedReason.ALREADY_SETTLED as reason):
                return _Stop({"outcome": "closed", "problem": reason.value})
            case Closed(reason=reason):
                return self._fail(tx, action, reason.value, Severity.CRITICAL)

    def _intend(
        self, tx: Writing, action: ActionRecord, effect_id: EffectId, *, now: datetime
    ) -> None:
        tx.effects.intend(effect_id, action, settle_at=now + SETTLE_AFTER, now=now)
        if action.state is not ActionState.EXECUTING:
            move_action(tx, action, ActionState.EXECUTING, now=now)
        tx.audit.append(
            AuditTag.WORKER_EFFECT_INTENDED,
            action.id,
            {"effect_id": effect_id, "digest": action.digest},
            now=now,
        )

    def _hold(self, tx: Writing, action: ActionRecord, *, now: datetime) -> _Stop:
        """A policy that became stricter asks a person after all."""
        move_action(tx, action, ActionState.WAITING, now=now, problem="policy_became_stricter")
        tx.audit.append(AuditTag.WORKER_ACTION_HELD, action.id, {"digest": action.digest}, now=now)
        open_approval(
            tx,
            action.id,
            digest=action.digest,
            lasts=self._rules.approval_expires_after,
            now=now,
        )
        return _Stop({"outcome": "held"})

    def _record(self, tx: Writing, action_id: ActionId, result: ActionResult) -> JSONObject:
        action = tx.actions.find(action_id)
        if action is None:
            return {"outcome": "settled"}
        now = self._clock.now()
        match result:
            case Done():
                return self._done(tx, action, result)
            case RetryAfter():
                tx.effects.forget_intent(action_id)
                return self._retry(tx, action, result, now=now)
            case Undecided():
                settle_at = now + timedelta(seconds=result.settle_s)
                tx.effects.delay_settling(action_id, settle_at=settle_at)
                tx.actions.postpone(action_id, until=settle_at, problem="undecided")
                return {"outcome": "postponed", "problem": "undecided"}
            case Refused():
                return self._refused(tx, action, result.reason, now=now)
            case Faulty():
                tx.effects.settle(action_id, EffectState.REFUSED, now=now)
                return self._fail(tx, action, result.reason, Severity.CRITICAL).outcome

    def _done(self, tx: Writing, action: ActionRecord, done: Done) -> JSONObject:
        now = self._clock.now()
        tx.effects.settle(
            action.id, EffectState.DONE, now=now, external_id=done.external_id, url=done.url
        )
        result: JSONObject = {"external_id": done.external_id, "url": done.url, **done.detail}
        move_action(tx, action, ActionState.EXECUTED, now=now, result=result)
        tx.audit.append(
            AuditTag.WORKER_EFFECT_DONE,
            action.id,
            {"digest": action.digest, "external_id": done.external_id},
            now=now,
        )
        _log.info("action.executed", action_id=action.id, kind=action.kind.value)
        return {"outcome": "executed"}

    def _retry(
        self, tx: Writing, action: ActionRecord, result: RetryAfter, *, now: datetime
    ) -> JSONObject:
        if action.attempts >= _MOST_ATTEMPTS:
            return self._fail(tx, action, result.reason, Severity.WARNING).outcome
        tx.actions.postpone(
            action.id, until=now + timedelta(seconds=result.after_s), problem=result.reason
        )
        return {"outcome": "postponed", "problem": result.reason}

    def _refused(
        self, tx: Writing, action: ActionRecord, reason: str, *, now: datetime
    ) -> JSONObject:
        tx.effects.settle(action.id, EffectState.REFUSED, now=now)
        if reason not in _OVERTAKEN:
            return self._fail(tx, action, reason, Severity.WARNING).outcome
        move_action(tx, action, ActionState.REJECTED, now=now, problem=reason)
        tx.audit.append(
            AuditTag.WORKER_EFFECT_REFUSED,
            action.id,
            {"digest": action.digest, "problem": reason},
            now=now,
        )
        return {"outcome": "rejected", "problem": reason}

    def _fail(self, tx: Writing, action: ActionRecord, problem: str, severity: Severity) -> _Stop:
        now = self._clock.now()
        move_action(tx, action, ActionState.FAILED, now=now, problem=problem)
        tx.audit.append(
            AuditTag.WORKER_ACTION_FAILED,
            action.id,
            {"digest": action.digest, "problem": problem},
            now=now,
        )
        tell_operator(
            tx,
            "action_failed",
            subject_id=f"{action.connection_id}:{action.kind.value}:{problem}:{now:%Y-%m-%d}",
            text=f"{action.kind.value} on {action.target} failed: {problem}. See "
            f"`chargehand trace {action.id}` and `chargehand doctor`.",
            now=now,
            severity=severity,
        )
        return _Stop({"outcome": "failed", "problem": problem})

    async def report_failed_task(self, action_id: ActionId, problem: str) -> None:
        """Leave an action whose task failed inside chargehand to a person."""

        def work(tx: Writing) -> None:
            action = tx.actions.find(action_id)
            if action is None or action.state not in (ActionState.APPROVED, ActionState.EXECUTING):
                return
            effect = tx.effects.of_action(action_id)
            if effect is not None and effect.record.state is EffectState.INTENDED:
                self._give_up(tx, action, problem)
            else:
                self._fail(tx, action, problem, Severity.CRITICAL)

        await self._database.awrite(work)
