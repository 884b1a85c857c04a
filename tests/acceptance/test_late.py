"""Nothing old is answered as new: what is late waits for a person, who hears of it once."""

from datetime import timedelta

import pytest

from chargehand.kit.clock import to_micros
from chargehand.pipeline.errors import NotLate
from tests.house import House, Posted

pytestmark = pytest.mark.anyio
HOURS = 3600


async def ask_before_the_first_connection(house: House) -> Posted:
    asked_at = house.clock.now() - timedelta(hours=1)
    body = f"{house.mention} what's blocking this?"
    comment = house.jira.add_past_comment("PAY-7", author="Mei Tanaka", body=body, at=asked_at)
    posted = await house.deliver(comment)
    await house.settle()
    return posted


async def ask_and_be_down(house: House) -> Posted:
    posted = await house.say("@bot what's blocking this?")
    house.clock.advance(3 * HOURS)
    await house.settle()
    return posted


async def ask_and_switch_the_mode(house: House) -> Posted:
    posted = await house.say("@bot what's blocking this?")
    house.mode("simulate", project="HELP")
    house.mode("approve", project="PAY")
    house.mode("auto", project="PAY")
    await house.settle()
    return posted


LATE = [
    pytest.param(ask_before_the_first_connection, id="first-connection"),
    pytest.param(ask_and_be_down, id="downtime"),
    pytest.param(ask_and_switch_the_mode, id="mode-change"),
]


@pytest.mark.parametrize("be_late", LATE)
async def test_late_question_waits_for_a_person(house: House, be_late: object) -> None:
    house.mode("auto")

    await be_late(house)  # type: ignore[operator]
    await house.wait(HOURS)

    assert [one.ask.state.value for one in house.asks] == ["late"]
    assert [(one.verdict, one.reason) for one in house.decisions] == [("silent", "late")]
    assert house.writes == []
    assert house.notices == ["asks_late"]


@pytest.mark.parametrize("be_late", LATE)
async def test_released_question_is_answered_and_says_when_it_was_asked(
    house: House, be_late: object
) -> None:
    house.mode("auto")
    await be_late(house)  # type: ignore[operator]
    house.clock.advance(HOURS)

    await house.release(house.asks[0])

    [reply] = house.replies()
    assert "PAY-12" in reply.text
    assert "You asked this on Thursday 19 November 2026 at" in reply.text
    assert house.asks[0].ask.state.value == "decided"


@pytest.mark.parametrize("be_late", LATE)
async def test_dismissed_question_is_never_answered(house: House, be_late: object) -> None:
    house.mode("auto")
    posted = await be_late(house)  # type: ignore[operator]

    await house.dismiss(house.asks[0])
    await house.post(posted.headers, posted.body)
    await house.wait(HOURS)

    assert [one.ask.state.value for one in house.asks] == ["dismissed"]
    assert house.writes == []
    with pytest.raises(NotLate):
        await house.release(house.asks[0])


async def test_many_late_questions_are_one_notice(house: House) -> None:
    house.mode("auto")
    for item in ("PAY-1", "PAY-3", "PAY-7"):
        await house.say("@bot due", item=item)
    house.clock.advance(3 * HOURS)

    await house.settle()

    assert [one.ask.state.value for one in house.asks] == ["late"] * 3
    assert house.notices == ["asks_late"]
    assert house.told[0].count == 3


async def test_question_that_was_open_while_the_mode_changed_waits_too(house: House) -> None:
    house.mode("approve")
    house.jira.inject(method="GET", path="/rest/api/3/issue/PAY-7", status=500)
    await house.ask("@bot what's blocking this?")

    house.mode("auto")
    await house.wait(60)

    assert [(one.ask.state.value, one.problem) for one in house.asks] == [("late", "mode_changed")]
    assert house.writes == []

    await house.release(house.asks[0])

    assert len(house.replies()) == 1


async def test_release_does_not_outlive_the_modes_it_was_given_under(house: House) -> None:
    house.mode("approve")
    await ask_and_be_down(house)
    house.jira.inject(method="GET", path="/rest/api/3/issue/PAY-7", status=500)
    await house.release(house.asks[0])

    house.mode("auto")
    await house.wait(60)

    assert [(one.ask.state.value, one.problem) for one in house.asks] == [("late", "mode_changed")]
    assert house.writes == []


@pytest.mark.parametrize(
    "kind", ["jira.add_internal_comment", "jira.assign_issue", "jira.add_labels"]
)
async def test_switch_of_any_kind_makes_earlier_questions_late(house: House, kind: str) -> None:
    await house.say("@bot assign to me")

    house.mode("auto", kind=kind)
    await house.settle()

    assert [one.ask.state.value for one in house.asks] == ["late"]


async def test_switch_in_another_project_makes_nothing_late(house: House) -> None:
    house.mode("auto", project="PAY")
    await house.say("@bot due")

    house.mode("approve", project="HELP")
    await house.settle()

    assert len(house.replies()) == 1


async def test_question_just_within_the_limit_is_answered(house: House) -> None:
    house.mode("auto")
    await house.say("@bot what's blocking this?")
    house.clock.advance(2 * HOURS - 60)

    await house.settle()

    [reply] = house.replies()
    assert "You asked this on Thursday 19 November 2026 at" in reply.text


async def test_answer_within_ten_minutes_says_nothing_of_the_time(house: House) -> None:
    house.mode("auto")
    await house.say("@bot what's blocking this?")
    house.clock.advance(590)

    await house.settle()

    assert "You asked this" not in house.replies()[0].text


async def test_late_question_that_is_deleted_waits_no_more(house: House) -> None:
    house.mode("auto")
    posted = await ask_and_be_down(house)

    await house.delete(posted.id)
    await house.settle()

    assert [one.ask.state.value for one in house.asks] == ["withdrawn"]


async def test_question_of_the_very_second_of_the_first_connection_is_not_late(
    house: House,
) -> None:
    """Vendors tell of whole seconds, so it seems to have been asked a moment before."""
    house.mode("auto")
    now = house.clock.now()
    connected_at = now.replace(microsecond=900_000)
    house.clock.advance(1 + (connected_at - now).total_seconds())
    house.sql("UPDATE connections SET first_connected_at = :at", at=to_micros(connected_at))
    comment = house.jira.add_past_comment(
        "PAY-7",
        author="Mei Tanaka",
        body=f"{house.mention} what's blocking this?",
        at=connected_at.replace(microsecond=0),
    )

    await house.deliver(comment)
    await house.settle()

    assert [one.ask.state.value for one in house.asks] == ["decided"]


async def test_polling_starts_at_the_first_connection(house: House) -> None:
    house.mode("auto")
    house.write("@bot what's blocking this?")
    house.clock.advance(600)
    house.sql("UPDATE connections SET first_connected_at = :now", now=to_micros(house.clock.now()))

    found = [await house.poll(), await house.poll()]

    assert found == [0, 0]
    assert house.events == ()


@pytest.mark.every_variant
@pytest.mark.parametrize("cursor", [None, "nobody wrote this"], ids=["lost", "unreadable"])
async def test_poll_that_lost_its_place_misses_nothing_and_answers_nothing_old(
    house: House, cursor: str | None
) -> None:
    house.mode("auto")
    await house.poll()
    house.write("@bot what's blocking this?")
    house.clock.advance(3 * 3600)
    house.sql("UPDATE connections SET cursor = :cursor", cursor=cursor)

    for _ in range(3):
        await house.poll()

    assert [one.ask.state.value for one in house.asks] == ["late"]
    assert house.writes == []
    assert ("poll_position_lost" in house.notices) is (cursor is not None)
