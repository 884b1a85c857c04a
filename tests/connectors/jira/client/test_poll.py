import json
from datetime import timedelta

import pytest

from chargehand.connectors.jira.parse import JiraParser
from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.domain.event import EventKind
from chargehand.kit.clock import to_micros
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import (
    CursorUnreadable,
    RequestRefused,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
)
from chargehand.testing.jira.records import CommentVisibility
from tests.connectors.jira.client.wire import Rig, Wire, answer
from tests.connectors.jira.client.world import NOW

pytestmark = pytest.mark.anyio

START = json.dumps({"since_ms": to_micros(NOW) // 1000, "origin_ms": to_micros(NOW) // 1000})


def millis(moment):
    return to_micros(moment) // 1000


class Poll:
    """Polls as the worker does: keeps the cursor, and drops what was stored before."""

    def __init__(self, world, cursor=START, projects=("PAY", "HELP")):
        self.world = world
        self.cursor = cursor
        self.projects = projects
        self.stored = {}
        self.pages = []

    async def run(self):
        news = []
        now = self.world.clock.now()
        async for page in self.world.client.poll(self.projects, self.cursor, now=now):
            self.pages.append(page)
            for delivery in page.deliveries:
                if delivery.delivery_key not in self.stored:
                    self.stored[delivery.delivery_key] = delivery
                    news.append(JiraParser().parse(delivery))
            self.cursor = page.cursor
        return news


@pytest.fixture
def poll(world):
    return Poll(world)


def say(world, body="hello", key="PAY-1", **options):
    world.clock.advance(30)
    return world.jira.comment(key, author="Ana Ruiz", body=body, **options)


async def test_first_connection_starts_now(world):
    say(world, "old")
    world.clock.advance(1)
    poll = Poll(world, cursor=None)

    assert await poll.run() == []
    assert await poll.run() == []

    fresh = say(world, "new")
    assert [event.text for event in await poll.run()] == ["new"]
    assert list(poll.stored) == [f"poll:comment:{fresh.id}:{millis(world.clock.now())}"]


async def test_first_connection_asks_nothing(world):
    await Poll(world, cursor=None).run()

    assert world.jira.requests == []


async def test_delivery_says_how_it_came(world, poll):
    made = say(world)

    await poll.run()

    (delivery,) = poll.stored.values()
    assert delivery.source is DeliverySource.POLL
    assert delivery.lane is Lane.INTERACTIVE
    assert (delivery.connector, delivery.connection_id) == ("jira", "acme")
    assert delivery.received_at == world.clock.now()
    assert json.loads(delivery.body)["webhookEvent"] == "comment_created"
    assert json.loads(delivery.body)["comment"]["id"] == made.id


@pytest.mark.parametrize(
    ("key", "options"),
    [
        pytest.param("PAY-1", {}, id="plain"),
        pytest.param("PAY-1", {"visibility": CommentVisibility("role", "Developers")}, id="role"),
        pytest.param("HELP-1", {"public": False}, id="internal"),
        pytest.param("HELP-1", {}, id="customer reads along"),
    ],
)
async def test_polled_comment_is_the_same_event_as_its_webhook(world, poll, key, options):
    made = say(world, f"[~accountid:{world.bot.account_id}] status?", key, **options)
    headers, body = world.jira.webhook_request(made, secret="s")
    request = RawRequest("acme", {k.lower(): v for k, v in headers.items()}, body, None, NOW)
    pushed = JiraParser().parse(JiraWebhook().verify(request, IntakeSecrets(("s",))))

    (polled,) = await poll.run()

    assert polled.event_key == pushed.event_key == f"acme:comment:{made.id}:created"
    assert polled.occurred_at == pushed.occurred_at
    assert polled.actor == pushed.actor
    assert (polled.project, polled.work_item) == (pushed.project, pushed.work_item)
    assert polled.mentions == pushed.mentions == (world.bot.account_id,)
    # Webhooks leave the stable id of a role or group out.
    assert polled.visibility.kind is pushed.visibility.kind
    assert polled.visibility.value == pushed.visibility.value


async def test_edit_is_told_beside_the_making(world, poll):
    made = say(world, "first")
    await poll.run()
    world.clock.advance(20)
    world.jira.edit_comment(made.id, body="second")

    (event,) = await poll.run()

    assert event.kind is EventKind.COMMENT_UPDATED
    assert event.event_key == f"acme:comment:{made.id}:updated:{millis(world.clock.now())}"
    assert event.text == "second"


async def test_comment_made_and_edited_between_polls_is_told_as_both(world, poll):
    made = say(world, "first")
    world.clock.advance(20)
    world.jira.edit_comment(made.id, body="second")

    events = await poll.run()

    assert [(event.kind, event.text) for event in events] == [
        (EventKind.COMMENT_CREATED, "second"),
        (EventKind.COMMENT_UPDATED, "second"),
    ]


async def test_edit_of_an_old_comment_on_a_long_thread_is_found(world, poll):
    for number in range(250):
        at = NOW - timedelta(days=10, seconds=-number)
        world.jira.add_past_comment("PAY-1", author="Ana Ruiz", body=f"old {number}", at=at)
    oldest = world.jira.state.comments_of("PAY-1")[0]
    world.clock.advance(60)
    world.jira.edit_comment(oldest.id, body="now it asks something")

    (event,) = await poll.run()

    assert (event.kind, event.text) == (EventKind.COMMENT_UPDATED, "now it asks something")


async def test_nothing_is_told_twice_and_nothing_is_missed(world, poll):
    told = []
    for number in range(12):
        say(world, f"number {number}")
        world.clock.advance(31)
        told += [event.text for event in await poll.run()]

    assert told == [f"number {number}" for number in range(12)]


async def test_comment_the_index_showed_late_is_still_found(world, poll):
    say(world, "late")
    hidden = world.jira.state.issues.pop("PAY-1")
    world.clock.advance(90)
    assert await poll.run() == []

    world.jira.state.issues["PAY-1"] = hidden
    world.clock.advance(60)

    assert [event.text for event in await poll.run()] == ["late"]


async def test_old_comments_of_a_changed_work_item_are_not_told(world, poll):
    at = NOW - timedelta(hours=1)
    world.jira.add_past_comment("PAY-1", author="Ana Ruiz", body="old", at=at)
    world.clock.advance(60)
    world.jira.edit("PAY-1", author="Ana Ruiz", fields={"labels": ["new"]})

    assert await poll.run() == []


async def test_other_projects_are_not_read(world, poll):
    world.jira.add_issue("OPS", "Elsewhere")
    say(world, "not for us", "OPS-1")

    assert await poll.run() == []


async def test_many_work_items_come_in_small_pages_oldest_first(world, poll):
    for number in range(130):
        world.jira.add_issue("PAY", f"Item {number}")
        world.clock.advance(1)
        for copy in range(3):
            body = f"{number}.{copy}"
            world.jira.comment(f"PAY-{number + 2}", author="Ana Ruiz", body=body)

    events = await poll.run()

    assert [event.text for event in events] == [f"{n}.{c}" for n in range(130) for c in range(3)]
    assert max(len(page.deliveries) for page in poll.pages) <= 200
    cursors = [json.loads(page.cursor)["since_ms"] for page in poll.pages]
    assert cursors == sorted(cursors)


async def test_cursor_of_a_page_covers_what_was_yielded_and_no_more(world):
    for number in range(80):
        world.jira.add_issue("PAY", f"Item {number}")
        world.clock.advance(400)
        world.jira.comment(f"PAY-{number + 2}", author="Ana Ruiz", body=str(number))
    told = set()
    cursor = START
    async for page in world.client.poll(("PAY",), cursor, now=world.clock.now()):
        told |= {JiraParser().parse(delivery).text for delivery in page.deliveries}
        cursor = page.cursor
        break

    assert 0 < len(told) < 80

    later = Poll(world, cursor, ("PAY",))
    told |= {event.text for event in await later.run()}
    assert told == {str(number) for number in range(80)}
    assert len(later.stored) < 40


async def test_failing_search_raises_and_the_cursor_stays(world, poll):
    say(world, "wait for me")
    world.jira.inject(path=".*/search/jql", status=500)

    with pytest.raises(VendorFailing):
        await poll.run()

    assert poll.cursor == START
    world.clock.advance(300)
    assert [event.text for event in await poll.run()] == ["wait for me"]


async def test_failing_thread_raises_and_the_cursor_stays(world, poll):
    say(world, "wait for me")
    world.jira.inject(path=".*/comment", status=429, retry_after=300)

    with pytest.raises(VendorBusy):
        await poll.run()

    assert poll.cursor == START
    world.clock.advance(300)
    assert [event.text for event in await poll.run()] == ["wait for me"]


async def test_work_item_deleted_meanwhile_is_passed_over(world, poll):
    say(world, "gone soon")
    world.jira.inject(path=".*/issue/PAY-1/comment", status=404)

    assert await poll.run() == []


async def test_project_the_bot_can_not_see_is_refused_by_name(world):
    with pytest.raises(RequestRefused, match="NOPE"):
        await Poll(world, projects=("NOPE",)).run()


async def test_no_projects_ask_nothing(world):
    assert await Poll(world, projects=()).run() == []
    assert world.jira.requests == []


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="a word"),
        pytest.param("{}", id="nothing in it"),
        pytest.param('{"since_ms": "1", "origin_ms": 1}', id="wrong type"),
        pytest.param('{"since_ms": 1, "origin_ms": 1, "x": 1}', id="unknown part"),
    ],
)
async def test_cursor_we_never_wrote_is_refused(world, cursor):
    with pytest.raises(CursorUnreadable):
        await Poll(world, cursor).run()


