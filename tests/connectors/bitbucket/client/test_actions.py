"""Every kind of action: its effect at Bitbucket, once, and what holds it back."""

from typing import Any

import pytest

from chargehand.connectors.bitbucket.comment_actions import text_digest
from chargehand.connectors.bitbucket.preview import BitbucketPreviewer
from chargehand.domain.action import (
    ActionResult,
    Done,
    Faulty,
    ProposedAction,
    Refused,
    RetryAfter,
    Undecided,
)
from chargehand.plugins.connector import DoneAction, LookUpState
from chargehand.plugins.markdown_writing import NO_WIDTH
from tests.connectors.bitbucket.client.world import ACTION_ID, PAST, World, action

pytestmark = pytest.mark.anyio
REPOSITORY, PULL = "acme/payments", "acme/payments#1"


@pytest.fixture
def opened(world: World) -> World:
    """A pull request of Mei's, which Tom shall look at."""
    world.fake.host.open_pull_request(
        REPOSITORY, "mei", title="PAY-7 Retry", source="feature/PAY-7", reviewers=("tom",)
    )
    return world


def inverse(
    kind: str, target: str, params: dict[str, Any], base: dict[str, Any], done: Done
) -> Any:
    sent = action(kind, target, params, base)
    proposal = ProposedAction(
        kind=sent.kind,
        connection_id=sent.connection_id,
        project=sent.project,
        target=target,
        params=params,
        base=base,
        preview="",
    )
    result = {"external_id": done.external_id, "url": done.url, **done.detail}
    return BitbucketPreviewer().inverse(DoneAction(sent.action_id, proposal, result))


def head_of(world: World, number: int = 1) -> str:
    return world.fake.host.repository(REPOSITORY).pull_requests[number].head


def done(result: ActionResult) -> Done:
    assert isinstance(result, Done), result
    return result


async def test_an_answer_stands_in_the_right_conversation_and_calls_nobody(opened: World) -> None:
    root = opened.fake.host.comment(REPOSITORY, 1, "tom", text="why?", path="pay.py", line=3)
    params = {
        "markdown": "**Done**, said @{712020:ana}; see <b>here</b>",
        "in_reply_to": str(root.id),
    }

    sent = done(await opened.client.perform(action("add_comment", PULL, params)))

    (_, answer) = opened.comments()
    assert (answer.parent, answer.path, answer.author) == (root.id, "pay.py", "chargehand")
    assert f"@{NO_WIDTH}" in answer.text
    assert f"<{NO_WIDTH}b" in answer.text
    assert sent.external_id == str(answer.id)
    assert sent.url.endswith(f"#comment-{answer.id}")


async def test_a_new_conversation_begins_beside_its_line(opened: World) -> None:
    params = {"markdown": "here", "path": "pay.py", "line": 3, "commit": head_of(opened)}

    done(await opened.client.perform(action("add_comment", PULL, params)))

    assert (opened.comments()[0].path, opened.comments()[0].line) == ("pay.py", 3)


async def test_a_line_of_another_commit_is_not_commented(opened: World) -> None:
    params = {"markdown": "here", "path": "pay.py", "line": 3, "commit": head_of(opened)}
    opened.fake.host.push(REPOSITORY, "mei", "feature/PAY-7", force=True)

    result = await opened.client.perform(action("add_comment", PULL, params))

    assert isinstance(result, Refused)
    assert result.reason == "base_changed"
    assert opened.comments() == []


async def test_a_mention_is_bitbuckets_own(opened: World) -> None:
    mention = {"account_id": "712020:mei", "name": "Mei Tanaka"}

    await opened.client.perform(action("add_comment", PULL, {"markdown": "ok", "mention": mention}))

    assert opened.comments()[0].text == "@{712020:mei} ok"


async def test_a_deleted_question_is_not_answered(opened: World) -> None:
    asked = opened.fake.host.comment(REPOSITORY, 1, "tom", text="status")
    opened.fake.host.delete_comment(REPOSITORY, 1, asked.id)
    base = {"comment_id": str(asked.id)}

    result = await opened.client.perform(action("add_comment", PULL, {"markdown": "ok"}, base))

    assert isinstance(result, Refused)
    assert result.reason == "question_deleted"


async def test_a_comment_that_landed_unseen_is_found_and_no_other(opened: World) -> None:
    opened.fake.host.comment(REPOSITORY, 1, "tom", text="hello")
    sent = action("add_comment", PULL, {"markdown": "hello"})
    before = await opened.client.look_up(sent, PAST)
    opened.fail(".*/comments", method="POST", cut="after")

    result = await opened.client.perform(sent)
    after = await opened.client.look_up(sent, PAST)

    assert before.state is LookUpState.ABSENT
    assert isinstance(result, Undecided)
    assert after.state is LookUpState.FOUND
    assert after.external_id == str(opened.comments()[1].id)
    other = await opened.client.look_up(action("add_comment", PULL, {"markdown": "bye"}), PAST)
    assert other.state is LookUpState.ABSENT


