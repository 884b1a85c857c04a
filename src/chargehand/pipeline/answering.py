"""Answers one ask: reads facts, decides, and gives every proposed action its mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.approvals.digest import action_digest
from chargehand.audit.tags import AuditTag
from chargehand.commands.registry import command_reference
from chargehand.decisions.answer import (
    REPEAT_WITHIN,
    AnswerContext,
    Answered,
    LastAnswer,
    NotYet,
    Sending,
    answer,
)
from chargehand.decisions.audience_rules import reply_kind, silent_decision
from chargehand.decisions.needs import fact_needs
from chargehand.decisions.previews import with_previews
from chargehand.domain.action import ActionState, Mode, ProposedAction
from chargehand.domain.ask import Ask, AskState
from chargehand.domain.decision import Decision, Reason
from chargehand.domain.ids import (
    ActionId,
    ApprovalId,
    AskId,
    ConnectionId,
    DecisionId,
)
from chargehand.domain.json import JSONObject
from chargehand.domain.records import DecisionRecord, Severity
from chargehand.kit.clock import Clock
from chargehand.kit.ids import derive_id
from chargehand.logs.log import get_logger
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.fact_reading import read_all
from chargehand.pipeline.late_asks import find_overtaking, report_late
from chargehand.pipeline.model_deciding import AskAgain, ModelDeciding
from chargehand.pipeline.modes import mode_of_proposal, policy_in_force
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.standing import is_undone, without_standing
from chargehand.pipeline.waiting import wait_before_next
from chargehand.policy.modes import read_policy
from chargehand.storage.database import Database
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Reading, Writing

STATE_BY_MODE: Final = {
    Mode.SIMULATE: ActionState.SIMULATED,
    Mode.APPROVE: ActionState.WAITING,
    Mode.AUTO: ActionState.APPROVED,
}
_log = get_logger()


class Answering:
    """The body of the answer task; running it twice records one decision."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        clock: Clock,
        models: ModelDeciding | None = None,
    ) -> None:
        self._database = database
        self._connections = connections
        self._rules = rules
        self._clock = clock
        self._models = models

    async def answer(self, ask_id: AskId) -> JSONObject:
        """Answer an ask, or note why not yet; the outcome in closed words."""
        stored = await self._database.aread(lambda tx: tx.asks.find(ask_id))
        if stored is None or stored.ask.state is not AskState.OPEN:
            return {"outcome": "settled"}
        connection = self._connections.get(stored.ask.connection_id)
        if connection is None:
            return await self._give_up(stored, "connection_not_configured")
        if stored.must_check_own_mark:
            own = await connection.tracker.is_own_comment(
                stored.ask.work_item, stored.ask.comment_id
            )
            if own is None:
                return await self._postpone(stored, "own_mark_unreadable")
            if own:
                return await self._stay_silent(stored, Reason.OWN_COMMENT)
        return await self._decide(stored, connection)

    async def _decide(self, stored: StoredAsk, connection: LiveConnection) -> JSONObject:
        ask = stored.ask
        needs = fact_needs(ask.intents, ask)
        facts = await read_all(connection, needs, now=self._clock.now())
        # Reading takes time, and what is said is said after it.
        now = self._clock.now()
        bot_name, last, asked = await self._database.aread(lambda tx: _earlier(tx, ask, now=now))
        sending = await self._database.aread(lambda tx: _sending(tx, ask))
        context = AnswerContext(
            now=now,
            connection_id=connection.id,
            team_zone=self._rules.team_zone,
            bot_name=bot_name,
            commands=tuple((entry.usage, entry.does) for entry in command_reference()),
            last_answers=last,
            ask_comment_ids=asked,
            sending=sending,
        )
        outcome = answer(ask, facts, context)
        if isinstance(outcome, NotYet):
            return await self._postpone(
                stored, outcome.reason.value, retry_after_s=outcome.retry_after_s or 0.0
            )
        answered: Answered | AskAgain = outcome
        if self._models is not None:
            answered = await self._models.decide(stored, connection, outcome, context)
            now = self._clock.now()
        if isinstance(answered, AskAgain):
            return await self._ask_again(stored, answered)
        decision = with_previews(answered.decision, connection.previewer.preview)
        whole = Answered(decision, answered.answer_digest)
        await self._database.awrite(lambda tx: self._record(tx, stored, whole, now=now))
        return {"outcome": "decided", "verdict": decision.verdict.value}

    async def _stay_silent(self, stored: StoredAsk, reason: Reason) -> JSONObject:
        decision = silent_decision(reason, stored.ask.visibility)
        now = self._clock.now()
        whole = Answered(decision, "")
        await self._database.awrite(lambda tx: self._record(tx, stored, whole, now=now))
        return {"outcome": "decided", "verdict": decision.verdict.value}

    def _record(self, tx: Writing, stored: StoredAsk, answered: Answered, *, now: datetime) -> None:
        ask, decision = stored.ask, answered.decision
        current = tx.asks.find(ask.id)
        if current is None or current.ask.state is not AskState.OPEN:
            return
        if current.ask.revision != ask.revision:
            # The asker edited while facts were read; the new wording gets its own task.
            return
        overtaking = find_overtaking(tx, ask)
        if overtaking is not None:
            tx.asks.close(ask.id, AskState.LATE, now=now, by="worker", problem=overtaking)
            report_late(tx, ask, now=now)
            return
        decision = without_standing(tx, ask.id, decision)
        policy = tx.policies.current()
        version = policy.version if policy is not None else 0
        modes = read_policy(version, policy.document if policy is not None else {})
        decision_id = DecisionId(derive_id("dec", ask.id, ask.revision))
        tx.decisions.add_for_ask(
            decision_id,
            decision,
            current,
            answer_digest=answered.answer_digest,
            policy_version=version,
            now=now,
        )
        tx.audit.append(
            AuditTag.WORKER_DECISION_RECORDED,
            decision_id,
            {
                "event_id": ask.event_id,
                "ask_id": ask.id,
                "verdict": decision.verdict.value,
                "reason": decision.reason.value,
                "decided_by": decision.decided_by.value,
                "policy_version": version,
                "actions": [action.kind.value for action in decision.actions],
                **_model_facts(decision),
            },
            now=now,
        )
        for index, action in enumerate(decision.actions):
            mode = mode_of_proposal(modes, decision, action)
            proposal = _Proposal(decision_id, ask.id, index, action, mode, version)
            self._propose(tx, proposal, now=now)
        tx.asks.close(ask.id, AskState.DECIDED, now=now, by="worker")
        if decision.reason is Reason.ITEM_NOT_READABLE:
            _report_unreadable(tx, ask, now=now)
        _log.info(
            "ask.decided",
            ask_id=ask.id,
            decision_id=decision_id,
            verdict=decision.verdict.value,
            reason=decision.reason.value,
            actions=len(decision.actions),
        )

    def _propose(self, tx: Writing, proposal: "_Proposal", *, now: datetime) -> None:
        action, mode = proposal.action, proposal.mode
        action_id = ActionId(derive_id("act", proposal.decision_id, proposal.index))
        digest = action_digest(tx.organization_id, action)
        tx.actions.add(
            action_id,
            action,
            decision_id=proposal.decision_id,
            ask_id=proposal.ask_id,
            digest=digest,
            mode=mode,
            state=STATE_BY_MODE[mode],
            policy_version=proposal.policy_version,
            now=now,
        )
        tag = (
            AuditTag.WORKER_ACTION_SIMULATED
            if mode is Mode.SIMULATE
            else AuditTag.WORKER_ACTION_PROPOSED
        )
        tx.audit.append(
            tag,
            action_id,
            {"decision_id": proposal.decision_id, "digest": digest, "mode": mode.value},
            now=now,
        )
        if mode is Mode.APPROVE:
            open_approval(
                tx, action_id, digest=digest, lasts=self._rules.approval_expires_after, now=now
            )

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
                text=f"Facts for a question on {stored.ask.work_item} could not be read "
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


