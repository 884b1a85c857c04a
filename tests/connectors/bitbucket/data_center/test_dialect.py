"""Data Center does and tells what Cloud does, in its own way."""

import pytest

from chargehand.connectors.bitbucket.errors import NotOnDataCenter
from chargehand.domain.action import Done, Refused, Undecided
from chargehand.domain.code import CheckState, PullRequestRef, ReviewState
from chargehand.domain.event import EventKind
from chargehand.domain.fact import Fact
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import CheckState as Outcome
from chargehand.plugins.connector import LookUpState
from chargehand.plugins.errors import VendorFailing
from tests.connectors.bitbucket.client.world import NOW, PAST, World, action

pytestmark = pytest.mark.anyio
REPOSITORY, PULL = "PAY/payments", "PAY/payments#1"
REF = PullRequestRef(REPOSITORY, 1)


@pytest.fixture
def opened(world: World) -> World:
    world.fake.host.open_pull_request(
        REPOSITORY, "mei", title="PAY-7 Retry", source="feature/PAY-7", reviewers=("tom",)
    )
    return world


async def test_the_bot_is_the_user_every_answer_names(opened: World) -> None:
    bot = await opened.client.identify_bot()
    checks = {one.name: one for one in await opened.client.check()}

    assert (bot.account_id, bot.name, bot.user_name) == (
        "chargehand",
        "Chargehand Bot",
        "chargehand",
    )
    assert checks["sign-in"].state is Outcome.PASSED
    assert checks["build statuses"].state is Outcome.WARNED


async def test_the_token_of_a_project_has_no_user(opened: World) -> None:
    opened.with_access_token()

    checks = {one.name: one for one in await opened.client.check()}

    assert checks["bot account"].state is Outcome.WARNED


async def test_facts_are_the_same(opened: World) -> None:
    host = opened.fake.host
    host.approve(REPOSITORY, 1, "tom")
    host.report(REPOSITORY, host.repository(REPOSITORY).pull_requests[1].head, name="Unit")
    host.repository(REPOSITORY).readers.remove("ana")

    found = await opened.client.read_pull_request(REF, now=NOW)
    some = await opened.client.read_open_pull_requests(REPOSITORY, limit=5, now=NOW)
    allowed = [
        await opened.client.may_read(REPOSITORY, AccountId(who), now=NOW) for who in ("mei", "ana")
    ]

    assert isinstance(found, Fact)
    assert [one.state for one in found.value.reviews] == [ReviewState.APPROVED]
    assert isinstance(found.value.checks, Fact)
    assert [(one.name, one.state) for one in found.value.checks.value] == [
        ("Unit", CheckState.PASSED)
    ]
    assert found.value.is_private
    assert isinstance(some, Fact)
    assert len(some.value) == 1
    assert [one.value for one in allowed if isinstance(one, Fact)] == [True, False]


async def test_an_answer_stands_in_its_thread_and_is_found_again(opened: World) -> None:
    root = opened.fake.host.comment(REPOSITORY, 1, "tom", text="why?", path="pay.py", line=3)
    sent = action("add_comment", PULL, {"markdown": "so @mei", "in_reply_to": str(root.id)})
    opened.fail(".*/comments", method="POST", cut="after")

    result = await opened.client.perform(sent)
    found = await opened.client.look_up(sent, PAST)

    answer = opened.comments()[-1]
    assert isinstance(result, Undecided)
    assert (answer.parent, answer.text) == (root.id, "so @\u200bmei")
    assert (found.state, found.external_id) == (LookUpState.FOUND, str(answer.id))
    assert found.url.endswith(f"/pull-requests/1/overview?commentId={answer.id}")


async def test_a_comment_of_ours_is_deleted_in_its_version(opened: World) -> None:
    done = await opened.client.perform(action("add_comment", PULL, {"markdown": "hello"}))
    assert isinstance(done, Done)
    params = {"comment_id": done.external_id}
    base = {"action_id": "act_0001", "text_digest": done.detail["text_digest"]}

    gone = await opened.client.perform(action("delete_comment", PULL, params, base))

    assert isinstance(gone, Done)
    assert opened.comments() == []