async def test_fast_clock_of_ours_does_not_skip_jiras_present():
    """Our clock is an hour ahead: the next poll must begin where Jira stands."""
    found = answer(200, {"issues": [], "isLast": True}, date="Fri, 20 Nov 2026 08:30:00 GMT")
    rig = Rig(Wire([found]))
    cursor = json.dumps({"since_ms": 0, "origin_ms": 0})

    pages = [page async for page in rig.client().poll(("PAY",), cursor, now=NOW)]

    assert json.loads(pages[-1].cursor)["since_ms"] == millis(NOW - timedelta(hours=1))


async def test_search_that_turns_in_a_circle_is_stopped():
    found = answer(200, {"issues": [], "nextPageToken": "again"})

    with pytest.raises(VendorAnswerUnreadable, match="twice"):
        async for _ in Rig(Wire([found])).client().poll(("PAY",), START, now=NOW):
            pass


async def test_search_asks_in_absolute_time():
    wire = Wire([answer(200, {"issues": []})])

    async for _ in Rig(wire).client().poll(("PAY", 'X" OR project = "Y'), START, now=NOW):
        pass

    assert json.loads(wire.requests[0].content)["jql"] == (
        f'project in ("PAY", "X\\" OR project = \\"Y") AND updated >= {millis(NOW)} '
        "ORDER BY updated ASC"
    )


