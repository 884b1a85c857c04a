"""Every kind of action has a risk, and what nobody can take back is no reversible one."""

from chargehand.domain.action import ActionKind
from chargehand.domain.policy import Risk
from chargehand.policy.risks import RISK_OF


def test_every_kind_has_a_risk() -> None:
    assert set(RISK_OF) == set(ActionKind)


def test_what_was_seen_or_started_is_hard_to_undo() -> None:
    hard = {kind for kind, risk in RISK_OF.items() if risk is Risk.HARD_TO_UNDO}

    assert {
        ActionKind.GITHUB_DISPATCH_WORKFLOW,
        ActionKind.JIRA_REPLY_TO_CUSTOMER,
        ActionKind.SLACK_SEND_DIRECT_MESSAGE,
    } <= hard
    assert ActionKind.JIRA_ADD_LABELS not in hard
