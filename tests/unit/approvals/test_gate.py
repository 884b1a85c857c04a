from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chargehand.approvals.digest import action_digest
from chargehand.approvals.gate import (
    Closed,
    ClosedReason,
    GateView,
    Simulated,
    open_gate,
    proposal_of,
)
from chargehand.approvals.voting import Tally
from chargehand.domain.action import ActionKind, ActionState, ApprovedAction, Mode
from chargehand.domain.ids import (
    DEFAULT_ORGANIZATION,
    ActionId,
    ApprovalId,
    ConnectionId,
    DecisionId,
    EffectId,
    ProjectKey,
    VoteId,
)
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.domain.vote import Vote, VoteRecord

NOW = datetime(2026, 11, 20, tzinfo=UTC)
VOTE = VoteRecord(
    id=VoteId("vot_1"),
    approval_id=ApprovalId("apv_1"),
    digest="",
    vote=Vote.APPROVE,
    by="cli:lead",
    via="cli",
    at=NOW,
)


def action(**changes: object) -> ActionRecord:
    bare = ActionRecord(
        id=ActionId("act_1"),
        decision_id=DecisionId("dec_1"),
        ask_id=None,
        kind=ActionKind.JIRA_ADD_COMMENT,
        connection_id=ConnectionId("jira"),
        project=ProjectKey("PAY"),
        target="PAY-7",
        params={"markdown": "an answer"},
        base={"comment_id": "1"},
        preview="an answer",
        digest="",
        mode=Mode.AUTO,
        state=ActionState.APPROVED,
        policy_version=1,
        attempts=0,
        next_attempt_at=None,
        created_at=NOW,
        finished_at=None,
        result={},
        problem="",
    )
    digest = action_digest(DEFAULT_ORGANIZATION, proposal_of(bare))
    return replace(bare, digest=digest, **changes)


def approval(state: ApprovalState = ApprovalState.APPROVED, **changes: object) -> ApprovalRecord:
    record = ApprovalRecord(
        id=ApprovalId("apv_1"),
        short_id="abcdef",
        action_id=ActionId("act_1"),
        digest=action().digest,
        state=state,
        opened_at=NOW,
        expires_at=NOW + timedelta(days=3),
        decided_at=NOW,
        decided_by="cli:lead",
        decided_via="cli",
        reason="",
    )
    return replace(record, **changes)


def look(
    given: ActionRecord,
    held: ApprovalRecord | None,
    mode: Mode,
    *,
    is_held: bool = False,
    quorum: int = 1,
) -> object:
    view = GateView(
        organization_id=DEFAULT_ORGANIZATION,
        action=given,
        effect_id=EffectId("eff_1"),
        approval=held,
        mode=mode,
        is_held=is_held,
        now=NOW,
        tally=Tally((VOTE,), quorum) if held is not None else None,
    )
    return open_gate(view)


@pytest.mark.parametrize(
    ("given", "held", "mode"),
    [
        pytest.param(action(), None, Mode.AUTO, id="auto"),
        pytest.param(action(mode=Mode.APPROVE), approval(), Mode.APPROVE, id="approved"),
        pytest.param(action(mode=Mode.APPROVE), approval(), Mode.AUTO, id="approved-then-auto"),
        pytest.param(action(state=ActionState.EXECUTING), None, Mode.AUTO, id="sent-again"),
    ],
)
def test_gate_lets_through(given: ActionRecord, held: ApprovalRecord | None, mode: Mode) -> None:
    passed = look(given, held, mode)

    assert isinstance(passed, ApprovedAction)
    assert passed.params == given.params
    assert passed.digest == given.digest


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        pytest.param(action(), Mode.SIMULATE, id="mode-now"),
        pytest.param(action(mode=Mode.SIMULATE), Mode.AUTO, id="mode-then"),
    ],
)
def test_gate_simulates(given: ActionRecord, mode: Mode) -> None:
    assert look(given, approval(), mode) == Simulated()


@pytest.mark.parametrize(
    ("given", "held", "mode", "reason"),
    [
        pytest.param(
            action(params={"markdown": "other words"}),
            None,
            Mode.AUTO,
            ClosedReason.DIGEST_CHANGED,
            id="other-words",
        ),
        pytest.param(
            action(target="PAY-8"), None, Mode.AUTO, ClosedReason.DIGEST_CHANGED, id="other-target"
        ),
        pytest.param(
            action(base={"comment_id": "2"}),
            None,
            Mode.AUTO,
            ClosedReason.DIGEST_CHANGED,
            id="other-base",
        ),
        pytest.param(
            action(mode=Mode.APPROVE),
            approval(digest="of another action"),
            Mode.APPROVE,
            ClosedReason.DIGEST_CHANGED,
            id="approval-of-another",
        ),
        pytest.param(
            action(), None, Mode.APPROVE, ClosedReason.NEEDS_APPROVAL, id="policy-became-stricter"
        ),
        *(
            pytest.param(
                action(mode=Mode.APPROVE),
                approval(state),
                mode,
                ClosedReason.APPROVAL_NOT_LIVE,
                id=f"{state.value}-{mode.value}",
            )
            for state in ApprovalState
            if state is not ApprovalState.APPROVED
            for mode in (Mode.APPROVE, Mode.AUTO)
        ),
        *(
            pytest.param(
                action(state=state),
                approval(),
                Mode.AUTO,
                ClosedReason.ALREADY_SETTLED,
                id=f"state-{state.value}",
            )
            for state in ActionState
            if state not in (ActionState.APPROVED, ActionState.EXECUTING)
        ),
        pytest.param(
            action(next_attempt_at=NOW + timedelta(seconds=1)),
            None,
            Mode.AUTO,
            ClosedReason.NOT_DUE,
            id="not-due",
        ),
    ],
)
def test_gate_stays_shut(
    given: ActionRecord, held: ApprovalRecord | None, mode: Mode, reason: ClosedReason
) -> None:
    assert look(given, held, mode) == Closed(reason)


@pytest.mark.parametrize("mode", list(Mode))
def test_gate_of_a_restored_database_lets_nothing_through(mode: Mode) -> None:
    assert look(action(), approval(), mode, is_held=True) == Closed(ClosedReason.HELD)


@pytest.mark.parametrize("mode", [Mode.APPROVE, Mode.AUTO])
def test_gate_stays_shut_while_too_few_votes_count(mode: Mode) -> None:
    given = action(mode=Mode.APPROVE)

    assert look(given, approval(), mode, quorum=2) == Closed(ClosedReason.VOTES_SHORT)
