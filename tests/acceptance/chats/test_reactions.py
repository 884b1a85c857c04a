"""What reactions say: a cross by the asker, and the bot's own sign that it works on an answer."""

import pytest

from chargehand.testing.slack import people as slack_people
from tests.chat_house import PAY_CHANNEL, ChatHouse

pytestmark = pytest.mark.anyio


async def react(house: ChatHouse, ts: str, *, user: str, name: str = "x", **how: bool) -> None:
    """Somebody reacts to a message in #pay, or takes the reaction back."""
    house.clock.advance(1)
    slack_people.react(house.slack.workspace, PAY_CHANNEL, ts, user=user, name=name, **how)
    await house.hear()


async def test_cross_by_the_asker_takes_the_answer_back_and_by_others_nothing(
    chats: ChatHouse,
) -> None:
    chats.mode("auto", kind="slack.delete_message")
    asked = await chats.chat("@bot status PAY-7")
    (answer,) = chats.messages()

    await react(chats, answer["ts"], user="Tom Berg")
    assert chats.verdicts[-1] == ("silent", "reaction_not_by_asker")
    await react(chats, answer["ts"], user="Mei Tanaka", name="+1")
    await react(chats, asked, user="Mei Tanaka")
    assert chats.verdicts[-2:] == [("silent", "nothing_to_do")] * 2
    assert chats.whispered() == []
    assert len(chats.messages()) == 1
    await react(chats, answer["ts"], user="Mei Tanaka")

    assert chats.messages() == []
    (told,) = chats.whispered()
    assert (told["user"], told["thread_ts"]) == (chats.slack_id("Mei Tanaka"), asked)
    assert "taken back" in told["text"]
    (answered,) = [one for one in chats.decisions if one.reason.value == "answered_from_facts"]
    (given,) = chats.stores.database.read(lambda tx: tx.attention.feedback_on(answered.id))
    assert (given.is_asker, given.text) == (True, "")
    assert given.undo_action_id is not None


async def test_cross_put_again_says_that_it_is_noted_and_keeps_it_once(chats: ChatHouse) -> None:
    await chats.chat("@bot status PAY-7")
    (answer,) = chats.messages()

    await react(chats, answer["ts"], user="Mei Tanaka")
    await react(chats, answer["ts"], user="Mei Tanaka", is_adding=False)
    assert len(chats.whispered()) == 1
    await react(chats, answer["ts"], user="Mei Tanaka")

    first, second = (one["text"] for one in chats.whispered())
    # Deleting has a mode of its own, which nobody set here.
    assert "simulated" in first
    assert "said so before" in second
    assert len(chats.messages()) == 1