async def test_a_comment_of_ours_is_updated_in_its_version(opened: World) -> None:
    done = await opened.client.perform(action("add_comment", PULL, {"markdown": "hello"}))
    assert isinstance(done, Done)
    words = {"markdown": "bye", "comment_id": done.external_id}
    base = {"action_id": "act_0001", "before": {"markdown": "hello"}}
    update = action("update_comment", PULL, words, base)
    opened.fail(".*/comments/.*", method="PUT", cut="after")

    cut = await opened.client.perform(update)

    found = await opened.client.look_up(update, PAST)
    (comment,) = opened.comments()
    assert isinstance(cut, Undecided)
    assert (comment.text, comment.version) == ("bye", 1)
    assert (found.state, found.external_id) == (LookUpState.FOUND, done.external_id)
    back = {"markdown": "hello", "comment_id": done.external_id}
    base = {"action_id": "act_0001", "before": {"markdown": "bye"}, "words_of": "act_0001"}
    answer = opened.fake.host.comment(REPOSITORY, 1, "tom", text="no", parent=comment.id)
    held = await opened.client.perform(action("update_comment", PULL, back, base))
    opened.fake.host.delete_comment(REPOSITORY, 1, answer.id)
    assert isinstance(held, Refused)
    assert isinstance(await opened.client.perform(action("update_comment", PULL, back, base)), Done)
    assert [one.text for one in opened.comments()] == ["hello"]


async def test_reviewers_and_approvals(opened: World) -> None:
    host = opened.fake.host
    # The slug is made of the name, and is not the same.
    host.person("ana").user_name = "Ana@Acme"
    people = {"account_ids": ["ana"]}
    judged = {"commit": host.repository(REPOSITORY).pull_requests[1].head}

    added = await opened.client.perform(
        action("add_reviewers", PULL, people, {"reviewers": ["tom"]})
    )
    approved = await opened.client.perform(action("approve", PULL, judged))
    reviewers = dict(host.repository(REPOSITORY).pull_requests[1].reviewers)
    removed = await opened.client.perform(
        action("remove_reviewers", PULL, people, {"reviewers": ["tom", "ana"]})
    )

    assert all(isinstance(one, Done) for one in (added, approved, removed))
    assert reviewers == {"tom": "", "ana": "", "chargehand": "approved"}
    assert "ana" not in host.repository(REPOSITORY).pull_requests[1].reviewers


async def test_there_are_no_pipelines(opened: World) -> None:
    result = await opened.client.perform(action("run_pipeline", REPOSITORY, {"ref_name": "main"}))

    assert isinstance(result, Refused)
    assert result.reason == NotOnDataCenter.code
    assert opened.fake.writes() == []


async def test_a_poll_tells_what_the_webhooks_told_under_the_same_keys(world: World) -> None:
    _, cursor = await world.polled(None)
    world.clock.advance(60)
    host = world.fake.host
    host.push(REPOSITORY, "mei", "feature/PAY-7")
    _, cursor = await world.polled(cursor)
    told_before = len(world.told())
    world.clock.advance(60)
    host.open_pull_request(REPOSITORY, "mei", title="PAY-7", source="feature/PAY-7")
    first = host.comment(REPOSITORY, 1, "tom", text="@chargehand status")
    host.comment(REPOSITORY, 1, "ana", text="hm", parent=first.id)
    world.clock.advance(30)
    host.edit_comment(REPOSITORY, 1, first.id, "@chargehand blockers")
    host.push(REPOSITORY, "mei", "feature/PAY-7")
    world.clock.advance(30)
    host.approve(REPOSITORY, 1, "tom")
    world.clock.advance(30)
    host.ask_for_changes(REPOSITORY, 1, "ana")
    world.clock.advance(30)
    host.set_reviewers(REPOSITORY, 1, "mei", ["tom", "ana"])
    world.clock.advance(30)
    host.decline(REPOSITORY, 1, "mei")

    found, _ = await world.polled(cursor)

    told = {one.event_key: one for one in world.told()[told_before:]}
    polled = {one.event_key: one for one in found}
    assert told.keys() == polled.keys()
    assert len(polled) == 10
    for key, event in polled.items():
        assert event.kind is told[key].kind
        assert event.place == told[key].place
        # Lists do not say when a branch was pushed, only that it was.
        is_push = event.kind is EventKind.PUSH_RECEIVED
        assert is_push or event.occurred_at == told[key].occurred_at
    mentioned = [one for one in found if one.kind is EventKind.COMMENT_UPDATED]
    assert mentioned[0].mentions == ("chargehand",)


