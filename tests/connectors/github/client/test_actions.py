"""Every action changes exactly what it says, says so before, and can be found again."""

from typing import Any

import pytest

from chargehand.connectors.github.preview import GitHubPreviewer
from chargehand.domain.action import (
    ActionKind,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
    RetryAfter,
    Undecided,
)
from chargehand.plugins.connector import DoneAction, LookUpState, NoWayBack
from chargehand.testing.github import people
from chargehand.testing.jira.failures import Failure
from tests.connectors.github.client.world import (
    ACTION_ID,
    ISSUE,
    PULL,
    World,
    approved,
    proposed,
)

pytestmark = pytest.mark.anyio

MARK = f"<!-- chargehand {ACTION_ID} -->"


def comment(**more: Any) -> ApprovedAction:
    params = {"markdown": "PAY-7 is **in review**.", **more}
    return approved(ActionKind.GITHUB_ADD_COMMENT, PULL, params)


def inverse_of(action: ApprovedAction, result: Done) -> ApprovedAction:
    told = {"external_id": result.external_id, "url": result.url, **result.detail}
    inverse = GitHubPreviewer().inverse(DoneAction(action.action_id, proposed(action), told))
    assert not isinstance(inverse, NoWayBack)
    return approved(
        inverse.kind, inverse.target, inverse.params, inverse.base, action_id="act_undo"
    )


async def test_a_comment_carries_its_mark_and_its_undo_deletes_it(world: World) -> None:
    action = comment()

    result = await world.client.perform(action)

    assert isinstance(result, Done)
    (made,) = world.pull_issue.comments
    assert made.body == f"PAY-7 is **in review**.\n\n{MARK}"
    assert result.external_id == f"issue-{made.id}"
    undone = await world.client.perform(inverse_of(action, result))
    assert isinstance(undone, Done)
    assert world.pull_issue.comments == []


async def test_an_answer_stands_in_its_conversation(world: World) -> None:
    asked = people.comment_on_line(
        world.site, world.payments, 2, author="tom-berg", body="Why?", path="a.py", line=3
    )

    result = await world.client.perform(comment(in_reply_to=f"review-{asked.id}"))

    assert isinstance(result, Done)
    answer = world.pull.line_comments[-1]
    assert (answer.root, answer.path) == (asked.id, "a.py")
    assert result.external_id == f"review-{answer.id}"
    found = await world.look_up(comment(in_reply_to=f"review-{asked.id}"))
    assert (found.state, found.external_id) == (LookUpState.FOUND, result.external_id)


async def test_a_new_conversation_begins_beside_a_line(world: World) -> None:
    commit = world.pull.head_commit

    result = await world.client.perform(comment(path="src/retry.py", line=14, commit=commit))

    assert isinstance(result, Done)
    assert (world.pull.line_comments[0].path, world.pull.line_comments[0].line) == (
        "src/retry.py",
        14,
    )


@pytest.mark.parametrize(
    ("params", "base"),
    [({"in_reply_to": "review-5"}, {}), ({}, {"comment_id": "issue-5"})],
    ids=["conversation", "comment"],
)
async def test_the_question_has_to_be_there_still(
    world: World, params: dict[str, Any], base: dict[str, Any]
) -> None:
    words = {"markdown": "Hi", **params}
    action = approved(ActionKind.GITHUB_ADD_COMMENT, PULL, words, base)

    result = await world.client.perform(action)

    assert isinstance(result, Refused)
    assert result.reason == "question_deleted"
    assert world.fake.writes() == []


async def test_a_comment_that_was_cut_off_is_found_by_its_mark(world: World) -> None:
    world.fake.desk.failures.add(Failure(method="POST", path=".*/comments", cut="after"))
    # What somebody else writes carries no mark of ours, whatever it says.
    people.comment_on(world.site, world.payments, 2, author="tom-berg", body=f"x {MARK}")
    before = await world.look_up(comment())

    result = await world.client.perform(comment())
    after = await world.look_up(comment())

    assert before.state is LookUpState.ABSENT
    assert isinstance(result, Undecided)
    assert after.state is LookUpState.FOUND
    assert after.external_id == f"issue-{world.pull_issue.comments[-1].id}"


async def test_a_comment_is_only_deleted_with_its_own_mark(world: World) -> None:
    theirs = people.comment_on(world.site, world.payments, 2, author="tom-berg", body="Hi")
    name = f"issue-{theirs.id}"
    action = approved(
        ActionKind.GITHUB_DELETE_COMMENT, PULL, {"comment_id": name}, {"action_id": ACTION_ID}
    )

    result = await world.client.perform(action)

    assert isinstance(result, Refused)
    assert result.reason == "base_changed"
    assert world.pull_issue.comments == [theirs]


async def test_an_issue_is_opened_once(world: World) -> None:
    params = {"title": "Refunds fail", "markdown": "Since *today*", "labels": ["bug"]}
    action = approved(ActionKind.GITHUB_CREATE_ISSUE, "acme/payments", params)

    assert (await world.look_up(action)).state is LookUpState.ABSENT
    result = await world.client.perform(action)
    found = await world.look_up(action)

    assert isinstance(result, Done)
    assert result.external_id == "acme/payments#3"
    made = world.payments.issues[3]
    assert (made.title, made.labels) == ("Refunds fail", ["bug"])
    assert made.body == f"Since *today*\n\n{MARK}"
    assert (found.state, found.external_id) == (LookUpState.FOUND, "acme/payments#3")


