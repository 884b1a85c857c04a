"""Polling finds what webhooks missed, under the very keys webhooks have."""

import pytest

from chargehand.connectors.github.parse import GitHubParser
from chargehand.connectors.github.poll_code import MOST_CHECKED
from chargehand.connectors.github.webhook import GitHubWebhook, sign
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import CursorUnreadable
from chargehand.testing.github import Target, people, releases
from chargehand.testing.github.state import Release, Run
from chargehand.testing.jira.failures import Failure
from tests.connectors.github.client.world import World

pytestmark = pytest.mark.anyio
TARGET = Target("http://127.0.0.1:9/hook", "s")


def told(world: World) -> dict[str, EventKind]:
    """The events of every webhook that was sent, by key."""
    found = {}
    for sending in world.fake.sender.sendings:
        headers = {
            "x-hub-signature-256": sign("s", sending.body),
            "x-github-event": sending.event,
            "x-github-delivery": sending.id,
        }
        request = RawRequest(ConnectionId("github"), headers, sending.body, None, world.clock.now())
        delivery = GitHubWebhook().verify(request, IntakeSecrets(signing=("s",)))
        event = GitHubParser("chargehand-bot").parse(delivery)
        if event.kind is not EventKind.UNSUPPORTED:
            found[event.event_key] = event.kind
    return found


def run_of(world: World) -> Run:
    """A workflow begins to run."""
    (workflow, *_) = world.payments.workflows
    return people.start_run(
        world.site, world.payments, workflow, actor="tom-berg", branch="main", inputs={}
    )


def draft_of(world: World, tag: str = "v1.2") -> Release:
    """A release that nobody sees yet."""
    return releases.draft_release(world.site, world.payments, author="tom-berg", tag=tag)


async def begin(world: World) -> str:
    world.clock.advance(300)
    _, cursor = await world.poll(None)
    world.clock.advance(300)
    world.fake.sender.targets = (TARGET,)
    return cursor


async def test_a_poll_and_a_webhook_know_everything_by_the_same_keys(world: World) -> None:
    cursor = await begin(world)
    site, payments = world.site, world.payments
    people.comment_on(site, payments, 1, author="tom-berg", body="@chargehand-bot status")
    kept = people.comment_on(site, payments, 2, author="tom-berg", body="Hm")
    beside = people.comment_on_line(site, payments, 2, author="tom-berg", body="Why?")
    people.comment_on_line(
        site, payments, 2, author="Mei-Tanaka", body="So.", in_reply_to=beside.id
    )
    world.clock.advance(60)
    people.edit_comment(site, payments, kept.id, body="@chargehand-bot blockers")
    people.open_issue(site, payments, author="ana-ruiz", title="New", body="Words")
    opened = people.open_pull(site, payments, author="tom-berg", title="PAY-9", branch="b")
    world.clock.advance(60)
    people.push(site, payments, "PAY-7-retry", author="Mei-Tanaka")
    people.push(site, payments, "PAY-7-retry", author="tom-berg", is_forced=True)
    people.push(site, payments, "PAY-9-new", author="tom-berg")
    people.delete_branch(site, payments, "PAY-9-new", author="tom-berg")
    people.complete_check(
        site, payments, world.pull.head_commit, name="build", conclusion="failure"
    )
    people.report_status(site, payments, world.pull.head_commit, context="ci", state="success")
    people.review(site, payments, 2, author="tom-berg", state="APPROVED", body="Good")
    run = run_of(world)
    people.complete_run(site, payments, run.id, conclusion="failure")
    releases.publish_release(site, payments, draft_of(world))
    checked, cursor = await world.poll(cursor)
    world.clock.advance(60)
    people.close(site, payments, 2, closer="tom-berg", is_merged=True)
    people.close(site, payments, opened.number, closer="tom-berg")

    events, _ = await world.poll(cursor)

    polled = {one.event_key: one.kind for one in [*checked, *events]}
    webhooks = told(world)
    # Only the newest commit of a pull request is read, so one that is pushed over is never seen.
    assert {key for key in webhooks if key not in polled} == {
        key
        for key, kind in webhooks.items()
        if kind is EventKind.PULL_REQUEST_UPDATED and world.pull.head_commit not in key
    }
    further = {key: kind for key, kind in polled.items() if key not in webhooks}
    # A comment changes the time of what it stands on, so that this seems to have changed.
    seeming = {EventKind.PULL_REQUEST_UPDATED, EventKind.WORK_ITEM_UPDATED}
    assert set(further.values()) <= seeming
    assert set(polled.values()) - seeming == {
        EventKind.COMMENT_CREATED,
        EventKind.COMMENT_UPDATED,
        EventKind.WORK_ITEM_CREATED,
        EventKind.PULL_REQUEST_OPENED,
        EventKind.PULL_REQUEST_MERGED,
        EventKind.PULL_REQUEST_DECLINED,
        EventKind.REVIEW_SUBMITTED,
        EventKind.PUSH_RECEIVED,
        EventKind.CHECK_COMPLETED,
        EventKind.WORKFLOW_RUN_COMPLETED,
        EventKind.RELEASE_PUBLISHED,
    }


