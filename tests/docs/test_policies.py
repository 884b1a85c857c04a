"""The policies that the pages show can be put in force, and do what is said of them."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Member, Role
from chargehand.domain.policy import (
    CapScope,
    Cause,
    Hours,
    Origin,
    PolicyQuestion,
    Stage,
    Trust,
)
from chargehand.policy.checking import check_for_team
from chargehand.policy.compiled import CompiledPolicy
from chargehand.policy.text import read_text
from tests.docs.pages import DOCS

_SHOWN = re.compile(r"<!-- policy: ([a-z ]+) -->\n```toml\n(.*?)```", re.DOTALL)
PAGE = (DOCS / "howto" / "write-a-policy.md").read_text("utf-8")
SHOWN = dict(_SHOWN.findall(PAGE))
PAY, OPS = ProjectKey("PAY"), ProjectKey("OPS")
TEAM = tuple(
    Member(MemberId(f"mbr_{n}"), f"Member {n}", roles=((None, role),))
    for n, role in enumerate([Role.ADMIN, Role.APPROVER, Role.APPROVER, Role.DEVELOPER])
)
LABELS = PolicyQuestion(
    ActionKind.JIRA_ADD_LABELS,
    OPS,
    "OPS-1",
    datetime(2026, 11, 27, 10, tzinfo=UTC),
    cause=Cause("member:mbr_3", origin=Origin.TICKET, trust=Trust.TEAM),
    requester_roles=frozenset({Role.DEVELOPER}),
    stage=Stage.PROD,
)


def shown(name: str) -> CompiledPolicy:
    read = read_text(SHOWN[name].encode())
    assert read.problems == ()
    return CompiledPolicy(1, read.document)


@pytest.mark.parametrize("name", SHOWN)
def test_a_policy_that_is_shown_suits_a_team(name: str) -> None:
    findings = check_for_team(shown(name), TEAM, {PAY, OPS})

    assert [one for one in findings if one.is_error] == []


def test_the_default_policy_is_what_is_written_out() -> None:
    assert shown("default").rule_on(LABELS) == shown("written out").rule_on(LABELS)
    assert shown("default").rule_on(LABELS).mode is Mode.SIMULATE


def test_answers_are_sent_and_what_is_hard_to_undo_takes_two() -> None:
    policy = shown("answers")

    assert policy.rule_on(replace(LABELS, kind=ActionKind.JIRA_ADD_COMMENT)).mode is Mode.AUTO
    created = policy.rule_on(replace(LABELS, kind=ActionKind.JIRA_CREATE_ISSUE))
    assert (created.mode, created.approvers.quorum) == (Mode.APPROVE, 2)
    other = policy.rule_on(LABELS)
    assert (other.mode, other.approvers.quorum) == (Mode.APPROVE, 1)


def test_developers_label_by_themselves_but_not_in_a_frozen_project() -> None:
    policy = shown("developers")

    ruling = policy.rule_on(LABELS)
    assert (ruling.mode, ruling.hours) == (Mode.AUTO, Hours.WORKING)
    assert [(cap.scope, cap.most, cap.window_s) for cap in ruling.caps] == [
        (CapScope.PERSON, 20, 3600)
    ]
    assert policy.rule_on(replace(LABELS, requester_roles=frozenset())).mode is Mode.APPROVE
    assert policy.rule_on(replace(LABELS, project=PAY)).mode is Mode.SIMULATE


def test_staging_sends_everything_and_production_what_the_team_wrote() -> None:
    policy = shown("stages")
    stranger = Cause("slack:U1", origin=Origin.CHAT, trust=Trust.UNKNOWN)

    assert policy.rule_on(LABELS).rule == "asked by the team on a ticket"
    assert policy.rule_on(replace(LABELS, cause=stranger)).mode is Mode.APPROVE
    staged = replace(LABELS, cause=stranger, stage=Stage.STAGING)
    assert policy.rule_on(staged).mode is Mode.AUTO


def test_the_bot_approves_short_changes_of_the_docs_for_the_team() -> None:
    policy = shown("docs")
    kind = ActionKind.GITHUB_APPROVE
    asked = replace(LABELS, kind=kind, paths=("docs/howto/a.md",), diff_lines=50)

    assert policy.rule_on(asked).mode is Mode.AUTO
    for other in (
        replace(asked, diff_lines=51),
        replace(asked, paths=("docs/a.md", "src/a.py")),
        replace(asked, paths=()),
        replace(asked, diff_lines=None),
        replace(asked, cause=Cause("slack:U1", trust=Trust.UNKNOWN)),
    ):
        assert policy.rule_on(other).mode is Mode.APPROVE
