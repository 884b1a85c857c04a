"""Words that people have the bot carry on: no credential in them is sent, and nobody is called.

What is left out is seen in the preview, before anybody lets it through, and whoever looks back at
what was said sees stars.
"""

import pytest
from sqlalchemy.exc import ProgrammingError

from chargehand.domain.json import JSONObject
from chargehand.pipeline.showing import to_json
from chargehand.storage.errors import StoreUnavailable
from tests.acceptance.chats.conftest import OpenChats
from tests.chat_house import PAY_CHANNEL, ChatHouse, waiting

pytestmark = pytest.mark.anyio
TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = f"Deploy with {TOKEN}, <!channel> @everyone."
LEFT_OUT = "(secret left out)"


async def test_edited_words_are_carried_without_the_token_and_call_nobody(
    open_chats: OpenChats,
) -> None:
    async with open_chats(approvals_channel=PAY_CHANNEL) as house:
        house.mode("auto", kind="slack.post_message")
        house.mode("approve", kind="jira.add_comment")
        await house.ask("@bot status")

        edited = house.reword(waiting(house), WORDS)
        await house.settle()

        assert TOKEN not in edited.action.preview
        assert LEFT_OUT in edited.action.preview
        (shown,) = house.messages()
        assert TOKEN not in str(shown)
        assert "<!channel>" not in str(shown)
        assert house.replies() == []
        house.approve(edited.approval)
        await house.settle()
        (reply,) = house.replies()
        assert TOKEN not in reply.text
        assert LEFT_OUT in reply.text
        assert reply.mentions == ("Mei Tanaka",)


async def test_token_in_a_ticket_is_not_told_again(chats: ChatHouse) -> None:
    chats.mode("auto")
    chats.write(f"The key is {TOKEN} for now.")

    await chats.ask(f"@bot status, my token is {TOKEN}")
    await chats.ask("@bot summary")

    assert len(chats.replies()) == 2
    assert not any(TOKEN in reply.text for reply in chats.replies())
    shown: JSONObject = {one.id: to_json(one) for one in chats.events}
    assert TOKEN not in str(shown)
    assert "my token is ********" in str(shown)


async def test_nothing_is_sent_that_can_not_be_audited(chats: ChatHouse) -> None:
    chats.mode("approve", kind="slack.post_message")
    await chats.chat("@bot status PAY-7")
    chats.approve(waiting(chats))
    (action,) = chats.actions
    chats.sql("ALTER TABLE audit_records RENAME TO away")

    # A PostgreSQL without the table is a mistake of ours, and no database that is away.
    with pytest.raises((StoreUnavailable, ProgrammingError)):
        await chats.executing.execute([action.id])

    assert chats.messages() == []
    chats.sql("ALTER TABLE away RENAME TO audit_records")
    await chats.settle()

    assert len(chats.messages()) == 1