async def test_builds_are_found_though_no_webhook_tells_them(opened: World) -> None:
    host = opened.fake.host
    _, cursor = await opened.polled(None)
    opened.clock.advance(60)
    head = host.push(REPOSITORY, "mei", "feature/PAY-7")
    main = host.push(REPOSITORY, "mei", "main")
    host.report(REPOSITORY, head, name="Unit", state="FAILED")
    host.report(REPOSITORY, main, name="Lint", state="INPROGRESS")
    first, cursor = await opened.polled(cursor)
    opened.clock.advance(60)
    host.report(REPOSITORY, main, name="Lint")
    second, cursor = await opened.polled(cursor)
    opened.clock.advance(60)
    third, _ = await opened.polled(cursor)

    found = {one.event_key: one for one in (*first, *second, *third)}
    builds = [one for one in found.values() if one.kind is EventKind.CHECK_COMPLETED]
    assert [(one.data["commit"], one.data["name"], one.data["state"]) for one in builds] == [
        (head, "Unit", "failed"),
        (main, "Lint", "passed"),
    ]
    assert {one.place.channel_id for one in builds if one.place} == {REPOSITORY}
    assert {one.event_key for one in third} <= set(found)


async def test_a_polled_push_has_its_commits(world: World) -> None:
    _, cursor = await world.polled(None)
    world.clock.advance(60)
    world.fake.host.push(REPOSITORY, "mei", "main", message="PAY-7: round")

    found, _ = await world.polled(cursor)

    (push,) = [one for one in found if one.kind is EventKind.PUSH_RECEIVED]
    assert [one["message"] for one in push.data["commits"]] == ["PAY-7: round"]


async def test_a_repository_that_fails_holds_no_other_one_up(world: World) -> None:
    """A repository that was moved may be answered with HTTP 500."""
    other = "PAY/terminal"
    world.fake.host.add_repository(other)
    world.connect(repositories=(REPOSITORY, other))
    _, cursor = await world.polled(None)
    world.clock.advance(60)
    world.fake.host.push(other, "mei", "main")
    world.fail(".*/repos/payments", status=500, times=99)
    found: list[str] = []

    async def poll() -> None:
        async for page in world.client.poll((), cursor, now=world.clock.now()):
            found.extend(one.delivery_key for one in page.deliveries)

    with pytest.raises(VendorFailing):
        await poll()

    assert len(found) == 1
    assert other in found[0]


async def test_every_page_is_read_to_the_end(world: World) -> None:
    _, cursor = await world.polled(None)
    for number in range(1, 131):
        world.clock.advance(1)
        world.fake.host.open_pull_request(REPOSITORY, "mei", title=f"{number}", source="main")

    found, _ = await world.polled(cursor)

    assert len(found) == 130


async def test_a_webhook_is_made_set_and_taken_away(world: World) -> None:
    url = "https://bot.example.com/webhooks/bitbucket/bitbucket"

    made = await world.client.put_hook(REPOSITORY, url, "one")
    again = await world.client.put_hook(REPOSITORY, url, "two")
    hooks = list(world.fake.host.repository(REPOSITORY).webhooks)
    gone = await world.client.delete_hook(REPOSITORY, url)

    assert (made, again, gone) == (True, False, True)
    assert [one.secret for one in hooks] == ["two"]
    assert world.fake.host.repository(REPOSITORY).webhooks == []
