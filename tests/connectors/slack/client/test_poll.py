"""Polling finds what was written, edited and answered, in the shape of Slack's own events."""

from datetime import timedelta

import pytest

from chargehand.connectors.slack.parse import SlackParser
from chargehand.domain.event import Event, EventKind, PlaceKind
from chargehand.plugins.errors import CursorUnreadable, VendorBusy
from chargehand.testing.slack.people import edit_message, say
from chargehand.testing.slack.workspace_ids import BOT, TEAM
from tests.connectors.slack.client.world import NOW, PAY, RANDOM, World

pytestmark = pytest.mark.anyio


async def poll(world: World, cursor: str | None) -> tuple[list[Event], str]:
    """What one round means, and where it ended."""
    events: list[Event] = []
    end = ""
    async for page in world.client.poll((), cursor, now=world.clock.now()):
        events += [SlackParser(TEAM).parse(one) for one in page.deliveries]
        end = page.cursor
    return events, end


async def test_nothing_old_is_told_and_everything_new_once(world: World) -> None:
    world.say("long before")
    world.clock.advance(600)
    _, start = await poll(world, None)
    world.clock.advance(90)
    asked = world.say(f"<@{BOT}> status PAY-7")
    world.clock.advance(90)

    found, cursor = await poll(world, start)
    world.clock.advance(600)
    again, _ = await poll(world, cursor)

    (event,) = found
    assert event.event_key == f"slack:message:{PAY}:{asked}:created"
    assert (event.kind, event.mentions) == (EventKind.MESSAGE_CREATED, (BOT,))
    assert event.place is not None
    assert (event.place.kind, event.place.is_outsider) == (PlaceKind.PUBLIC, False)
    assert again == []


async def test_answers_in_threads_and_edits_are_found(world: World) -> None:
    root = world.say("a thread")
    world.clock.advance(3600)
    _, start = await poll(world, None)
    world.clock.advance(90)
    answer = world.say("in it", thread_ts=root)
    world.clock.advance(1)
    edit_message(world.fake.workspace, PAY, root, text="a thread, edited")
    world.clock.advance(90)

    found, _ = await poll(world, start)

    assert [one.event_key.rpartition(PAY)[2].partition(":")[2].split(":")[:2] for one in found] == [
        [answer, "created"],
        [root, "updated"],
    ]
    assert found[0].place is not None
    assert found[0].place.thread_id == root
    assert found[1].text == "a thread, edited"


async def test_the_same_key_as_slacks_own_event(world: World) -> None:
    _, start = await poll(world, None)
    world.clock.advance(90)
    mei = world.fake.workspace.person("Mei Tanaka")
    mei.is_guest = True
    world.say("a guest asks")
    world.clock.advance(1)
    told = world.fake.sender.sendings[-1].payload

    (found,), _ = await poll(world, start)

    ts = told["event"]["ts"]
    assert found.event_key == f"slack:message:{PAY}:{ts}:created"
    assert found.place is not None
    assert found.place.is_outsider


async def test_many_messages_come_in_pages_and_only_the_last_moves_the_cursor(
    world: World,
) -> None:
    _, start = await poll(world, None)
    world.clock.advance(90)
    for number in range(450):
        world.say(f"message {number}")
    world.clock.advance(90)

    pages = [page async for page in world.client.poll((), start, now=world.clock.now())]

    assert [len(page.deliveries) for page in pages] == [200, 200, 50, 0]
    assert pages[0].cursor == pages[1].cursor == start
    assert pages[2].cursor == pages[3].cursor != start
    texts = [SlackParser(TEAM).parse(one).text for page in pages for one in page.deliveries]
    assert texts == [f"message {number}" for number in range(450)]


async def test_a_channel_that_can_not_be_read_keeps_its_place(world: World) -> None:
    world.connect(channels=(RANDOM, PAY))
    _, start = await poll(world, None)
    world.clock.advance(90)
    place = world.fake.workspace
    say(place, RANDOM, user="Tom Berg", text="there")
    world.say("here")
    world.clock.advance(90)

    without, cursor = await poll(world, start)
    place.channels[RANDOM].members.append(BOT)
    world.clock.advance(600)
    later, _ = await poll(world, cursor)

    assert [one.text for one in without] == ["here"]
    assert [one.text for one in later] == ["there"]


async def test_what_the_bot_wrote_is_not_told(world: World) -> None:
    _, start = await poll(world, None)
    world.clock.advance(90)
    place = world.fake.workspace
    place.write(place.channels[PAY], place.people[BOT], text="mine", bot_id="B0CHARGE")
    world.clock.advance(1)

    assert (await poll(world, start))[0] == []


async def test_slack_asking_to_wait_is_obeyed_within_the_time(world: World) -> None:
    _, start = await poll(world, None)
    world.say()
    world.fail("conversations.history", status=429, retry_after=3)
    world.fail("conversations.info", status=429, retry_after=900)

    with pytest.raises(VendorBusy):
        await poll(world, start)
    world.clock.advance(900)
    found, _ = await poll(world, start)

    assert len(found) == 1
    assert [round(wait) for wait in world.waits] == [3]


async def test_a_cursor_nobody_can_read_says_so(world: World) -> None:
    with pytest.raises(CursorUnreadable):
        await poll(world, '{"somebody": "elses"}')


async def test_a_clock_ahead_of_slacks_skips_nothing(world: World) -> None:
    _, start = await poll(world, None)
    world.say("asked now")

    # Ours is an hour ahead: the cursor must not be.
    found = [page async for page in world.client.poll((), start, now=NOW + timedelta(hours=1))]

    assert sum(len(page.deliveries) for page in found) == 1
