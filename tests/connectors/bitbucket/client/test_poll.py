"""Polling finds what webhooks tell, under the same keys, and nothing twice."""

import json

import pytest

from chargehand.connectors.bitbucket.poll_builds import MOST_LOOKED_AT
from chargehand.domain.event import EventKind
from chargehand.plugins.connector import PollPage
from chargehand.plugins.errors import CursorUnreadable, VendorFailing
from tests.connectors.bitbucket.client.world import World

pytestmark = pytest.mark.anyio
REPOSITORY = "acme/payments"


async def begin(world: World) -> str:
    _, cursor = await world.polled(None)
    world.clock.advance(60)
    return cursor


async def a_day(world: World) -> None:
    """What a team does to one pull request, each thing at its own time."""
    host = world.fake.host
    host.open_pull_request(REPOSITORY, "mei", title="PAY-7", source="feature/PAY-7")
    first = host.comment(REPOSITORY, 1, "tom", text="@{712020:chargehand} status")
    world.clock.advance(30)
    host.comment(REPOSITORY, 1, "ana", text="here?", path="pay.py", line=3)
    host.edit_comment(REPOSITORY, 1, first.id, "@{712020:chargehand} blockers")
    world.clock.advance(30)
    host.push(REPOSITORY, "mei", "feature/PAY-7")
    world.clock.advance(30)
    host.approve(REPOSITORY, 1, "tom")
    world.clock.advance(30)
    host.ask_for_changes(REPOSITORY, 1, "ana")
    world.clock.advance(30)
    host.merge(REPOSITORY, 1, "mei")


async def test_a_poll_tells_what_the_webhooks_told_under_the_same_keys(world: World) -> None:
    cursor = await begin(world)
    # The branch is there before, so that its push has both ends.
    world.fake.host.push(REPOSITORY, "mei", "feature/PAY-7")
    _, cursor = await world.polled(cursor)
    told_before = len(world.told())
    world.clock.advance(60)
    await a_day(world)

    found, _ = await world.polled(cursor)

    told = {one.event_key: one for one in world.told()[told_before:]}
    polled = {one.event_key: one for one in found}
    # The merge took the branch away before anybody looked, so one push has another end.
    pushes = {key for key in (*told, *polled) if ":push:" in key}
    assert told.keys() - pushes == polled.keys() - pushes
    assert len(polled.keys() - pushes) == 8
    for key in polled.keys() - pushes:
        assert polled[key].kind is told[key].kind
        assert polled[key].place == told[key].place
        assert polled[key].actor == told[key].actor
        assert polled[key].occurred_at == told[key].occurred_at


async def test_what_was_read_is_not_read_again(world: World) -> None:
    cursor = await begin(world)
    await a_day(world)
    first, cursor = await world.polled(cursor)
    world.clock.advance(600)

    again, cursor = await world.polled(cursor)
    asked = len(world.fake.desk.log.entries)
    third, cursor = await world.polled(cursor)

    # The last two minutes are looked through once more; the same keys make it the same events.
    assert {one.event_key for one in again} <= {one.event_key for one in first}
    assert third == []
    # The repository, its changed pull requests, its branches; and the builds of the main one.
    assert len(world.fake.desk.log.entries) - asked == 3 + 1
    world.clock.advance(2 * 3_600)
    _, cursor = await world.polled(cursor)
    asked = len(world.fake.desk.log.entries)
    await world.polled(cursor)
    # Where nothing is pushed or said, nobody asks for builds.
    assert len(world.fake.desk.log.entries) - asked == 3


async def test_nothing_before_the_first_poll_is_told(world: World) -> None:
    await a_day(world)
    world.clock.advance(600)

    first, cursor = await world.polled(None)
    second, _ = await world.polled(cursor)

    assert (first, second) == ([], [])


async def test_pushes_are_told_by_their_ends(world: World) -> None:
    host = world.fake.host
    before = host.repository(REPOSITORY).branches["main"]
    cursor = await begin(world)
    after = host.push(REPOSITORY, "mei", "main")
    gone = host.push(REPOSITORY, "mei", "feature/x")
    _, cursor = await world.polled(cursor)
    host.push(REPOSITORY, "mei", "feature/x", delete=True)
    host.push(REPOSITORY, "tom", "main", force=True)

    found, _ = await world.polled(cursor)

    told = [one.event_key for one in world.told() if one.kind is EventKind.PUSH_RECEIVED]
    assert f"bitbucket:push:{REPOSITORY}:refs/heads/main:{before}:{after}" in told
    assert {one.event_key for one in found} == set(told[2:])
    assert f"bitbucket:push:{REPOSITORY}:refs/heads/feature/x:{gone}:" in told


async def test_a_polled_push_has_its_commits(world: World) -> None:
    host = world.fake.host
    cursor = await begin(world)
    host.push(REPOSITORY, "mei", "main", message="PAY-7: round\n\nhalf up")
    host.push(REPOSITORY, "tom", "main", message="PAY-9: more")

    found, _ = await world.polled(cursor)

    (push,) = [one for one in found if one.kind is EventKind.PUSH_RECEIVED]
    commits = [(one["message"], one["author_name"]) for one in push.data["commits"]]
    assert commits == [("PAY-9: more", "Tom Berg"), ("PAY-7: round", "Mei Tanaka")]


