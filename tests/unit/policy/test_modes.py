from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ProjectKey
from chargehand.policy.errors import PolicyInvalid
from chargehand.policy.in_force import changed_at, policy_of
from chargehand.policy.modes import ModePolicy, read_policy

PAY, OPS = ProjectKey("PAY"), ProjectKey("OPS")
COMMENT, ASSIGN = ActionKind.JIRA_ADD_COMMENT, ActionKind.JIRA_ASSIGN_ISSUE
CUSTOMER = ActionKind.JIRA_REPLY_TO_CUSTOMER
START = datetime(2026, 11, 1, tzinfo=UTC)


def policy(*steps: tuple[Mode, ProjectKey | None, ActionKind | None]) -> ModePolicy:
    made = ModePolicy(version=1)
    for mode, project, kind in steps:
        made = made.with_mode(mode, project=project, kind=kind)
    return made


def test_first_policy_simulates_everything() -> None:
    assert {ModePolicy(version=1).mode_for(PAY, kind) for kind in ActionKind} == {Mode.SIMULATE}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(policy((Mode.AUTO, None, None)), Mode.AUTO, id="default"),
        pytest.param(
            policy((Mode.AUTO, None, None), (Mode.APPROVE, None, COMMENT)), Mode.APPROVE, id="kind"
        ),
        pytest.param(
            policy((Mode.AUTO, None, COMMENT), (Mode.SIMULATE, PAY, None)),
            Mode.SIMULATE,
            id="project-over-kind",
        ),
        pytest.param(
            policy((Mode.SIMULATE, PAY, None), (Mode.AUTO, PAY, COMMENT)),
            Mode.AUTO,
            id="both-over-project",
        ),
        pytest.param(policy((Mode.AUTO, OPS, COMMENT)), Mode.SIMULATE, id="another-project"),
    ],
)
def test_most_specific_rule_wins(made: ModePolicy, expected: Mode) -> None:
    assert made.mode_for(PAY, COMMENT) is expected


@pytest.mark.parametrize(
    "made",
    [policy((Mode.AUTO, None, None)), policy((Mode.AUTO, PAY, None))],
    ids=["default", "project"],
)
def test_customers_are_never_answered_by_a_rule_that_did_not_name_them(made: ModePolicy) -> None:
    assert made.mode_for(PAY, CUSTOMER) is Mode.APPROVE


def test_customers_can_be_answered_by_name() -> None:
    assert policy((Mode.AUTO, None, CUSTOMER)).mode_for(PAY, CUSTOMER) is Mode.AUTO


def test_setting_a_scope_again_replaces_its_rule() -> None:
    made = policy((Mode.AUTO, PAY, COMMENT), (Mode.APPROVE, PAY, COMMENT))

    assert len(made.rules) == 1
    assert made.version == 3


SCOPES = st.tuples(
    st.sampled_from(Mode),
    st.none() | st.sampled_from([PAY, OPS]),
    st.none() | st.sampled_from(ActionKind),
)


@given(st.lists(SCOPES, max_size=8))
def test_a_policy_survives_being_stored(steps: list) -> None:
    made = policy(*steps)

    assert read_policy(made.version, made.to_document()) == made


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param({"defualt": "auto"}, "defualt", id="unknown-key"),
        pytest.param({"default": "never"}, "default", id="unknown-mode"),
        pytest.param({"rules": 3}, "rules", id="rules-type"),
        pytest.param({"rules": [3]}, r"rules\[0\]", id="rule-type"),
        pytest.param({"rules": [{"mode": "auto", "kind": "jira.fly"}]}, "kind", id="unknown-kind"),
        pytest.param({"rules": [{"mode": "auto", "who": 1}]}, "who", id="unknown-rule-key"),
        pytest.param({"rules": [{"mode": "auto", "project": 1}]}, "project", id="project-type"),
    ],
)
def test_wrong_document_names_the_field(document: dict, field: str) -> None:
    with pytest.raises(PolicyInvalid, match=field):
        read_policy(1, document)


def test_change_of_mode_is_dated_per_kind_and_project() -> None:
    steps = [policy(), policy((Mode.AUTO, None, ASSIGN)), policy((Mode.AUTO, PAY, COMMENT))]
    versions = [
        (policy_of(number, made.to_document()), START + timedelta(days=number))
        for number, made in enumerate(steps)
    ]

    assert changed_at(versions, PAY, COMMENT) == START + timedelta(days=2)
    assert changed_at(versions, OPS, COMMENT) is None
