"""Scenarios 1 to 4: a mention is answered once, from the real work item; nothing else is."""

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio


async def test_mention_is_answered_in_the_thread_with_sources(house: House) -> None:
    house.mode("auto")

    await house.ask("@bot what's blocking this?")

    reply = house.jira.comments("PAY-7")[-1]
    assert "PAY-12" in reply.text
    assert reply.mentions == ["Mei Tanaka"]
    assert "Sources:" in reply.text
    assert house.actions[0].state == "executed"


async def test_simulate_sends_nothing_and_records_the_exact_reply(house: House) -> None:
    await house.ask("@bot when is it due?")

    assert house.writes == []
    assert house.actions[0].state == "simulated"
    assert "Due" in house.actions[0].preview


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param("what's blocking this?", "not_mentioned", id="no-mention"),
        pytest.param("Chargehand should look at this", "name_only", id="name-only"),
        pytest.param("@bot thanks!", "not_a_question_to_us", id="courtesy"),
    ],
)
async def test_what_is_not_for_us_is_silent_with_its_reason(
    house: House, body: str, reason: str
) -> None:
    house.mode("auto")

    await house.ask(body)

    assert [(d.verdict, d.reason) for d in house.decisions] == [("silent", reason)]
    assert house.writes == []