@pytest.mark.parametrize(
    ("kind", "params", "setting"),
    [
        (ActionKind.GITHUB_ADD_LABELS, {"labels": ["bug", "to do"]}, "labels"),
        (ActionKind.GITHUB_ASSIGN, {"assignees": ["tom-berg"]}, "assignees"),
    ],
    ids=["labels", "assignees"],
)
async def test_what_is_set_is_set_once_and_taken_back(
    world: World, kind: ActionKind, params: dict[str, Any], setting: str
) -> None:
    world.issue.labels.append("bug")
    before = list(getattr(world.issue, setting))
    action = approved(kind, ISSUE, params)

    result = await world.client.perform(action)
    assert isinstance(result, Done)
    now = list(getattr(world.issue, setting))
    found = await world.look_up(action)
    again = await world.client.perform(action)
    undone = await world.client.perform(inverse_of(action, result))

    assert sorted(now) == sorted({*before, *params[setting]})
    assert found.state is LookUpState.FOUND
    assert isinstance(again, Done)
    assert again.detail == {"already": True}
    assert isinstance(undone, Done)
    # What was so before stays.
    assert getattr(world.issue, setting) == before


@pytest.mark.parametrize("name", [".", ".."])
async def test_label_that_reads_as_a_step_up_takes_no_other_off(world: World, name: str) -> None:
    """`DELETE .../labels/.` is the request that takes all of them off."""
    world.issue.labels[:] = ["bug", name, "waiting"]
    action = approved(ActionKind.GITHUB_REMOVE_LABELS, ISSUE, {"labels": ["bug", name]})

    result = await world.client.perform(action)

    assert isinstance(result, Refused)
    assert world.issue.labels == ["bug", name, "waiting"]


async def test_reviewers_are_asked_and_asked_no_longer(world: World) -> None:
    world.pull.reviewers.clear()
    action = approved(ActionKind.GITHUB_REQUEST_REVIEWERS, PULL, {"reviewers": ["Tom-Berg"]})

    result = await world.client.perform(action)

    assert isinstance(result, Done)
    assert world.pull.reviewers == ["tom-berg"]
    await world.client.perform(inverse_of(action, result))
    assert world.pull.reviewers == []


async def test_who_can_not_be_assigned_is_told_before(world: World) -> None:
    action = approved(ActionKind.GITHUB_ASSIGN, ISSUE, {"assignees": ["nobody-here"]})

    result = await world.client.perform(action)

    assert isinstance(result, Refused)
    assert result.reason == "not_assignable"
    assert world.fake.writes() == []


async def test_an_approval_is_of_one_commit_and_can_be_taken_back(world: World) -> None:
    params = {"commit": world.pull.head_commit, "markdown": ""}
    action = approved(ActionKind.GITHUB_APPROVE, PULL, params)

    result = await world.client.perform(action)

    assert isinstance(result, Done)
    assert world.pull.reviews[0].state == "APPROVED"
    assert (await world.look_up(action)).external_id == result.external_id
    undone = await world.client.perform(inverse_of(action, result))
    assert isinstance(undone, Done)
    assert world.pull.reviews[0].state == "DISMISSED"


async def test_nothing_is_approved_that_was_pushed_over(world: World) -> None:
    params = {"commit": world.pull.head_commit}
    people.push(world.site, world.payments, "PAY-7-retry", author="Mei-Tanaka", is_forced=True)

    result = await world.client.perform(approved(ActionKind.GITHUB_APPROVE, PULL, params))

    assert isinstance(result, Refused)
    assert result.reason == "base_changed"
    assert world.pull.reviews == []


async def test_a_limit_is_waited_out_and_stops_everybody(world: World) -> None:
    failure = Failure(method="POST", path=".*/comments", status=403, retry_after=30)
    world.fake.desk.failures.add(failure)

    limited = await world.client.perform(comment())
    stopped = await world.client.perform(comment())

    assert isinstance(limited, RetryAfter)
    assert limited.after_s == 30.0
    # Not even asked: GitHub bans who goes on.
    assert isinstance(stopped, RetryAfter)
    assert len(world.fake.writes()) == 1


async def test_nothing_is_sent_under_a_name_that_moved(world: World) -> None:
    world.site.rename(world.payments, "acme/money")

    result = await world.client.perform(comment())

    assert isinstance(result, Refused)
    assert result.reason == "github_repository_moved"
    assert "settings" in result.detail


async def test_a_text_longer_than_github_takes_is_refused_whole(world: World) -> None:
    result = await world.client.perform(comment(markdown="<" * 30_000))
    too_long = await world.client.perform(comment(markdown="x" + "#" * 29_000))

    assert isinstance(result, Done)
    assert isinstance(too_long, Faulty)
    assert too_long.reason == "text_too_long"
