"""A policy document: read whole or not at all, and answering by its first rule that holds."""

from dataclasses import replace
from datetime import UTC, datetime
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.policy import (
    CapScope,
    Cause,
    Hours,
    Origin,
    PolicyQuestion,
    Stage,
    Trust,
)
from chargehand.policy.compiled import CompiledPolicy
from chargehand.policy.conditions import CONDITIONS
from chargehand.policy.globs import path_globs, whole_globs
from chargehand.policy.in_force import as_document, policy_of
from chargehand.policy.modes import FOLLOWS, NAMED_ONLY, ModePolicy
from chargehand.policy.reading import read_document

PAY, OPS = ProjectKey("PAY"), ProjectKey("OPS")
ASSIGN, COMMENT = ActionKind.JIRA_ASSIGN_ISSUE, ActionKind.JIRA_ADD_COMMENT
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
TEAM = Cause("member:mem_1", origin=Origin.TICKET, trust=Trust.TEAM)
ASKED = PolicyQuestion(ASSIGN, PAY, "PAY-7", FRIDAY, cause=TEAM)


def policy(*rules: dict[str, Any], **more: Any) -> CompiledPolicy:
    document, problems = read_document({"format": 2, "rules": list(rules), **more})
    assert problems == ()
    return CompiledPolicy(7, document)


def rule(name: str = "one", mode: str = "auto", given: Any = None, **when: Any) -> dict[str, Any]:
    return {"name": name, "mode": mode, "when": when, **(given or {})}


def test_nothing_is_sent_by_a_policy_that_says_nothing() -> None:
    ruling = policy().rule_on(ASKED)

    assert (ruling.mode, ruling.rule, ruling.version) == (Mode.SIMULATE, "default", 7)
    assert ruling.approvers.quorum == 1
    assert Role.ADMIN in ruling.approvers.roles


HOLDS = [
    pytest.param({"kind": "jira.*"}, {}, {"kind": ActionKind.GITHUB_ASSIGN}, id="kind"),
    pytest.param({"risk": "reversible"}, {}, {"kind": ActionKind.JIRA_CREATE_ISSUE}, id="risk"),
    pytest.param({"project": ["PAY"]}, {}, {"project": OPS}, id="project"),
    pytest.param({"target": "PAY-?"}, {}, {"target": "PAY-70"}, id="target"),
    pytest.param(
        {"requester_roles": ["developer"]},
        {"requester_roles": frozenset({Role.DEVELOPER})},
        {"requester_roles": frozenset({Role.VIEWER})},
        id="roles",
    ),
    pytest.param({"cohort": "pilots"}, {"cohort": "pilots"}, {}, id="cohort"),
    pytest.param({"agent": "chargehand"}, {}, {"cause": replace(TEAM, agent="dev")}, id="agent"),
    pytest.param(
        {"origin": "ticket"}, {}, {"cause": replace(TEAM, origin=Origin.CHAT)}, id="origin"
    ),
    pytest.param({"trust": "team"}, {}, {"cause": replace(TEAM, trust=Trust.OUTSIDER)}, id="trust"),
    pytest.param({"diff_lines_at_most": 5}, {"diff_lines": 5}, {"diff_lines": 6}, id="diff"),
    pytest.param({"diff_lines_at_most": 5}, {"diff_lines": 0}, {}, id="diff-unknown"),
    pytest.param(
        {"all_paths": "docs/**"}, {"paths": ("docs/a/b.md",)}, {"paths": ("docs/a", "x")}, id="all"
    ),
    pytest.param({"all_paths": ["**"]}, {"paths": ("x",)}, {"paths": ()}, id="paths-unknown"),
    pytest.param(
        {"any_path": "**/m/*.sql"}, {"paths": ("x", "a/m/1.sql")}, {"paths": ("m.sql",)}, id="any"
    ),
    pytest.param(
        {"time": {"days": ["fri"], "from": "11:00", "until": "12:00", "zone": "Europe/Madrid"}},
        {},
        {"at": datetime(2026, 11, 27, 11, 0, tzinfo=UTC)},
        id="time",
    ),
    pytest.param(
        {"time": {"from": "22:00", "until": "06:00", "zone": "UTC"}},
        {"at": datetime(2026, 11, 27, 23, 0, tzinfo=UTC)},
        {},
        id="night",
    ),
    pytest.param({"stage": ["dev"]}, {"stage": Stage.DEV}, {"stage": Stage.PROD}, id="stage"),
    pytest.param({"stage": ["dev"]}, {"stage": Stage.DEV}, {}, id="stage-unknown"),
]