async def test_a_polled_comment_is_what_its_webhook_says(world: World) -> None:
    cursor = await begin(world)
    people.comment_on(world.site, world.payments, 2, author="tom-berg", body="@chargehand-bot hi")

    events, _ = await world.poll(cursor)

    (event,) = [one for one in events if one.kind is EventKind.COMMENT_CREATED]
    assert event.place is not None
    assert (event.place.thread_id, event.mentions) == ("pull/2", ("chargehand-bot",))
    assert (event.actor.account_id, event.place.kind) == ("tom-berg", "private")


async def test_the_first_poll_tells_nothing_and_a_quiet_one_costs_nothing(world: World) -> None:
    cursor = await begin(world)
    _, cursor = await world.poll(cursor)
    world.clock.advance(600)
    before, left = len(world.fake.desk.calls()), world.fake.desk.remaining

    events, _ = await world.poll(cursor)

    lists = [one for one in world.fake.desk.calls()[before:] if one["status"] == 304]
    assert events == []
    # Nine lists of each repository, the checks of its default branch, and of the one open pull
    # request; each of the latter two are two requests.
    assert len(lists) == 2 * (9 + 2) + 2
    assert len(world.fake.desk.calls()) - before == len(lists) + 2
    # Two repositories were looked at by name.
    assert left - world.fake.desk.remaining == 2


async def test_a_poll_goes_to_the_end_of_every_list(world: World) -> None:
    cursor = await begin(world)
    for number in range(250):
        people.comment_on(world.site, world.payments, 1, author="tom-berg", body=str(number))

    events, _ = await world.poll(cursor)

    created = [one.text for one in events if one.kind is EventKind.COMMENT_CREATED]
    assert sorted(created, key=int) == [str(number) for number in range(250)]


async def test_a_repository_that_is_hidden_is_read_on_when_it_is_back(world: World) -> None:
    cursor = await begin(world)
    permissions = dict(world.payments.permissions)
    world.payments.permissions.clear()
    people.comment_on(world.site, world.payments, 1, author="tom-berg", body="meanwhile")

    hidden, cursor = await world.poll(cursor)
    world.payments.permissions.update(permissions)
    world.clock.advance(600)
    back, _ = await world.poll(cursor)

    assert [one.text for one in hidden] == []
    assert [one.text for one in back if one.kind is EventKind.COMMENT_CREATED] == ["meanwhile"]


async def test_a_cursor_nobody_wrote_is_refused(world: World) -> None:
    with pytest.raises(CursorUnreadable):
        await world.poll('{"origin": 1}')


