"""What a person reads before a GitHub action is allowed: all of it, and what undoing would do."""

from typing import Any

import pytest

from chargehand.connectors.github.preview import GitHubPreviewer
from chargehand.connectors.github.webhook import GitHubWebhook
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.policy.modes import NAMED_ONLY

COMMIT = "a" * 40
PULL = "acme/payments#12"
SAMPLES: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "add_comment": (
        PULL,
        {"markdown": "Late\u202e", "in_reply_to": "review-17"},
        {"comment_id": "review-18"},
        (
            "Answer in the conversation of review-17 on acme/payments#12\n"
            "notifies: nobody by mention\n\nLate⟨U+202E⟩\n\nundo: deletes this comment"
        ),
    ),
    "update_comment": (
        PULL,
        {"markdown": "Now", "comment_id": "issue-9"},
        {"action_id": "act_1", "before": {"markdown": "Late"}, "asks": ["issue-10"]},
        (
            "Update the comment issue-9 of the bot on acme/payments#12\n"
            "notifies: nobody by mention\n\nNow\n\nInstead of:\n\nLate\n\n"
            "undo: puts the words of before back, unless it is edited or answered first"
        ),
    ),
    "delete_comment": (
        PULL,
        {"comment_id": "issue-9"},
        {"action_id": "act_1"},
        (
            "Delete the comment issue-9 of the bot on acme/payments#12\n"
            "can not be undone: the comment is gone for good"
        ),
    ),
    "create_issue": (
        "acme/payments",
        {"title": "Refunds fail", "markdown": "", "labels": ["bug"], "assignees": ["Tom-Berg"]},
        {},
        (
            "Open an issue in acme/payments: Refunds fail\nlabels: bug\nassigned to: tom-berg\n"
            "\n\n\n"
            "can not be undone: GitHub keeps an issue; close it there"
        ),
    ),
    "add_labels": (
        PULL,
        {"labels": ["bug"]},
        {},
        "Add labels on acme/payments#12: bug\nundo: removes those labels that were not there",
    ),
    "remove_labels": (
        PULL,
        {"labels": ["bug"]},
        {},
        "Remove labels on acme/payments#12: bug\nundo: adds those labels again that were there",
    ),
    "assign": (
        PULL,
        {"assignees": ["tom-berg"]},
        {},
        "Assign acme/payments#12: tom-berg\nundo: takes off those who were not assigned",
    ),
    "unassign": (
        PULL,
        {"assignees": ["tom-berg"]},
        {},
        "Unassign from acme/payments#12: tom-berg\nundo: assigns those again who were",
    ),
    "request_reviewers": (
        PULL,
        {"reviewers": ["tom-berg"]},
        {},
        (
            "Ask for a review of acme/payments#12: tom-berg\n"
            "undo: asks those no longer who were not asked before"
        ),
    ),
    "remove_reviewers": (
        PULL,
        {"reviewers": ["tom-berg"]},
        {},
        (
            "Ask no longer for a review of acme/payments#12: tom-berg\n"
            "undo: asks those again who were asked"
        ),
    ),
    "approve": (
        PULL,
        {"commit": COMMIT, "markdown": "Good"},
        {},
        (
            f"Approve acme/payments#12 at commit {COMMIT}\n\nGood\n\n"
            "undo: dismisses this approval, which everybody sees"
        ),
    ),
    "dismiss_approval": (
        PULL,
        {"review_id": 31, "message": "Pushed over"},
        {},
        (
            "Dismiss the review 31 of acme/payments#12, for everybody to see\n\nPushed over\n\n"
            "can not be undone: only who gave the verdict can give it again"
        ),
    ),
    "dispatch_workflow": (
        "acme/payments",
        {
            "workflow": "deploy.yml",
            "ref": "main",
            "inputs": {"environment": "staging"},
            "correlation_input": "correlation_id",
        },
        {},
        (
            "Start the workflow deploy.yml of acme/payments on main\ninputs:\n"
            "  environment = staging\n"
            "  correlation_id = the id of this action\n"
            "undo: cancels the run while it is under way; what it did stays"
        ),
    ),
    "rerun_workflow": (
        "acme/payments",
        {"run_id": 61},
        {"attempt": 1},
        (
            "Run 61 of acme/payments again, after attempt 1\n"
            "undo: cancels the run while it is under way; what it did stays"
        ),
    ),
    "cancel_workflow": (
        "acme/payments",
        {"run_id": 61},
        {},
        "Cancel run 61 of acme/payments\nundo: runs it again from the beginning",
    ),
}


def preview(kind: str, target: str, params: dict[str, Any], base: dict[str, Any]) -> str:
    action = ProposedAction(
        kind=ActionKind(f"github.{kind}"),
        connection_id=ConnectionId("github"),
        project=ProjectKey("PAY"),
        target=target,
        params=params,
        base=base,
        preview="",
    )
    return GitHubPreviewer().preview(action)


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_is_shown_whole(kind: str) -> None:
    target, params, base, shown = SAMPLES[kind]

    assert preview(kind, target, params, base) == shown


def test_every_kind_has_a_sample_and_is_in_the_manifest() -> None:
    kinds = {one for one in ActionKind if one.connector == "github"}

    assert {ActionKind(f"github.{kind}") for kind in SAMPLES} == kinds
    assert set(GitHubWebhook().manifest.action_kinds) == kinds


def test_no_verdict_is_given_by_a_rule_that_did_not_name_it() -> None:
    assert {ActionKind.GITHUB_APPROVE, ActionKind.GITHUB_DISMISS_APPROVAL} <= NAMED_ONLY


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("add_comment", {"markdown": "  "}, "markdown"),
        ("add_comment", {"in_reply_to": "issue-7"}, "in_reply_to"),
        ("add_comment", {"in_reply_to": None, "path": "a.py"}, "path"),
        ("add_comment", {"notify": True}, "notify"),
        ("add_comment", {"markdown": "x" + "#" * 29_000}, "as GitHub takes it"),
        ("create_issue", {"title": ""}, "title"),
        ("add_labels", {"labels": []}, "labels"),
        ("assign", {"assignees": ["two words"]}, "assignees"),
        ("approve", {"commit": "main"}, "commit"),
        ("dispatch_workflow", {"ref": "a b"}, "ref"),
        ("dispatch_workflow", {"correlation_input": "environment"}, "correlation_input"),
        ("cancel_workflow", {"run_id": "61"}, "run_id"),
    ],
)
def test_what_github_would_refuse_is_refused_before_anyone_is_asked(
    kind: str, change: dict[str, Any], field: str
) -> None:
    target, params, base, _ = SAMPLES[kind]

    with pytest.raises(Rejected, match=field):
        preview(kind, target, {**params, **change}, base)


@pytest.mark.parametrize("target", ["acme", "acme/payments", "acme/payments#0", "a/b#1/../2"])
def test_a_target_is_one_issue_or_pull_request(target: str) -> None:
    with pytest.raises(Rejected, match="target"):
        preview("add_labels", target, {"labels": ["bug"]}, {})