def reads_of_comments(world):
    return [one.path for one in world.jira.requests if one.path.endswith("/comment")]


async def test_an_unchanged_item_is_not_read_again_within_the_overlap(world, poll):
    say(world, "one")
    world.clock.advance(10)
    assert [event.text for event in await poll.run()] == ["one"]
    first = len(reads_of_comments(world))

    world.clock.advance(60)
    assert await poll.run() == []
    assert len(reads_of_comments(world)) == first

    say(world, "two")
    world.clock.advance(10)
    assert [event.text for event in await poll.run()] == ["two"]
    assert len(reads_of_comments(world)) == first + 1


async def test_an_item_read_in_the_moment_of_its_change_is_read_once_more(world, poll):
    say(world, "one")
    await poll.run()
    late = world.jira.comment("PAY-1", author="Ana Ruiz", body="in the same moment")

    assert [event.text for event in await poll.run()] == ["in the same moment"]
    assert f"poll:comment:{late.id}:{millis(world.clock.now())}" in poll.stored


async def test_what_could_not_be_stored_is_read_again(world, poll):
    say(world, "one")
    world.clock.advance(10)
    pages = world.client.poll(poll.projects, poll.cursor, now=world.clock.now())
    lost = await anext(pages)
    await pages.aclose()

    assert len(lost.deliveries) == 1
    assert [event.text for event in await poll.run()] == ["one"]


async def test_a_lost_cursor_reads_from_before_what_was_remembered(world, poll):
    say(world, "first")
    world.clock.advance(600)
    say(world, "second")
    world.clock.advance(10)
    late = json.dumps({"since_ms": millis(world.clock.now()), "origin_ms": millis(NOW)})
    poll.cursor = late
    assert [event.text for event in await poll.run()] == ["second"]

    poll.cursor = START
    assert [event.text for event in await poll.run()] == ["first"]