@pytest.mark.parametrize(("when", "fitting", "other"), HOLDS)
def test_a_condition_holds_for_what_it_names_and_for_nothing_else(
    when: dict[str, Any], fitting: dict[str, Any], other: dict[str, Any]
) -> None:
    (name,) = when
    trusts = {} if name == "trust" else {"trust": ["team", "outsider", "unknown"]}
    made = policy(rule(**when, **trusts), cohorts={"pilots": ["mem_1"]})

    assert made.rule_on(replace(ASKED, **fitting)).mode is Mode.AUTO
    asked = replace(ASKED, **other)
    assert made.rule_on(asked).mode is Mode.SIMULATE
    (tried,) = made.tried(asked)
    assert (tried.unmet, bool(tried.fact)) == (name, True)


def test_every_condition_is_tried_above() -> None:
    tried = {name for case in HOLDS for name in case.values[0]}  # type: ignore[attr-defined]

    assert tried == {one.name for one in CONDITIONS}


def test_project_rules_come_first_and_the_first_that_holds_decides() -> None:
    made = policy(
        rule("general", kind="jira.*"),
        projects={"PAY": {"rules": [rule("careful", "approve", kind="jira.assign_issue")]}},
    )

    assert made.rule_on(ASKED).rule == "careful"
    assert made.rule_on(replace(ASKED, project=OPS)).rule == "general"
    assert [one.rule for one in made.tried(replace(ASKED, kind=COMMENT))] == ["careful", "general"]


def test_what_a_rule_leaves_out_is_filled_in_from_near_to_far() -> None:
    made = policy(
        rule("own", "approve", {"approvers": {"quorum": 3}}, kind="jira.assign_issue"),
        rule("plain", "approve"),
        defaults={"approvers": {"roles": ["admin"], "quorum": 2}, "hours": "working"},
        projects={
            "PAY": {"defaults": {"approvers": {"members": ["mem_1"]}, "caps": [CAP]}, "rules": []}
        },
    )

    own = made.rule_on(ASKED)
    assert (own.approvers.quorum, own.approvers.members) == (3, frozenset({MemberId("mem_1")}))
    assert own.approvers.roles == frozenset()
    assert [(cap.scope, cap.most, cap.window_s) for cap in own.caps] == [(CapScope.KIND, 5, 5400)]
    plain = made.rule_on(replace(ASKED, project=OPS, kind=COMMENT))
    assert (plain.approvers.roles, plain.approvers.quorum) == (frozenset({Role.ADMIN}), 2)
    assert (plain.caps, plain.hours) == ((), Hours.WORKING)


CAP = {"scope": "kind", "most": 5, "per": "90m"}


@pytest.mark.parametrize("trust", [Trust.OUTSIDER, Trust.UNKNOWN])
def test_words_of_outsiders_send_no_change_unless_the_rule_names_their_trust(trust: Trust) -> None:
    asked = replace(ASKED, cause=replace(TEAM, trust=trust))

    held = policy(rule(kind="jira.*")).rule_on(asked)
    assert held.mode is Mode.APPROVE
    assert "team" in held.reason
    named = policy(rule(kind="jira.*", trust=[trust.value]))
    assert named.rule_on(asked).mode is Mode.AUTO
    reply = policy(rule(kind="jira.*")).rule_on(replace(asked, kind=COMMENT))
    assert reply.mode is Mode.AUTO


