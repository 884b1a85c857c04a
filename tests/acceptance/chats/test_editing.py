"""What waits is worded anew in a form: opened for whoever may, bound to what was shown."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalState
from chargehand.testing.slack import people as slack_people
from tests.acceptance.chats.conftest import OpenChats
from tests.chat_house import PAY_CHANNEL, RANDOM_CHANNEL, ChatHouse, restrict, waiting

pytestmark = pytest.mark.anyio
NEW = "Due **Friday**.\n\n- asked the bank :bank:\n- no news"


@pytest.fixture
async def desk(open_chats: OpenChats) -> AsyncIterator[ChatHouse]:
    """Answers on tickets wait and are shown in #pay, where Ana may approve them."""
    async with open_chats(approvals_channel=PAY_CHANNEL) as house:
        house.mode("auto", kind="slack.post_message")
        house.mode("approve", kind="jira.add_comment")
        house.member("Ana Ruiz", Role.APPROVER)
        house.member("Mei Tanaka", Role.DEVELOPER, jira=True)
        house.member("Tom Berg", Role.APPROVER)
        yield house


async def shown(house: ChatHouse) -> dict[str, Any]:
    """Something waits; the message that shows it."""
    await house.ask("@bot status")
    return dict(house.messages()[-1])


async def test_edited_words_wait_again_in_the_same_message_and_are_what_is_sent(
    desk: ChatHouse,
) -> None:
    message = await shown(desk)
    (old,) = desk.approvals
    (before,) = [one.params["markdown"] for one in desk.actions if one.id == old.action_id]
    assert desk.labels(message) == ["Approve", "Reject", "Edit"]

    await desk.press("Edit", message["ts"])
    assert desk.forms == [before]
    answered = await desk.submit(NEW)

    fresh = waiting(desk)
    (edited,) = desk.messages()
    assert answered == ""
    assert (edited["ts"], desk.labels(edited)) == (message["ts"], ["Approve", "Reject", "Edit"])
    assert "asked the bank" in edited["text"]
    assert "asked the bank" not in message["text"]
    assert desk.whispered()[-1]["user"] == desk.slack_id("Ana Ruiz")
    assert f"`{fresh.short_id}`" in desk.whispered()[-1]["text"]
    assert desk.replies() == []
    # Somebody still looks at the message as it was.
    pay = desk.slack.workspace.channel("pay")
    desk.slack.workspace.find(pay, message["ts"]).raw.update(message)
    await desk.press("Approve", message["ts"])
    assert "older words" in desk.whispered()[-1]["text"]
    assert desk.replies() == []
    await desk.command(f"approve {fresh.id}", user="Ana Ruiz")

    (reply,) = desk.replies()
    assert "asked the bank" in reply.text
    assert "Approved by Ana Ruiz" in desk.messages()[0]["text"]
    assert desk.notices == []


async def test_form_changes_nothing_when_blank_unchanged_or_in_the_wrong_hands(
    desk: ChatHouse,
) -> None:
    message = await shown(desk)
    (approval,) = desk.approvals
    waits = (approval.id, ApprovalState.OPEN)

    await desk.press("Edit", message["ts"], user="Mei Tanaka")
    assert desk.forms == []
    assert "takes one of these roles" in desk.whispered()[-1]["text"]
    await desk.press("Edit", message["ts"])
    kept = len(desk.deliveries)
    answered = await desk.submit(" \n ")
    assert '"response_action":"errors"' in answered
    assert '"words":"Write something' in answered
    assert len(desk.deliveries) == kept
    await desk.submit()
    assert "Nothing was changed" in desk.whispered()[-1]["text"]
    desk.sql("UPDATE identities SET is_active = 0")
    await desk.submit("Mine.")

    assert "deactivated" in desk.whispered()[-1]["text"]
    assert [(one.id, one.state) for one in desk.approvals] == [waits]


