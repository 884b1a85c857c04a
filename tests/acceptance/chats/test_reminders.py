"""Reminders come back once: where they were set, or to the person alone."""

import pytest

from chargehand.domain.member import Role
from chargehand.pipeline.reminding import Reminding
from tests.chat_house import ChatHouse

pytestmark = pytest.mark.anyio
TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"


async def fire(house: ChatHouse) -> None:
    """Let two hours pass, and every reminder that is due come back; twice, as after a crash."""
    house.clock.advance(2 * 3600)
    reminding = Reminding(house.stores.database, house._store, clock=house.clock)
    await reminding.fire()
    await reminding.fire()
    await house.hear()


async def test_reminder_of_a_channel_comes_back_to_the_channel(chats: ChatHouse) -> None:
    chats.member("Mei Tanaka", Role.DEVELOPER)
    words = f"ask *everybody* about the <!channel> export with {TOKEN}"
    await chats.chat(f"@bot remind here in 1h to {words}")

    await fire(chats)

    message = chats.messages()[-1]
    assert "thread_ts" not in message
    assert message["text"].startswith("Reminder: ")
    assert "<!channel>" not in message["text"]
    assert message["text"].endswith("with (secret left out)")
    assert len([said for said in chats.said() if said.startswith("Reminder: ")]) == 1


async def test_own_reminder_comes_back_to_the_person_alone(chats: ChatHouse) -> None:
    chats.mode("auto", kind="slack.send_direct_message")
    chats.member("Mei Tanaka", Role.DEVELOPER)
    await chats.chat("@bot remind me in 1h to call the bank")

    await fire(chats)

    direct = next(c for c in chats.slack.workspace.channels if c.startswith("D"))
    assert [message["text"] for message in chats.messages(direct)] == ["Reminder: call the bank"]
    assert not any(said.startswith("Reminder: ") for said in chats.said())
