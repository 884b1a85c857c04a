"""Scenario 4: however often and on whatever way a comment is told, it is answered once."""

import asyncio

import pytest

from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio
QUESTION = "@bot what's blocking this?"


async def test_same_delivery_five_times_is_one_run_and_one_reply(house: House) -> None:
    house.mode("auto")
    posted = await house.say(QUESTION)

    again = [await house.post(posted.headers, posted.body) for _ in range(4)]
    await house.settle()

    first = posted.response.json()["delivery"]
    assert [one.json() for one in again] == [{"delivery": first, "status": "duplicate"}] * 4
    assert len(house.deliveries) == len(house.events) == len(house.decisions) == 1
    assert len(house.replies()) == 1


async def test_delivery_repeated_after_its_answer_changes_nothing(house: House) -> None:
    house.mode("auto")
    posted = await house.ask(QUESTION)

    again = await house.post(posted.headers, posted.body)
    await house.settle()

    assert again.status_code == 200
    assert len(house.replies()) == 1


async def test_hundred_copies_at_once_are_one(house: House) -> None:
    house.mode("auto")
    comment = house.write(QUESTION)

    posted = await asyncio.gather(*(house.deliver(comment) for _ in range(100)))
    await house.settle()

    assert sorted(one.response.status_code for one in posted) == [200] * 99 + [202]
    assert len(house.events) == 1
    assert len(house.replies()) == 1


@both_sites
@pytest.mark.parametrize(
    "order",
    [
        pytest.param(("comment_created", "issue_commented", "poll"), id="comment-first"),
        pytest.param(("issue_commented", "comment_created", "poll"), id="issue-first"),
        pytest.param(("poll", "issue_commented", "comment_created"), id="poll-first"),
    ],
)
async def test_same_comment_on_three_ways_is_one_event(
    house: House, order: tuple[str, ...]
) -> None:
    house.mode("auto")
    await house.poll()
    comment = house.write(QUESTION)
    house.clock.advance(30)

    for way in order:
        await (house.poll() if way == "poll" else house.deliver(comment, event=way))
        await house.settle()

    [event] = [one for one in house.events if one.data["comment_id"] == comment.id]
    first, *others = house.trace(event.id).deliveries
    assert first.event_id == event.id
    assert [one.duplicate_of for one in others] == [event.id] * 2
    assert len(house.asks) == len(house.replies()) == 1


async def test_three_ways_at_once_are_one_event_too(house: House) -> None:
    house.mode("auto")
    await house.poll()
    comment = house.write(QUESTION)

    await house.deliver(comment, event="issue_commented")
    await house.deliver(comment)
    await house.poll()

    assert len(house.deliveries) == 3
    assert len(house.events) == len(house.replies()) == 1


async def test_equal_questions_in_two_comments_are_two_asks(house: House) -> None:
    house.mode("auto")

    await house.ask("@bot due", item="PAY-7")
    await house.ask("@bot due", item="PAY-12")

    assert [len(house.replies(item)) for item in ("PAY-7", "PAY-12")] == [1, 1]