async def test_an_access_token_that_knows_no_account_is_unsure(opened: World) -> None:
    opened.with_access_token()
    sent = action("add_comment", PULL, {"markdown": "hello"})
    opened.fake.host.comment(REPOSITORY, 1, "tom", text="hello")

    unsure = await opened.client.look_up(sent, PAST)
    await opened.client.perform(sent)
    bot = await opened.client.identify_bot()
    found = await opened.client.look_up(sent, PAST)

    assert unsure.state is LookUpState.UNSURE
    assert "nobody can tell who the bot is" in unsure.reason
    # What it writes shows who it is.
    assert bot.account_id == "712020:access"
    assert found.state is LookUpState.FOUND


async def test_undoing_a_comment_deletes_it_and_not_what_people_made_of_it(opened: World) -> None:
    params = {"markdown": "hello"}
    sent = done(await opened.client.perform(action("add_comment", PULL, params)))
    undo = inverse("add_comment", PULL, params, {}, sent)
    answer = opened.fake.host.comment(REPOSITORY, 1, "tom", text="no", parent=int(sent.external_id))
    deletion = action("delete_comment", PULL, dict(undo.params), dict(undo.base), "act_0002")

    held = await opened.client.perform(deletion)
    opened.fake.host.delete_comment(REPOSITORY, 1, answer.id)
    gone = done(await opened.client.perform(deletion))
    again = done(await opened.client.perform(deletion))

    assert undo.base == {"action_id": ACTION_ID, "text_digest": text_digest("hello")}
    assert isinstance(held, Refused)
    assert "somebody answered" in held.detail
    assert opened.comments() == []
    assert (gone.detail, again.detail) == ({}, {"already": True})
    assert (await opened.client.look_up(deletion, PAST)).state is LookUpState.FOUND


async def test_an_update_gives_a_comment_other_words_and_its_undo_the_old_ones(
    opened: World,
) -> None:
    added = action("add_comment", PULL, {"markdown": "hello"})
    made = done(await opened.client.perform(added))
    words = {"markdown": "bye", "comment_id": made.external_id}
    base = {"action_id": ACTION_ID, "before": {"markdown": "hello"}, "asks": []}
    update = action("update_comment", PULL, words, base, "act_0002")
    before = await opened.client.look_up(update, PAST)
    opened.clock.advance(60)

    sent = done(await opened.client.perform(update))

    (comment,) = opened.comments()
    assert (comment.text, sent.external_id) == ("bye", str(comment.id))
    after = await opened.client.look_up(update, PAST)
    assert (before.state, after.state) == (LookUpState.ABSENT, LookUpState.FOUND)
    # Nobody can tell any more what it said first.
    assert (await opened.client.look_up(added, PAST)).state is LookUpState.UNSURE
    again = await opened.client.perform(update)
    assert isinstance(again, Refused)
    assert again.detail.endswith("was edited")
    undo = inverse("update_comment", PULL, words, base, sent)
    back = action("update_comment", PULL, dict(undo.params), dict(undo.base), "act_0003")
    answer = opened.fake.host.comment(REPOSITORY, 1, "tom", text="no", parent=comment.id)
    held = await opened.client.perform(back)
    assert isinstance(held, Refused)
    assert held.detail.endswith("is not the last one any more")
    opened.fake.host.delete_comment(REPOSITORY, 1, answer.id)
    done(await opened.client.perform(back))
    assert [one.text for one in opened.comments()] == ["hello"]
    assert (await opened.client.look_up(added, PAST)).state is LookUpState.FOUND
    opened.fake.host.edit_comment(REPOSITORY, 1, comment.id, "else")
    assert (await opened.client.look_up(update, PAST)).state is LookUpState.UNSURE


async def test_reviewers_come_and_go_and_others_stay(opened: World) -> None:
    params = {"account_ids": ["712020:ana"], "names": {"712020:ana": "Ana Ruiz"}}
    base = {"reviewers": ["712020:tom"]}
    sent = action("add_reviewers", PULL, params, base)

    added = done(await opened.client.perform(sent))
    again = done(await opened.client.perform(sent))
    undo = inverse("add_reviewers", PULL, params, base, added)
    reviewers = opened.fake.host.repository(REPOSITORY).pull_requests[1].reviewers
    both = list(reviewers)
    done(
        await opened.client.perform(
            action("remove_reviewers", PULL, dict(undo.params), dict(undo.base))
        )
    )

    assert both == ["tom", "ana"]
    assert again.detail == {"already": True}
    assert list(opened.fake.host.repository(REPOSITORY).pull_requests[1].reviewers) == ["tom"]
    assert (await opened.client.look_up(sent, PAST)).state is LookUpState.ABSENT


async def test_whom_bitbucket_refuses_is_named(opened: World) -> None:
    sent = action("add_reviewers", PULL, {"account_ids": ["712020:mei"]}, {"reviewers": []})

    result = await opened.client.perform(sent)

    assert isinstance(result, Refused)
    assert "the author can not review" in result.detail


