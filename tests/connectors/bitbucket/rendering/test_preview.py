"""What people judge is all that will be sent."""

from typing import Any

import pytest

from chargehand.connectors.bitbucket.errors import NotOnDataCenter
from chargehand.connectors.bitbucket.preview import BitbucketPreviewer, DataCenterPreviewer
from chargehand.domain.action import ActionKind, Mode, ProposedAction
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.plugins.markdown_writing import TextTooLong
from chargehand.policy.modes import ModePolicy

UUID = "{11111111-0000-4000-8000-000000000001}"
PREVIEWS: list[tuple[str, str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "add_comment",
        "acme/payments#12",
        {"markdown": "hi\u202e there", "in_reply_to": "7"},
        {"comment_id": "7"},
        ["Comment on acme/payments#12, as an answer to comment 7", "undo: deletes", "U+202E"],
    ),
    (
        "add_comment",
        "acme/payments#12",
        {"markdown": "hi", "path": "a.py", "line": 3, "commit": "abcdef1"},
        {},
        ["beside line 3 of a.py at abcdef1"],
    ),
    (
        "update_comment",
        "acme/payments#12",
        {"markdown": "now", "comment_id": "8"},
        {"action_id": "act_1", "before": {"markdown": "late\u202e"}, "in_reply_to": "7"},
        ["Update comment 8 on acme/payments#12", "now", "Instead of:", "late", "U+202E", "undo:"],
    ),
    (
        "add_reviewers",
        "acme/payments#12",
        {"account_ids": ["a:1"], "names": {"a:1": "Ana"}},
        {"reviewers": []},
        ["Add reviewers to acme/payments#12: Ana (account a:1)", "reviewers now: nobody"],
    ),
    (
        "approve",
        "acme/payments#12",
        {"commit": "abcdef1"},
        {},
        ["Approve acme/payments#12", "abcdef1", "undo: takes the approval back"],
    ),
    (
        "run_pipeline",
        "acme/payments",
        {"ref_name": "main", "pipeline": "deploy", "variables": {"A": "b"}},
        {},
        ['Run the pipeline "deploy" of acme/payments on branch "main"', "A = b", "undo: stops"],
    ),
    (
        "stop_pipeline",
        "acme/payments",
        {"pipeline_uuid": UUID, "number": 4},
        {},
        ["Stop run #4 of acme/payments", UUID, "can not be undone"],
    ),
]


def proposed(kind: str, target: str, params: dict[str, Any], base: dict[str, Any]) -> Any:
    return ProposedAction(
        kind=ActionKind(f"bitbucket.{kind}"),
        connection_id=ConnectionId("bitbucket"),
        project=ProjectKey("PAY"),
        target=target,
        params=params,
        base=base,
        preview="",
    )


@pytest.mark.parametrize(
    ("kind", "target", "params", "base", "parts"), PREVIEWS, ids=lambda one: str(one)[:20]
)
def test_a_preview_says_all_of_it(
    kind: str, target: str, params: dict[str, Any], base: dict[str, Any], parts: list[str]
) -> None:
    text = BitbucketPreviewer().preview(proposed(kind, target, params, base))

    for part in parts:
        assert part in text


def test_what_can_not_be_sent_is_not_proposed() -> None:
    run = proposed("run_pipeline", "PAY/payments", {"ref_name": "main"}, {})
    long = proposed("add_comment", "acme/payments#1", {"markdown": "[" * 20_000}, {})

    with pytest.raises(NotOnDataCenter, match="no pipelines"):
        DataCenterPreviewer().preview(run)
    with pytest.raises(TextTooLong):
        BitbucketPreviewer().preview(long)


@pytest.mark.parametrize("kind", [ActionKind.BITBUCKET_APPROVE, ActionKind.BITBUCKET_UNAPPROVE])
def test_nobody_judges_by_a_rule_that_did_not_name_it(kind: ActionKind) -> None:
    project = ProjectKey("PAY")
    for_all = ModePolicy(1, default=Mode.AUTO)
    named = for_all.with_mode(Mode.AUTO, project=project, kind=kind)

    assert for_all.mode_for(project, kind) is Mode.APPROVE
    assert named.mode_for(project, kind) is Mode.AUTO
    assert for_all.mode_for(project, ActionKind.BITBUCKET_ADD_COMMENT) is Mode.AUTO