async def test_second_form_and_second_submission_change_nothing_more(desk: ChatHouse) -> None:
    message = await shown(desk)
    await desk.press("Edit", message["ts"])
    await desk.press("Edit", message["ts"], user="Tom Berg")
    first, second = desk.slack.workspace.views[-2:]

    await desk.submit("What Tom wrote.", user="Tom Berg")
    desk.slack.workspace.views[:] = [second, first]
    await desk.submit("What Ana wrote.")
    assert "older words" in desk.whispered()[-1]["text"]
    assert "What Tom wrote" in desk.whispered()[-1]["text"]
    assert "What Tom wrote" in desk.messages()[0]["text"]
    assert sorted(one.state.value for one in desk.approvals) == ["open", "voided"]
    await desk.press("Edit", message["ts"])
    await desk.command(f"reject {waiting(desk).short_id}", user="Tom Berg")
    await desk.submit("Too late.")
    assert "rejected by Tom Berg" in desk.whispered()[-1]["text"]
    whispered = len(desk.whispered())
    # The network brings the same submission again.
    (again,) = [one for one in desk.slack.sender.sendings if "Too late." in str(one.payload)]
    await desk.tell(again)
    await desk.settle()

    assert len(desk.whispered()) == whispered
    assert desk.replies() == []


async def test_form_that_comes_too_late_is_said_to_be_and_troubles_no_operator(
    desk: ChatHouse,
) -> None:
    message = await shown(desk)
    slack_people.press(
        desk.slack.workspace, PAY_CHANNEL, message["ts"], user="Ana Ruiz", label="Edit"
    )
    desk.clock.advance(5)
    await desk.hear()

    assert desk.forms == []
    assert "could not be opened in time" in desk.whispered()[-1]["text"]
    assert desk.notices == []


async def test_form_opens_only_for_words_that_fit_and_while_the_chat_may_be_told(
    desk: ChatHouse,
) -> None:
    await shown(desk)
    (approval,) = desk.approvals
    desk.reword(approval, "wörd 👍 " * 500)
    await desk.settle()
    message = dict(desk.messages()[-1])

    await desk.press("Edit", message["ts"])
    assert "longer than the 3000 characters" in desk.whispered()[-1]["text"]
    assert "chargehand approvals edit" in desk.whispered()[-1]["text"]
    desk.reword(waiting(desk), "Short.")
    desk.mode("simulate", kind="slack.post_message")
    await desk.command(f"edit {waiting(desk).short_id}", user="Ana Ruiz")

    assert desk.forms == []
    assert [one.state.value for one in desk.actions if "modal" in one.kind.value] == ["simulated"]


async def test_restricted_words_are_edited_in_no_chat_and_told_in_none(desk: ChatHouse) -> None:
    restrict(desk)
    message = await shown(desk)
    (approval,) = desk.approvals
    assert desk.labels(message) == ["Approve", "Reject"]

    await desk.command(f"edit {approval.short_id}", user="Ana Ruiz")
    assert desk.forms == []
    assert "not shown in this chat" in desk.whispered()[-1]["text"]
    await desk.press("Approve", message["ts"])

    (decided,) = desk.messages()
    assert "Approved by Ana Ruiz" in decided["text"]
    assert "PAY-7" not in str(decided)
    assert "In Progress" not in str(decided)


async def test_slash_command_opens_the_form_and_a_foreign_channel_does_not(desk: ChatHouse) -> None:
    await shown(desk)
    (approval,) = desk.approvals

    await desk.command(f"edit {approval.short_id}", user="Ana Ruiz", channel=RANDOM_CHANNEL)
    assert desk.forms == []
    await desk.command(f"edit {approval.short_id}", user="Ana Ruiz")
    assert len(desk.forms) == 1
    await desk.submit(NEW)
    assert "asked the bank" in desk.messages()[0]["text"]
    desk.mode("approve", kind="jira.transition_issue")
    await desk.chat("@bot transition PAY-7 to In Review")

    # What has no words has no button.
    assert desk.labels(desk.messages()[-1]) == ["Approve", "Reject"]
