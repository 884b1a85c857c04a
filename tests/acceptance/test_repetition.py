"""Nobody is answered again and again, neither people on a hot ticket nor bots in a loop."""

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio
QUESTION = "@bot what's blocking this?"


@pytest.fixture
async def house(house: House) -> House:
    house.mode("auto")
    return house


async def test_same_person_gets_the_same_answer_once(house: House) -> None:
    await house.ask(QUESTION)

    await house.ask(QUESTION)

    assert house.verdicts[-1] == ("silent", "unchanged_since_last_answer")
    assert len(house.replies()) == 1


async def test_second_person_is_shown_the_first_answer_and_the_third_is_not(
    house: House,
) -> None:
    await house.ask(QUESTION)
    first = house.replies()[0]

    await house.ask(QUESTION, author="Ana Ruiz")
    await house.ask(QUESTION, author="Tom Berg")

    assert [reason for _, reason in house.verdicts[1:]] == ["unchanged_since_last_answer"] * 2
    [_, pointer] = house.replies()
    assert "Nothing has changed since [my answer of" in pointer.text
    assert f"focusedCommentId={first.id}" in pointer.text
    assert pointer.mentions == ("Ana Ruiz",)


async def test_changed_facts_are_answered_anew(house: House) -> None:
    await house.ask(QUESTION)
    house.jira.transition("PAY-12", author="Tom Berg", to="Done")

    await house.ask(QUESTION)

    assert [verdict for verdict, _ in house.verdicts] == ["respond", "respond"]
    assert "Nothing is recorded as blocking" not in house.replies()[0].text


async def test_same_question_a_quarter_of_an_hour_later_is_answered(house: House) -> None:
    await house.ask(QUESTION)
    await house.wait(16 * 60)

    await house.ask(QUESTION)

    assert len(house.replies()) == 2


async def test_simulated_answer_is_nothing_to_point_to(house: House) -> None:
    house.mode("simulate")
    await house.ask(QUESTION)

    await house.ask(QUESTION, author="Ana Ruiz")

    assert [verdict for verdict, _ in house.verdicts] == ["respond", "respond"]


async def test_loop_is_broken_and_the_operator_told_once(house: House) -> None:
    for number in range(15):
        await house.ask(f"@bot turn number{number} around")

    reasons = [reason for _, reason in house.verdicts]
    assert reasons == ["not_understood"] * 12 + ["loop_broken"] * 3
    assert len(house.replies()) == 12
    assert house.notices == ["loop_broken"]
    assert house.told[0].count == 3


async def test_loop_breaker_lets_others_and_other_items_through(house: House) -> None:
    for number in range(13):
        await house.ask(f"@bot turn number{number} around")

    await house.ask(QUESTION, author="Ana Ruiz")
    await house.ask(QUESTION, item="PAY-12")

    assert [verdict for verdict, _ in house.verdicts[-2:]] == ["respond", "respond"]


async def test_loop_breaker_forgets_after_ten_minutes(house: House) -> None:
    for number in range(13):
        await house.ask(f"@bot turn number{number} around")
    await house.wait(601)

    await house.ask(QUESTION)

    assert house.verdicts[-1] == ("respond", "answered_from_facts")
