"""Sends one approved action once: gate, ledger, vendor, ledger.

The ledger's intent is committed before the request leaves. A crash, a cut connection or a
time-out leaves that intent open; whoever comes next waits until a request under way must have
landed or not, looks for its mark at the vendor, and sends again only when it is surely not there.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from chargehand.approvals.gate import Closed, ClosedReason, Simulated, open_gate
from chargehand.audit.tags import AuditTag
from chargehand.domain.action import (
    ActionResult,
    ActionState,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
    RetryAfter,
    Undecided,
)
from chargehand.domain.ids import ActionId, ConnectionId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.records import ActionRecord, EffectState, Severity
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.attempting import (
    EXECUTED,
    Ended,
    GateSight,
    MustLookUp,
    Send,
    Stop,
    gate_view,
    is_of,
)
from chargehand.pipeline.backoff import wait_before_next
from chargehand.pipeline.barriers import (
    HELD_BACK,
    LOOK_AGAIN_AFTER,
    barriers,
)
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.effect_lookup import sought
from chargehand.pipeline.electing import Electorate
from chargehand.pipeline.failing import fail, give_up
from chargehand.pipeline.moving import move_action, move_actions
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.outdating import OUTDATED, is_outdated, set_outdated_aside
from chargehand.pipeline.pacing import WAITS, Pacing
from chargehand.pipeline.proposing import reopen_approval
from chargehand.pipeline.rebasing import BASE_CHANGED, ask_on_new_base
from chargehand.pipeline.refusals import note_refusal
from chargehand.pipeline.restraint import Wait, hold_back
from chargehand.pipeline.ruling import Rulings, rulings
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect
from chargehand.plugins.sending import writes_until
from chargehand.storage.database import Database
from chargehand.storage.repositories.effects import IntendedSend, OpenEffect
from chargehand.storage.transaction import Writing

# With the waits between them these last about two hours, as long as an ask may wait.
_MOST_ATTEMPTS: Final = 20
# Waiting for a vendor's limit is no attempt, and has an end all the same.
_MOST_WAITS: Final = 5_000
_TELL_AFTER_ATTEMPTS: Final = 2
_LOOK_AGAIN_AFTER: Final = timedelta(seconds=30)
_LEFT_AS_IT_IS: Final = frozenset(
    {ClosedReason.HELD, ClosedReason.NOT_DUE, ClosedReason.ALREADY_SETTLED}
)
_ASKED_AGAIN: Final = {
    ClosedReason.NEEDS_APPROVAL: "policy_became_stricter",
    ClosedReason.VOTES_SHORT: "votes_no_longer_count",
}
_RUNNABLE: Final = frozenset({ActionState.APPROVED, ActionState.EXECUTING})
# The state an action was based on is gone: nobody's failure, and nothing to send.
_OVERTAKEN: Final = frozenset({"question_deleted", "audience_changed", BASE_CHANGED})
_log = get_logger()


class Executing:
    """The body of the execute task; running it twice sends each action once.

    A batch shares its transactions, because one commit for each would be what takes the time.
    """

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        clock: Clock,
        pacing: Pacing | None = None,
        rulings_of: Callable[[Writing], Rulings] = rulings,
    ) -> None:
        self._database = database
        self._pacing = pacing or Pacing(connections, clock)
        self._connections = connections
        self._rules = rules
        self._rulings_of = rulings_of
        self._clock = clock

    async def execute(self, action_ids: Sequence[ActionId]) -> JSONObject:
        """Make one attempt at each action; the outcomes in closed words, by action.

        Raises: what a connector raises against its contract, after the others were recorded.
        """
        steps = await self._database.awrite(lambda tx: self._enter_all(tx, action_ids))
        outcomes: dict[str, JSONValue] = {
            action_id: step.outcome for action_id, step in steps.items() if isinstance(step, Stop)
        }
        open_steps = [step for step in steps.values() if not isinstance(step, Stop)]
        ended = await asyncio.gather(
            *(self._attempt(step) for step in open_steps), return_exceptions=True
        )
        results = [one for one in ended if not isinstance(one, BaseException)]
        if results:
            outcomes |= await self._database.awrite(lambda tx: self._record_all(tx, results))
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return outcomes

    async def _attempt(self, step: Send | MustLookUp) -> Ended:
        """Look for the effect where an earlier send is open, then send what is surely not there."""
        if not isinstance(step, MustLookUp):
            return await self._perform(step)
        seen = await self._look_up(step)
        found = await self._database.awrite(lambda tx: self._after_look_up(tx, step, seen))
        if isinstance(found, Stop):
            return Ended(step.action.id, found)
        return await self._perform(found)

    async def _perform(self, send: Send) -> Ended:
        action = send.action
        connection = self._connections[action.connection_id]
        try:
            # Reading the base, waiting for a slot and sending share one limit, so that the moment
            # from which looking for the effect can decide is known when the intent is written.
            async with asyncio.timeout(send.until_s - monotonic()):
                with writes_until(send.until_s):
                    result = await connection.client.perform(action)
        except TimeoutError:
            margin = connection.settle_after - connection.send_within
            result = Undecided("send_timed_out", settle_s=margin.total_seconds())
        return Ended(action.action_id, result, send.attempt)

    def _enter_all(
        self, tx: Writing, action_ids: Sequence[ActionId]
    ) -> dict[ActionId, Send | MustLookUp | Stop]:
        view = self._look_around(tx, action_ids)
        actions, effects = tx.actions.find_many(action_ids), tx.effects.of_actions(action_ids)
        steps = {
            action_id: self._enter(tx, actions.get(action_id), effects.get(action_id), view)
            for action_id in action_ids
        }
        sends = [one for one in steps.values() if isinstance(one, Send)]
        return {**steps, **self._leave(tx, sends, view)}

    def _leave(
        self, tx: Writing, sends: Sequence[Send], view: GateSight
    ) -> dict[ActionId, Send | Stop]:
        """Intend the sends whose turn it is; the others wait, however often, for theirs."""
        waits = hold_back(tx, sends, hours=self._rules.hours, now=view.now)
        free = [one.record for one in sends if one.record.id not in waits]
        turns = self._pacing.take_turns(tx, free, now=view.now)
        waits |= {action_id: Wait(until, WAITS) for action_id, until in turns.items()}
        for action_id, wait in waits.items():
            tx.actions.wait(action_id, until=wait.until, problem=wait.problem)
        leaving = [one for one in sends if one.record.id not in waits]
        self._intend(tx, leaving, view)
        return {
            **{one.record.id: one for one in leaving},
            **{action_id: Stop("postponed", wait.problem) for action_id, wait in waits.items()},
        }

    def _look_around(self, tx: Writing, action_ids: Sequence[ActionId]) -> GateSight:
        begun_s, now = monotonic(), self._clock.now()
        approvals = tx.approvals.newest_of_actions(action_ids)
        return GateSight(
            electorate=Electorate(tx, self._rulings_of(tx), now),
            is_held=tx.holds.current() is not None,
            barriers=barriers(tx, now=now),
            approvals=approvals,
            votes=tx.votes.of_approvals(one.id for one in approvals.values()),
            begun_s=begun_s,
            now=now,
        )

    def _enter(
        self,
        tx: Writing,
        action: ActionRecord | None,
        effect: OpenEffect | None,
        view: GateSight,
    ) -> Send | MustLookUp | Stop:
        if action is None or action.state not in _RUNNABLE:
            # A task that is run again after a crash meets actions it had settled before.
            return Stop("settled")
        is_open = effect is not None and effect.record.state is EffectState.INTENDED
        if action.connection_id not in self._connections:
            problem = "connection_not_configured"
        elif action.failed_attempts >= _MOST_ATTEMPTS or action.waits >= _MOST_WAITS:
            problem = action.problem or "too_many_attempts"
        elif effect is not None and is_open:
            return self._enter_again(tx, action, effect)
        else:
            return self._open(tx, action, effect, view)
        if is_open:
            return self._give_up(tx, action, problem)
        return self._fail(tx, action, problem, Severity.WARNING)

    def _enter_again(
        self, tx: Writing, action: ActionRecord, effect: OpenEffect
    ) -> MustLookUp | Stop:
        now = self._clock.now()
        if effect.settle_at is not None and effect.settle_at > now:
            tx.actions.postpone(action.id, until=effect.settle_at, problem="undecided")
            return Stop("postponed", "undecided")
        return MustLookUp(action, effect)

    async def _look_up(self, step: MustLookUp) -> LookUp:
        past = PastEffect(
            intended_at=step.effect.record.intended_at, attempts=step.effect.record.attempts
        )
        action = step.action
        return await self._connections[action.connection_id].client.look_up(sought(action), past)

    def _after_look_up(self, tx: Writing, step: MustLookUp, seen: LookUp) -> Send | Stop:
        action = tx.actions.find(step.action.id)
        effect = tx.effects.of_action(step.action.id)
        if action is None or effect is None:
            return Stop("settled")
        if effect.record != step.effect.record:
            # Somebody else has settled it or sent it again while we were looking.
            return Stop("settled")
        match seen.state:
            case LookUpState.FOUND:
                self._done(tx, [(action, Done(seen.external_id, seen.url))])
                return EXECUTED
            case LookUpState.ABSENT:
                tx.effects.forget_intent(action.id)
                view = self._look_around(tx, [action.id])
                found = self._open(tx, action, effect, view)
                if isinstance(found, Stop):
                    return found
                return self._leave(tx, [found], view)[action.id]
            case LookUpState.UNSURE:
                return self._still_unsure(tx, action, seen.reason)

    def _still_unsure(self, tx: Writing, action: ActionRecord, reason: str) -> Stop:
        wait = max(_LOOK_AGAIN_AFTER, wait_before_next(action.failed_attempts))
        self._postpone(tx, action, wait, problem=reason or "undecided")
        return Stop("postponed", "undecided")

    def _give_up(self, tx: Writing, action: ActionRecord, problem: str) -> Stop:
        return give_up(tx, action, problem, now=self._clock.now())

    def _open(
        self, tx: Writing, action: ActionRecord, effect: OpenEffect | None, view: GateSight
    ) -> Send | Stop:
        now = view.now
        ruling = view.rulings.on(action, cause=action.cause, now=now)
        passed = open_gate(gate_view(tx, action, view, ruling))
        match passed:
            case ApprovedAction() if is_outdated(tx, action, passed, now=now):
                set_outdated_aside(tx, action, answer_within=self._rules.answer_within, now=now)
                return Stop("rejected", OUTDATED)
            case ApprovedAction():
                within = self._connections[action.connection_id].send_within
                attempt = 1 + (effect.record.attempts if effect is not None else 0)
                until_s = view.begun_s + within.total_seconds()
                return Send(passed, action, ruling, attempt, until_s)
            case Simulated():
                move_action(tx, action, ActionState.SIMULATED, now=now, problem="mode_changed")
                tx.audit.append(
                    AuditTag.WORKER_ACTION_SIMULATED, action.id, {"digest": action.digest}, now=now
                )
                return Stop("simulated")
            case Closed(reason=reason):
                return self._closed(tx, action, reason, now=now)

    def _closed(
        self, tx: Writing, action: ActionRecord, reason: ClosedReason, *, now: datetime
    ) -> Stop:
        if reason in _ASKED_AGAIN:
            return self._hold(tx, action, _ASKED_AGAIN[reason], now=now)
        if reason in HELD_BACK:
            tx.actions.wait(action.id, until=now + LOOK_AGAIN_AFTER, problem=reason.value)
            return Stop("postponed", reason.value)
        if reason in _LEFT_AS_IT_IS:
            return Stop("closed", reason.value)
        return self._fail(tx, action, reason.value, Severity.CRITICAL)

    def _intend(self, tx: Writing, sends: Sequence[Send], view: GateSight) -> None:
        """Tell the ledger what leaves as soon as this transaction is committed."""
        tx.effects.intend(
            [
                IntendedSend(
                    one.action.effect_id,
                    one.record,
                    settle_at=view.now + self._connections[one.action.connection_id].settle_after,
                )
                for one in sends
            ],
            now=view.now,
        )
        records = [one.record for one in sends]
        begun = [action for action in records if action.state is not ActionState.EXECUTING]
        move_actions(tx, begun, ActionState.EXECUTING, now=view.now)
        for one in sends:
            body: JSONObject = {"effect_id": one.action.effect_id, "digest": one.record.digest}
            tx.audit.append(AuditTag.WORKER_EFFECT_INTENDED, one.record.id, body, now=view.now)

    def _hold(self, tx: Writing, action: ActionRecord, why: str, *, now: datetime) -> Stop:
        """Ask people after all, or once more, where the votes there are do not do any more."""
        # It counts as an attempt, so that the one after the approval is another task.
        tx.actions.postpone(action.id, until=now, problem=why)
        move_action(tx, action, ActionState.WAITING, now=now, problem=why)
        body: JSONObject = {"digest": action.digest, "problem": why}
        tx.audit.append(AuditTag.WORKER_ACTION_HELD, action.id, body, now=now)
        lasts = self._rules.approval_expires_after
        reopen_approval(tx, action, lasts=lasts, now=now)
        return Stop("held")

    def _record_all(self, tx: Writing, results: Sequence[Ended]) -> dict[str, JSONValue]:
        self._pacing.tell(tx, now=self._clock.now())
        actions = tx.actions.find_many(one.action_id for one in results)
        effects = tx.effects.of_actions(one.action_id for one in results)
        live = {
            one.action_id: actions[one.action_id]
            for one in results
            if one.action_id in actions and is_of(effects.get(one.action_id), one)
        }
        self._done(
            tx,
            [
                (live[one.action_id], one.result)
                for one in results
                if one.action_id in live and isinstance(one.result, Done)
            ],
        )
        return {
            one.action_id: self._record(tx, live.get(one.action_id), one).outcome for one in results
        }

    def _record(self, tx: Writing, action: ActionRecord | None, ended: Ended) -> Stop:
        if isinstance(ended.result, Stop):
            return ended.result
        if action is None:
            # It took so long that somebody else has settled the line, or has sent it again.
            _log.warning("action.late_result_left", action_id=ended.action_id)
            return Stop("settled")
        return self._settle(tx, action, ended.result)

    def _settle(self, tx: Writing, action: ActionRecord, result: ActionResult) -> Stop:
        now = self._clock.now()
        match result:
            case Done():
                # Written down together with the others.
                return EXECUTED
            case RetryAfter():
                return self._retry(tx, action, result)
            case Undecided():
                settle_at = now + timedelta(seconds=result.settle_s)
                tx.effects.delay_settling(action.id, settle_at=settle_at)
                tx.actions.postpone(action.id, until=settle_at, problem="undecided")
                return Stop("postponed", "undecided")
            case Refused():
                return self._refused(tx, action, result.reason, now=now)
            case Faulty():
                # What came of it all the same is ours, or our own comment would be asked of us.
                state = EffectState.DONE if result.external_id else EffectState.REFUSED
                tx.effects.settle(
                    action.id, state, now=now, external_id=result.external_id, url=result.url
                )
                return self._fail(tx, action, result.reason, Severity.CRITICAL)

    def _done(self, tx: Writing, landed: Sequence[tuple[ActionRecord, Done]]) -> None:
        now = self._clock.now()
        tx.effects.settle_done({action.id: done for action, done in landed}, now=now)
        results: dict[ActionId, JSONObject] = {
            action.id: {"external_id": done.external_id, "url": done.url, **done.detail}
            for action, done in landed
        }
        actions = [action for action, _ in landed]
        move_actions(tx, actions, ActionState.EXECUTED, now=now, results=results)
        for action, done in landed:
            body: JSONObject = {"digest": action.digest, "external_id": done.external_id}
            tx.audit.append(AuditTag.WORKER_EFFECT_DONE, action.id, body, now=now)
            _log.info("action.executed", action_id=action.id, kind=action.kind.value)

    def _retry(self, tx: Writing, action: ActionRecord, result: RetryAfter) -> Stop:
        tx.effects.forget_intent(action.id)
        if result.is_sign_in_refused:
            note_refusal(tx, action.connection_id, now=self._clock.now())
        if result.reason == WAITS:
            until = self._clock.now() + timedelta(seconds=result.after_s)
            tx.actions.wait(action.id, until=until, problem=WAITS)
            return Stop("postponed", WAITS)
        wait = max(timedelta(seconds=result.after_s), wait_before_next(action.failed_attempts))
        self._postpone(tx, action, wait, problem=result.reason)
        return Stop("postponed", result.reason)

    def _postpone(
        self, tx: Writing, action: ActionRecord, wait: timedelta, *, problem: str
    ) -> None:
        now = self._clock.now()
        tx.actions.postpone(action.id, until=now + wait, problem=problem)
        if action.failed_attempts + 1 < _TELL_AFTER_ATTEMPTS:
            return
        tell_operator(
            tx,
            "action_postponed",
            subject_id=f"{action.connection_id}:{problem}:{now:%Y-%m-%d}",
            text=f"{action.kind.value} on {action.target} could not be done yet ({problem}); it is "
            "tried again by itself. See `chargehand doctor`.",
            now=now,
        )

    def _refused(self, tx: Writing, action: ActionRecord, reason: str, *, now: datetime) -> Stop:
        tx.effects.settle(action.id, EffectState.REFUSED, now=now)
        if reason not in _OVERTAKEN:
            return self._fail(tx, action, reason, Severity.WARNING)
        is_asked_again = reason == BASE_CHANGED and ask_on_new_base(tx, action, now=now)
        move_action(tx, action, ActionState.REJECTED, now=now, problem=reason)
        again: JSONObject = {"is_asked_again": True} if is_asked_again else {}
        body: JSONObject = {"digest": action.digest, "problem": reason, **again}
        tx.audit.append(AuditTag.WORKER_EFFECT_REFUSED, action.id, body, now=now)
        return Stop("rejected", reason)

    def _fail(self, tx: Writing, action: ActionRecord, problem: str, severity: Severity) -> Stop:
        return fail(tx, action, problem, severity=severity, now=self._clock.now())

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