async def test_an_approval_is_of_the_commit_that_was_looked_at(opened: World) -> None:
    judged = {"commit": head_of(opened)}
    sent = action("approve", PULL, judged)

    done(await opened.client.perform(sent))
    found = await opened.client.look_up(sent, PAST)
    approved = opened.fake.host.repository(REPOSITORY).pull_requests[1].reviewers["chargehand"]
    done(await opened.client.perform(action("unapprove", PULL, judged)))
    opened.fake.host.push(REPOSITORY, "mei", "feature/PAY-7", force=True)
    moved = await opened.client.perform(sent)

    assert (approved, found.state) == ("approved", LookUpState.FOUND)
    assert opened.fake.host.repository(REPOSITORY).pull_requests[1].reviewers["chargehand"] == ""
    assert isinstance(moved, Refused)
    assert moved.reason == "base_changed"


async def test_nobody_approves_as_an_unknown_account(opened: World) -> None:
    opened.with_access_token()
    sent = action("approve", PULL, {"commit": head_of(opened)})

    result = await opened.client.perform(sent)

    assert isinstance(result, Refused)
    assert "set account_id" in result.detail
    assert opened.fake.writes() == []


async def test_a_merged_pull_request_is_not_judged(opened: World) -> None:
    sent = action("approve", PULL, {"commit": head_of(opened)})
    opened.fake.host.merge(REPOSITORY, 1, "mei")

    result = await opened.client.perform(sent)

    assert isinstance(result, Refused)
    assert result.reason == "pull_request_closed"


async def test_a_run_is_found_by_its_own_id_and_never_another(opened: World) -> None:
    params = {"ref_name": "main", "pipeline": "deploy", "variables": {"STAGE": "test"}}
    mine = action("run_pipeline", REPOSITORY, params)
    other = action("run_pipeline", REPOSITORY, params, action_id="act_0002")
    done(await opened.client.perform(other))
    opened.fail(".*/pipelines", method="POST", cut="after")

    nothing = await opened.client.look_up(mine, PAST)
    result = await opened.client.perform(mine)
    found = await opened.client.look_up(mine, PAST)

    runs = opened.fake.host.repository(REPOSITORY).runs
    assert nothing.state is LookUpState.ABSENT
    assert isinstance(result, Undecided)
    assert (found.state, found.external_id) == (LookUpState.FOUND, runs[1].uuid)
    assert runs[1].variables == {"STAGE": "test", "CHARGEHAND_ACTION": ACTION_ID}
    assert runs[1].pattern == "deploy"


async def test_undoing_a_run_stops_it(opened: World) -> None:
    params = {"ref_name": "main"}
    begun = done(await opened.client.perform(action("run_pipeline", REPOSITORY, params)))
    undo = inverse("run_pipeline", REPOSITORY, params, {}, begun)
    stop = action("stop_pipeline", REPOSITORY, dict(undo.params))

    done(await opened.client.perform(stop))
    again = done(await opened.client.perform(stop))

    assert opened.fake.host.repository(REPOSITORY).runs[0].state == "COMPLETED"
    assert again.detail == {"already": True}
    assert (await opened.client.look_up(stop, PAST)).state is LookUpState.FOUND


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"status": 429, "retry_after": 7}, RetryAfter),
        ({"status": 503}, Undecided),
        ({"status": 403}, Refused),
        ({"status": 401}, RetryAfter),
        ({"cut": "before"}, Undecided),
    ],
    ids=["busy", "failing", "forbidden", "signed-out", "cut"],
)
async def test_what_a_write_meets_is_its_result(
    opened: World, how: dict[str, Any], expected: type[object]
) -> None:
    opened.fail(".*/comments", method="POST", **how)

    result = await opened.client.perform(action("add_comment", PULL, {"markdown": "hello"}))

    assert isinstance(result, expected)
    assert opened.comments() == []


@pytest.mark.parametrize(
    ("kind", "target", "params"),
    [
        ("add_comment", PULL, {"markdown": "x", "extra": 1}),
        ("add_comment", "acme", {"markdown": "x"}),
        ("add_comment", PULL, {"markdown": "x", "path": "a.py"}),
        ("add_comment", PULL, {"markdown": "x", "in_reply_to": "../1"}),
        ("update_comment", PULL, {"markdown": "x", "comment_id": "issue-1"}),
        ("update_comment", PULL, {"markdown": "x", "comment_id": "1"}),
        ("add_reviewers", PULL, {"account_ids": []}),
        ("run_pipeline", REPOSITORY, {"ref_name": "main", "variables": {"CHARGEHAND_ACTION": "x"}}),
        ("stop_pipeline", REPOSITORY, {"pipeline_uuid": "1"}),
        ("approve", PULL, {"commit": "a" * 12, "sure": True}),
    ],
)
async def test_what_is_wrong_never_leaves(
    opened: World, kind: str, target: str, params: dict[str, Any]
) -> None:
    bases: dict[str, dict[str, Any]] = {"add_reviewers": {"reviewers": []}}

    result = await opened.client.perform(action(kind, target, params, bases.get(kind)))

    assert isinstance(result, Faulty)
    assert opened.fake.writes() == []