async def test_tags_are_told_by_the_keys_of_webhooks_once_they_were_looked_at(
    world: World,
) -> None:
    cursor = await begin(world)
    people.push_tag(world.site, world.payments, "v1.0", author="tom-berg")
    first, cursor = await world.poll(cursor)
    before = set(told(world))
    people.push_tag(world.site, world.payments, "v1.0", author="tom-berg")
    people.push_tag(world.site, world.payments, "v1.1", author="tom-berg")
    second, cursor = await world.poll(cursor)
    people.delete_tag(world.site, world.payments, "v1.0", author="tom-berg")
    third, cursor = await world.poll(cursor)
    quiet, _ = await world.poll(cursor)

    found = {one.event_key: one.data for one in (*second, *third)}
    assert first == quiet == []
    assert set(found) == set(told(world)) - before
    assert [(one["name"], one["ref_kind"]) for one in found.values()] == [
        ("v1.0", "tag"),
        ("v1.1", "tag"),
        ("v1.0", "tag"),
    ]
    assert [one["is_deleted"] for one in found.values()] == [False, False, True]


async def test_of_too_many_tags_none_is_told(world: World) -> None:
    cursor = await begin(world)
    _, cursor = await world.poll(cursor)
    world.payments.tags.update({f"v{number}": f"{number:040x}" for number in range(1, 1_002)})

    many, cursor = await world.poll(cursor)
    world.payments.tags.pop("v1")
    fewer, cursor = await world.poll(cursor)
    people.push_tag(world.site, world.payments, "v1", author="tom-berg")
    world.payments.tags.pop("v2")
    again, _ = await world.poll(cursor)

    assert many == fewer == []
    assert [one.data["name"] for one in again] == ["v1", "v2"]


async def test_polled_pushes_have_their_commits_and_say_what_was_forced(world: World) -> None:
    cursor = await begin(world)
    site, payments = world.site, world.payments
    words = {"author": "Mei-Tanaka", "message": "PAY-7: round\n\nhalf up"}
    people.push(site, payments, "topic", **words)
    world.clock.advance(1)
    people.push(site, payments, "topic", author="Mei-Tanaka", message="PAY-9: more")
    world.clock.advance(1)
    people.push(site, payments, "topic", author="Mei-Tanaka", is_forced=True)

    events, _ = await world.poll(cursor)

    pushes = [one for one in events if one.kind is EventKind.PUSH_RECEIVED]
    messages = [[commit["message"] for commit in one.data["commits"]] for one in pushes]
    assert messages == [["PAY-7: round"], ["PAY-9: more"], ["Change topic"]]
    assert [one.data["is_created"] for one in pushes] == [True, False, False]
    assert [one.data["is_forced"] for one in pushes] == [False, False, True]
    assert {one.actor.account_id for one in pushes} == {"mei-tanaka"}


async def test_a_sign_in_that_may_not_read_commits_polls_all_the_rest(world: World) -> None:
    cursor = await begin(world)
    for path in (".*/activity", ".*/check-runs", ".*/status", ".*/runs", ".*/releases"):
        world.fake.desk.failures.add(Failure(method="GET", path=path, status=403, times=99))
    people.push(world.site, world.payments, "topic", author="Mei-Tanaka")
    people.comment_on(world.site, world.payments, 1, author="tom-berg", body="still heard")

    events, _ = await world.poll(cursor)

    assert [one.text for one in events if one.kind is EventKind.COMMENT_CREATED] == ["still heard"]
    assert not any(one.kind is EventKind.PUSH_RECEIVED for one in events)


async def test_of_many_open_pull_requests_those_changed_last_are_checked(world: World) -> None:
    cursor = await begin(world)
    for number in range(MOST_CHECKED + 5):
        world.clock.advance(1)
        people.open_pull(
            world.site, world.payments, author="tom-berg", title="x", branch=f"b{number}"
        )
    before = len(world.fake.desk.calls())

    _, cursor = await world.poll(cursor)

    asked = [one["path"] for one in world.fake.desk.calls()[before:]]
    # The default branch of each repository beside them.
    assert sum(path.endswith("/check-runs") for path in asked) == MOST_CHECKED + 2
    assert len(cursor) < 10_000