def test_customers_are_answered_only_by_a_rule_that_names_the_kind() -> None:
    asked = replace(ASKED, kind=ActionKind.JIRA_REPLY_TO_CUSTOMER)

    assert policy(rule(kind="jira.*")).rule_on(asked).mode is Mode.APPROVE
    assert policy(rule(kind="jira.reply_to_customer")).rule_on(asked).mode is Mode.AUTO


SCOPES = st.tuples(
    st.sampled_from(Mode),
    st.none() | st.sampled_from([PAY, OPS]),
    st.none() | st.sampled_from(ActionKind),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(SCOPES, max_size=8), st.sampled_from(Trust), st.sampled_from(ActionKind))
def test_modes_say_the_same_as_a_document(steps: list[Any], trust: Trust, kind: ActionKind) -> None:
    """What `policy show` gives for the modes in force, put in force, changes nothing."""
    modes = ModePolicy(version=1)
    for mode, project, about in steps:
        modes = modes.with_mode(mode, project=project, kind=about)
    made = policy_of(2, as_document(modes).to_json())

    for project in (PAY, OPS, ProjectKey("NEW")):
        asked = PolicyQuestion(kind, project, "X-1", FRIDAY, cause=replace(TEAM, trust=trust))
        assert made.rule_on(asked).mode is modes.rule_on(asked).mode
        assert made.mode_for(project, kind) is modes.mode_for(project, kind)
    assert sorted(made.rules, key=repr) == sorted(modes.rules, key=repr)


KINDS = [*FOLLOWS, *NAMED_ONLY, *FOLLOWS.values(), ASSIGN, COMMENT]


@settings(deadline=None, max_examples=50)
@given(st.lists(SCOPES, min_size=1, max_size=8))
def test_modes_set_on_a_document_as_on_modes(steps: list[Any]) -> None:
    modes, made = ModePolicy(version=1), policy()
    for mode, project, kind in steps:
        modes = modes.with_mode(mode, project=project, kind=kind)
        made = made.with_mode(mode, project=project, kind=kind)

    assert {(p, k, made.mode_for(p, k)) for p in (PAY, OPS) for k in KINDS} == {
        (p, k, modes.mode_for(p, k)) for p in (PAY, OPS) for k in KINDS
    }
    assert policy_of(made.version, made.to_document()) == made


WRONG = [
    pytest.param({}, "the policy", id="empty"),
    pytest.param([], "", id="no-table"),
    pytest.param({"format": 3}, "format", id="format"),
    pytest.param({"format": 2, "ruls": []}, "ruls", id="key"),
    pytest.param({"format": 2, "rules": {}}, "rules", id="rules"),
    pytest.param({"format": 2, "rules": [1]}, "rules[0]", id="rule"),
    pytest.param({"format": 2, "rules": [rule(mode="atuo")]}, "rules[0].mode", id="mode"),
    pytest.param({"format": 2, "rules": [{"mode": "auto"}]}, "rules[0].name", id="no-name"),
    pytest.param({"format": 2, "rules": [rule(), rule()]}, "rules[1].name", id="twice"),
    pytest.param({"format": 2, "rules": [rule(kinds="x")]}, "rules[0].when.kinds", id="when-key"),
    pytest.param({"format": 2, "rules": [rule(kind="jria.*")]}, "rules[0].when.kind[0]", id="kind"),
    pytest.param({"format": 2, "rules": [rule(kind=[])]}, "rules[0].when.kind", id="no-kind"),
    pytest.param(
        {"format": 2, "rules": [rule(cohort="pilots")]}, "rules[0].when.cohort[0]", id="cohort"
    ),
    pytest.param(
        {"format": 2, "rules": [rule(target="*" * 201)]}, "rules[0].when.target[0]", id="long-glob"
    ),
    pytest.param(
        {"format": 2, "rules": [rule(diff_lines_at_most=float("nan"))]},
        "rules[0].when.diff_lines_at_most",
        id="nan",
    ),
    pytest.param(
        {"format": 2, "rules": [rule(diff_lines_at_most=-1)]},
        "rules[0].when.diff_lines_at_most",
        id="negative",
    ),
    pytest.param(
        {"format": 2, "rules": [rule(time={"zone": "Mars/Base"})]},
        "rules[0].when.time.zone",
        id="zone",
    ),
    pytest.param(
        {"format": 2, "projects": {"PAY": {"rules": [rule(project="PAY")]}}},
        "projects.PAY.rules[0].when.project",
        id="project-in-project",
    ),
    pytest.param(
        {"format": 2, "defaults": {"approvers": {"quorum": 0}}}, "defaults.approvers.quorum", id="q"
    ),
    pytest.param({"format": 2, "defaults": {"caps": [CAP, CAP]}}, "defaults.caps", id="two-caps"),
    pytest.param(
        {"format": 2, "defaults": {"caps": [CAP | {"per": "-1h"}]}},
        "defaults.caps[0].per",
        id="per",
    ),
    pytest.param({"format": 2, "cohorts": {"a": ["m"], "b": ["m"]}}, "cohorts.b", id="two-cohorts"),
]


