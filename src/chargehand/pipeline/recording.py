"""Records the decision about an ask: its actions with their modes, and the approvals they need."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from chargehand.approvals.digest import action_digest
from chargehand.audit.tags import AuditTag
from chargehand.decisions.answered import Answered
from chargehand.decisions.chat_proposals import (
    Change,
    announcement,
    with_message,
)
from chargehand.decisions.diffs import with_diffs
from chargehand.decisions.previews import with_previews
from chargehand.domain.action import Mode, ProposedAction
from chargehand.domain.ask import Ask, AskState
from chargehand.domain.decision import Decision, Reason
from chargehand.domain.diff import JUDGEMENTS, Diff
from chargehand.domain.fact import Known
from chargehand.domain.ids import ActionId, ApprovalId, ConnectionId, DecisionId
from chargehand.domain.json import JSONObject
from chargehand.kit.ids import derive_id
from chargehand.logs.log import get_logger
from chargehand.pipeline.approving import has_words
from chargehand.pipeline.causing import cause_of_ask
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.decision_inputs import EncodedInputs, keep_inputs
from chargehand.pipeline.late_asks import find_overtaking, report_late
from chargehand.pipeline.modes import mode_of_proposal
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.proposing import approval_of, propose
from chargehand.pipeline.ruling import CausedRulings, rulings
from chargehand.pipeline.standing import without_standing
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Writing

_log = get_logger()
NO_DIFFS: Final[Mapping[str, Known[Diff]]] = {}


class Recorder:
    """Writes one decision down; doing it twice writes it once."""

    def __init__(
        self, connections: Mapping[ConnectionId, LiveConnection], *, rules: PipelineRules
    ) -> None:
        self._connections = connections
        self._rules = rules
        self._is_announced = any(one.approvals_channel for one in connections.values())

    def preview(self, action: ProposedAction) -> str:
        """The exact text people judge an action by."""
        return self._connections[action.connection_id].previewer.preview(action)

    def record(
        self,
        tx: Writing,
        stored: StoredAsk,
        answered: Answered,
        *,
        now: datetime,
        inputs: EncodedInputs | None = None,
        diffs: Mapping[str, Known[Diff]] = NO_DIFFS,
    ) -> None:
        """Record what an ask gets, unless it was taken back or overtaken meanwhile.

        Shape: `inputs` is what it was decided from, None where nothing was read; `diffs` are those
        its actions are judged by.
        """
        ask, decision = stored.ask, answered.decision
        current = self.still_open(tx, stored, now=now)
        if current is None:
            return
        decision = without_standing(tx, ask.id, decision)
        policy, cause = rulings(tx), cause_of_ask(tx, ask)
        modes = CausedRulings(policy, cause, now)
        version, decision_id = policy.version, decision_of(ask)
        decision = self._told(tx, replace(answered, decision=decision), modes, ask, diffs)
        tx.decisions.add_for_ask(
            decision_id,
            decision,
            current,
            answer_digest=answered.answer_digest,
            policy_version=version,
            now=now,
        )
        if inputs is not None:
            keep_inputs(tx, decision_id, inputs, now=now)
        whole = replace(answered, decision=decision)
        _account(tx, decision_id, ask, whole, version, now=now)
        opened = self._propose_all(tx, decision_id, ask, decision, modes)
        if decision.actions and decision.actions[-1].params.get("controls"):
            _show_in_message(tx, opened)
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

    def still_open(self, tx: Writing, stored: StoredAsk, *, now: datetime) -> StoredAsk | None:
        """The ask as it stands if it may be decided; None when it was taken back or is late."""
        ask = stored.ask
        current = tx.asks.find(ask.id)
        if current is None or current.ask.state is not AskState.OPEN:
            return None
        if current.ask.revision != ask.revision:
            # The asker edited while facts were read; the new wording gets its own task.
            return None
        overtaking = find_overtaking(tx, ask)
        if overtaking is None:
            return current
        tx.asks.close(ask.id, AskState.LATE, now=now, by="worker", problem=overtaking)
        report_late(tx, ask, now=now)
        return None

    def _propose_all(
        self,
        tx: Writing,
        decision_id: DecisionId,
        ask: Ask,
        decision: Decision,
        modes: CausedRulings,
    ) -> list[tuple[ActionId, ApprovalId | None]]:
        opened = []
        for index, action in enumerate(decision.actions):
            action_id = _action_id(decision_id, index)
            approval_id = propose(
                tx,
                action_id,
                action,
                decision_id=decision_id,
                ask_id=ask.id,
                mode=mode_of_proposal(modes.on(action), decision, action),
                policy_version=modes.policy.version,
                cause=modes.cause,
                approval_lasts=self._rules.approval_expires_after,
                now=modes.now,
            )
            opened.append((action_id, approval_id))
        return opened

    def _told(
        self,
        tx: Writing,
        answered: Answered,
        modes: CausedRulings,
        ask: Ask,
        diffs: Mapping[str, Known[Diff]],
    ) -> Decision:
        """The decision with a message in a chat that tells of its changes, where one is told."""
        decision = answered.decision
        if ask.place is None and not self._is_announced:
            return decision
        decision_id = decision_of(ask)
        changes = [
            self._change(tx, decision, action, modes, _action_id(decision_id, index))
            for index, action in enumerate(decision.actions)
            if ask.place is None or _is_told_of(action, ask)
        ]
        if ask.place is not None:
            connector = self._connections[ask.connection_id].connector
            told = with_message(decision, changes, ask, connector=connector)
        else:
            waiting = [one for one in changes if one.mode is Mode.APPROVE]
            shown = self._announcement(waiting, ask, modes, is_open=answered.is_open)
            told = replace(decision, actions=(*decision.actions, *shown))
        if told is decision:
            return told
        return with_previews(with_diffs(told, diffs), self.preview)

    def _change(
        self,
        tx: Writing,
        decision: Decision,
        action: ProposedAction,
        modes: CausedRulings,
        action_id: ActionId,
    ) -> Change:
        mode = mode_of_proposal(modes.on(action), decision, action)
        digest = action_digest(tx.organization_id, action)
        approval_id = (
            approval_of(action_id, digest, now=modes.now) if mode is Mode.APPROVE else None
        )
        is_editable = has_words(action.params)
        return Change(action.preview, mode, digest, approval_id, is_editable=is_editable)

    def _announcement(
        self, waiting: Sequence[Change], ask: Ask, modes: CausedRulings, *, is_open: bool
    ) -> tuple[ProposedAction, ...]:
        """The message where approvals of the project are asked for; none where there is no such."""
        for connection in self._connections.values():
            channel_id = connection.approvals_channel
            if not waiting or channel_id is None:
                continue
            is_served = ask.project in connection.channels.get(channel_id, frozenset())
            # A question about a question would wait for a person as well.
            if not is_served:
                continue
            told = announcement(
                waiting,
                connector=connection.connector,
                connection_id=connection.id,
                channel_id=channel_id,
                ask=ask,
                is_open=is_open,
            )
            if modes.on(told).mode is Mode.AUTO:
                return (told,)
        return ()


def _is_told_of(action: ProposedAction, ask: Ask) -> bool:
    """Whether people in a chat are told of an action, which is not the answer itself."""
    return action.connection_id != ask.connection_id or action.kind in JUDGEMENTS


def decision_of(ask: Ask) -> DecisionId:
    """The id of the decision about one wording of an ask."""
    return DecisionId(derive_id("dec", ask.id, ask.revision))


def _action_id(decision_id: DecisionId, index: int) -> ActionId:
    return ActionId(derive_id("act", decision_id, index))


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


def _account(
    tx: Writing,
    decision_id: DecisionId,
    ask: Ask,
    answered: Answered,
    version: int,
    *,
    now: datetime,
) -> None:
    decision = answered.decision
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
            # Whoever is told of it outside reads here whether its words may be told there.
            "is_open": answered.is_open,
            **_model_facts(decision),
        },
        now=now,
    )


def _show_in_message(tx: Writing, proposed: Sequence[tuple[ActionId, ApprovalId | None]]) -> None:
    """Note that the message, which is proposed last, shows the approvals of the others."""
    if not proposed:
        return
    *changes, (message_id, _) = proposed
    for action_id, approval_id in changes:
        if approval_id is not None:
            tx.chat_views.add(approval_id, action_id, message_id)


def _report_unreadable(tx: Writing, ask: Ask, *, now: datetime) -> None:
    tell_operator(
        tx,
        "item_not_readable",
        subject_id=f"{ask.connection_id}:{ask.project}:{now:%Y-%m-%d}",
        text=f"A question on {ask.subject} got no answer, because the bot can not see that work "
        f"item. Does it have the permission to browse {ask.project}? See `chargehand doctor`.",
        now=now,
    )