@dataclass(frozen=True, slots=True)
class _Proposal:
    """One action of a decision with the mode it got."""

    decision_id: DecisionId
    ask_id: AskId
    index: int
    action: ProposedAction
    mode: Mode
    policy_version: int


def open_approval(
    tx: Writing, action_id: ActionId, *, digest: str, lasts: timedelta, now: datetime
) -> ApprovalId:
    """Ask people about one exact action."""
    approval_id = ApprovalId(derive_id("apv", action_id, digest, now.isoformat()))
    tx.approvals.open(approval_id, action_id, digest=digest, expires_at=now + lasts, now=now)
    tx.audit.append(
        AuditTag.WORKER_APPROVAL_OPENED,
        approval_id,
        {"action_id": action_id, "digest": digest},
        now=now,
    )
    return approval_id


def _model_facts(decision: Decision) -> JSONObject:
    """Which model decided, and what it cost; nothing for a rule."""
    model = decision.model
    if model is None:
        return {}
    return {
        "model": model.model,
        "provider": model.provider,
        "prompt_version": model.prompt_version,
        "reservation_id": model.reservation_id,
        "cost_usd": f"{decision.cost_usd:f}",
    }


def _report_unreadable(tx: Writing, ask: Ask, *, now: datetime) -> None:
    tell_operator(
        tx,
        "item_not_readable",
        subject_id=f"{ask.connection_id}:{ask.project}:{now:%Y-%m-%d}",
        text=f"A question on {ask.work_item} got no answer, because the bot can not see that work "
        f"item. Does it have the permission to browse {ask.project}? See `chargehand doctor`.",
        now=now,
    )


def _earlier(
    tx: Reading, ask: Ask, *, now: datetime
) -> tuple[str, tuple[LastAnswer, ...], frozenset[str]]:
    """The bot's name there, its answers of late on this item, and the comments that were asks."""
    connection = tx.connections.find(ask.connection_id)
    earlier = tx.decisions.answers_on(ask.work_item, since=now - REPEAT_WITHIN)
    answers = tuple(
        _last_answer(tx, decision)
        for decision in earlier
        if decision.answer_digest and not is_undone(tx, decision.id)
    )
    asked = tx.asks.comment_ids_on(ask.work_item)
    return connection.bot_name if connection is not None else "", answers, asked


def _sending(tx: Reading, ask: Ask) -> Sending:
    """Whether the reply will wait for a person, by the policy in force."""
    mode = policy_in_force(tx).mode_for(ask.project, reply_kind(ask.visibility))
    return Sending.AFTER_APPROVAL if mode is Mode.APPROVE else Sending.AT_ONCE


def _last_answer(tx: Reading, decision: DecisionRecord) -> LastAnswer:
    actions: Sequence[str] = [
        str(action.result.get("url", ""))
        for action in tx.actions.of_decision(decision.id)
        if action.state is ActionState.EXECUTED and tx.undos.find(action.id) is None
    ]
    asked = tx.asks.find(decision.ask_id) if decision.ask_id is not None else None
    return LastAnswer(
        answer_digest=decision.answer_digest,
        answered_at=decision.decided_at,
        asker=asked.ask.asker.account_id if asked is not None else None,
        url=actions[0] if actions else "",
        is_pointer=decision.reason is Reason.UNCHANGED_SINCE_LAST_ANSWER,
    )