@pytest.mark.parametrize(("document", "field"), WRONG)
def test_a_wrong_document_is_told_by_field(document: Any, field: str) -> None:
    _, problems = read_document(document)

    assert field in [one.field for one in problems]
    assert all(one.allowed for one in problems)


def test_a_near_miss_names_what_was_meant() -> None:
    _, problems = read_document({"format": 2, "rules": [rule(kind="jira.asign_issue")]})

    assert problems[0].near == "jira.assign_issue"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("format", "rules", "defaults", "projects", "cohorts", "when", "name"),
                    *("mode", "approvers", "caps", "hours", "roles", "members", "quorum"),
                    *("scope", "most", "per", "zone", "days", *(one.name for one in CONDITIONS)),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=30,
)


@given(JSON)
def test_any_document_is_read_or_told_wrong_and_never_anything_else(value: Any) -> None:
    document, problems = read_document(value)

    if not problems:
        assert CompiledPolicy(1, document).rule_on(ASKED).mode in set(Mode)
        assert read_document(document.to_json()) == (document, ())


@given(JSON, st.sampled_from(["rules", "defaults", "projects", "cohorts"]))
def test_so_is_one_with_a_part_of_any_type(value: Any, key: str) -> None:
    document, problems = read_document({"format": 2, key: value})

    if not problems:
        assert read_document(document.to_json()) == (document, ())


def test_patterns_never_take_long() -> None:
    begun = process_time()

    assert not whole_globs(["*a" * 90 + "b"])("a" * 400)
    assert not path_globs(["**/a/" * 30 + "b"])("a/" * 200)
    assert not path_globs(["*a" * 90 + "b"])("a" * 400)

    assert process_time() - begun < 1


FITS = [
    ("docs/**", "docs/a/b.md"),
    ("**", "a/b"),
    ("**/x.py", "x.py"),
    ("**/x.py", "a/b/x.py"),
    ("a/**/b/**/c", "a/b/c"),
    ("a/**/b/**/c", "a/1/b/2/3/c"),
    ("a?c/*b*d", "abc/xbyd"),
    ("src/*/test_*.py", "src/pay/test_x.py"),
    ("**/ab/**/b", "ab/ab/b"),
]
FITS_NOT = [
    ("docs/**", "docs"),
    ("a/**/b/**/c", "a/1/2/3/c"),
    ("*.md", "a/b.md"),
    ("a?c/*b*d", "a/c/xbyd"),
    ("src/*/test_*.py", "src/pay/x/test_x.py"),
    ("a|b", "b"),
]


@pytest.mark.parametrize(("pattern", "path"), FITS)
def test_a_path_fits_by_folders(pattern: str, path: str) -> None:
    assert path_globs([pattern])(path)


@pytest.mark.parametrize(("pattern", "path"), FITS_NOT)
def test_another_path_does_not_fit(pattern: str, path: str) -> None:
    assert path_globs([pattern])(path) is None