async def test_a_run_is_told_once_and_again_only_when_it_ran_again(world: World) -> None:
    cursor = await begin(world)
    run = run_of(world)
    under_way, cursor = await world.poll(cursor)
    world.clock.advance(60)
    people.complete_run(world.site, world.payments, run.id, conclusion="failure")
    ended, cursor = await world.poll(cursor)
    world.clock.advance(600)
    run.attempt = 2
    people.complete_run(world.site, world.payments, run.id, conclusion="success")
    again, cursor = await world.poll(cursor)
    world.clock.advance(600)
    quiet, _ = await world.poll(cursor)

    assert under_way == []
    (first,), (second,) = ended, again
    assert first.data["conclusion"] == "failure"
    assert second.data["conclusion"] == "success"
    assert (first.data["name"], first.data["branch"]) == ("Deploy", "main")
    assert second.event_key == f"github:workflow_run:acme/payments:{run.id}:2"
    assert quiet == []


async def test_more_runs_than_a_page_holds_are_all_told(world: World) -> None:
    cursor = await begin(world)
    for _ in range(130):
        people.complete_run(world.site, world.payments, run_of(world).id, conclusion="success")

    events, _ = await world.poll(cursor)

    assert [one.kind for one in events] == [EventKind.WORKFLOW_RUN_COMPLETED] * 130


async def test_a_draft_is_no_release_before_it_is_published(world: World) -> None:
    cursor = await begin(world)
    draft = draft_of(world)
    unseen, cursor = await world.poll(cursor)
    world.clock.advance(3_600)
    releases.publish_release(world.site, world.payments, draft)

    seen, _ = await world.poll(cursor)

    assert unseen == []
    (release,) = seen
    assert (release.data["tag"], release.actor.account_id) == ("v1.2", "tom-berg")


async def test_the_checks_of_the_default_branch_are_told(world: World) -> None:
    cursor = await begin(world)
    commit = world.payments.branches["main"]
    people.complete_check(world.site, world.payments, commit, name="build", conclusion="failure")
    people.report_status(world.site, world.payments, commit, context="ci", state="success")

    events, _ = await world.poll(cursor)

    assert {one.event_key for one in events} == set(told(world))
    assert {one.data["commit"] for one in events} == {commit}


async def test_checks_that_ended_before_the_pull_request_are_told_with_it(world: World) -> None:
    cursor = await begin(world)
    commit = people.push(world.site, world.payments, "topic", author="tom-berg")
    people.complete_check(world.site, world.payments, commit, name="build", conclusion="failure")
    _, cursor = await world.poll(cursor)
    world.clock.advance(600)
    pull = people.open_pull(
        world.site, world.payments, author="tom-berg", title="x", branch="topic"
    ).pull
    assert pull is not None
    pull.head_commit = world.payments.branches["topic"] = commit

    events, _ = await world.poll(cursor)

    checks = [one for one in events if one.kind is EventKind.CHECK_COMPLETED]
    assert [one.data["commit"] for one in checks] == [commit]


async def test_checks_are_read_again_once_they_may_be(world: World) -> None:
    cursor = await begin(world)
    _, cursor = await world.poll(cursor)
    world.fake.desk.failures.add(Failure(method="GET", path=".*/check-runs", status=403, times=99))
    _, cursor = await world.poll(cursor)
    world.fake.desk.failures.clear()
    people.complete_check(
        world.site, world.payments, world.pull.head_commit, name="build", conclusion="failure"
    )

    events, _ = await world.poll(cursor)

    assert [one.kind for one in events] == [EventKind.CHECK_COMPLETED]