async def test_builds_are_told_as_their_webhooks_tell_them(world: World) -> None:
    host = world.fake.host
    ours = host.open_pull_request(REPOSITORY, "mei", title="PAY-7", source="feature/PAY-7")
    cursor = await begin(world)
    told_before = len(world.told())
    head = host.push(REPOSITORY, "mei", "feature/PAY-7")
    main = host.push(REPOSITORY, "tom", "main")
    host.report(REPOSITORY, head, state="INPROGRESS")
    host.report(REPOSITORY, main, key="lint", state="SUCCESSFUL")
    events, cursor = await world.polled(cursor)
    # A build that lasts longer than commits are looked at otherwise.
    for _ in range(3):
        world.clock.advance(3_600)
        quiet, cursor = await world.polled(cursor)
        events += quiet
    host.report(REPOSITORY, head, state="FAILED")
    world.clock.advance(60)

    ended, _ = await world.polled(cursor)

    found = {one.event_key: one for one in (*events, *ended)}
    polled = [one for one in found.values() if one.kind is EventKind.CHECK_COMPLETED]
    told = [one for one in world.told()[told_before:] if one.kind is EventKind.CHECK_COMPLETED]
    assert [one.event_key for one in polled] == [one.event_key for one in told]
    assert [one.data for one in polled] == [one.data for one in told]
    assert [one.data["state"] for one in ended] == ["failed"]
    assert ours.head == head


async def test_few_builds_are_asked_for_in_a_round_and_all_are_found(world: World) -> None:
    cursor = await begin(world)
    host = world.fake.host
    for number in range(12):
        made = host.open_pull_request(REPOSITORY, "mei", title="x", source=f"b{number}")
        host.report(REPOSITORY, made.head)
    found, asked = [], []
    for _ in range(4):
        before = len(world.fake.desk.log.entries)
        events, cursor = await world.polled(cursor)
        found += [one.event_key for one in events if one.kind is EventKind.CHECK_COMPLETED]
        paths = [one.path for one in world.fake.desk.log.entries[before:]]
        asked.append(sum("/commit/" in path for path in paths))
        world.clock.advance(300)

    assert asked == [MOST_LOOKED_AT] * 4
    assert len(set(found)) == 12
    assert set(found) == {
        one.event_key for one in world.told() if one.kind is EventKind.CHECK_COMPLETED
    }


async def test_a_commit_that_is_gone_is_asked_for_once(world: World) -> None:
    cursor = await begin(world)
    world.fake.host.push(REPOSITORY, "mei", "main")
    world.fail(".*/commit/.*", status=404, times=9)
    asked = []
    for _ in range(2):
        before = len(world.fake.desk.log.entries)
        _, cursor = await world.polled(cursor)
        paths = [one.path for one in world.fake.desk.log.entries[before:]]
        asked.append(sum("/commit/" in path for path in paths))

    # The newest commit of the branch before this push, and the new one.
    assert asked == [2, 0]


async def test_every_page_is_read_to_the_end(world: World) -> None:
    cursor = await begin(world)
    host = world.fake.host
    for number in range(1, 56):
        world.clock.advance(1)
        host.open_pull_request(REPOSITORY, "mei", title=f"No {number}", source="main")
    for _ in range(105):
        host.comment(REPOSITORY, 55, "tom", text="again")

    found, _ = await world.polled(cursor)

    kinds = [one.kind for one in found]
    assert kinds.count(EventKind.PULL_REQUEST_OPENED) == 55
    assert kinds.count(EventKind.COMMENT_CREATED) == 105


async def test_a_round_that_broke_off_goes_on_where_it_was(world: World) -> None:
    cursor = await begin(world)
    for number in range(1, 11):
        world.clock.advance(200)
        world.fake.host.open_pull_request(REPOSITORY, "mei", title=f"{number}", source="main")
    world.fail(".*/pullrequests/9/comments", status=500)
    pages: list[PollPage] = []

    async def read() -> None:
        async for page in world.client.poll((), cursor, now=world.clock.now()):
            # One by one: what came before the failure is stored by then.
            pages.append(page)  # noqa: PERF401 - extending at the end would lose them all.

    with pytest.raises(VendorFailing):
        await read()
    first = [one.delivery_key for page in pages for one in page.deliveries]

    second, _ = await world.polled(pages[-1].cursor)

    assert len(first) == 8
    assert [one.data["number"] for one in second][-2:] == [9, 10]
    assert len(second) < 10


async def test_a_repository_out_of_reach_holds_up_no_other(world: World) -> None:
    world.fake.host.add_repository("acme/web")
    world.connect(repositories=("acme/payments", "acme/web"))
    cursor = await begin(world)
    world.fake.host.rename("acme/payments", "acme/billing")
    world.fake.host.open_pull_request("acme/web", "mei", title="Web", source="main")

    found, cursor = await world.polled(cursor)

    assert [one.event_key for one in found] == ["bitbucket:pull:acme/web:1:opened"]
    assert json.loads(cursor)["heads"].keys() == {"acme/payments", "acme/web"}


async def test_a_deleted_comment_is_taken_back(world: World) -> None:
    world.fake.host.open_pull_request(REPOSITORY, "mei", title="PAY-7", source="main")
    cursor = await begin(world)
    comment = world.fake.host.comment(REPOSITORY, 1, "tom", text="status")
    _, cursor = await world.polled(cursor)
    world.clock.advance(300)
    world.fake.host.delete_comment(REPOSITORY, 1, comment.id)

    found, _ = await world.polled(cursor)

    assert found[-1].event_key == f"bitbucket:message:{REPOSITORY}:{comment.id}:deleted"


async def test_a_position_nobody_can_read_is_refused(world: World) -> None:
    with pytest.raises(CursorUnreadable):
        await world.polled('{"origin": 1}')
