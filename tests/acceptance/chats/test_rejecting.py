"""Reject opens a form that asks why: closing it does nothing, handing it in rejects."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalState
from chargehand.testing.slack import people as slack_people
from tests.acceptance.chats.conftest import OpenChats
from tests.chat_house import PAY_CHANNEL, ChatHouse, restrict, waiting

pytestmark = pytest.mark.anyio
WHY = "Ask the *bank*\n first."
SHOWN = "Ask the *bank* first."


@pytest.fixture
async def desk(open_chats: OpenChats) -> AsyncIterator[ChatHouse]:
    """Answers on tickets wait and are shown in #pay, where Ana and Tom may decide."""
    async with open_chats(approvals_channel=PAY_CHANNEL) as house:
        house.mode("auto", kind="slack.post_message")
        house.mode("approve", kind="jira.add_comment")
        house.member("Ana Ruiz", Role.APPROVER)
        house.member("Mei Tanaka", Role.DEVELOPER, jira=True)
        house.member("Tom Berg", Role.APPROVER)
        yield house


async def shown(house: ChatHouse, author: str = "Mei Tanaka") -> dict[str, Any]:
    """Something waits; the message that shows it."""
    await house.ask("@bot status", author=author)
    return dict(house.messages()[-1])


async def test_reason_is_kept_with_the_vote_and_shown_and_only_its_digest_is_audited(
    desk: ChatHouse,
) -> None:
    message = await shown(desk)

    await desk.press("Reject", message["ts"])
    assert waiting(desk).state is ApprovalState.OPEN
    assert desk.whispered() == []
    view = desk.slack.workspace.views[-1].raw
    (block,) = view["blocks"]
    assert (view["title"]["text"], block["optional"]) == ("Reject what waits", True)
    assert block["element"]["max_length"] == 1_000
    await desk.submit(WHY, field="reason")

    (approval,) = desk.approvals
    assert (approval.state, approval.reason) == (ApprovalState.REJECTED, SHOWN)
    (vote,) = desk.stores.database.read(lambda tx: tx.votes.of_approval(approval.id))
    assert (vote.reason, vote.via) == (SHOWN, "slack")
    assert "It will not be sent" in desk.whispered()[-1]["text"]
    decided = desk.messages()[-1]
    assert "Rejected by Ana Ruiz" in decided["text"]
    assert "Ask the" in decided["text"].partition("Reason: ")[2]
    assert desk.labels(decided) == []
    assert desk.replies() == []
    (record,) = desk.stores.database.read(
        lambda tx: [one for one in tx.audit.about(approval.id) if "rejected" in one.tag]
    )
    digest = desk.stores.database.read(lambda tx: tx.approvals.reason_digest(approval.id))
    assert len(digest) == 64
    assert f'"reason_digest":"{digest}"' in record.body
    assert "bank" not in record.body
    assert desk.notices == []


async def test_form_rejects_nothing_late_twice_or_in_the_wrong_hands(desk: ChatHouse) -> None:
    message = await shown(desk, author="Sam Okoro")
    old = dict(message)

    await desk.press("Reject", message["ts"], user="Mei Tanaka")
    assert desk.forms == []
    assert "takes one of these roles" in desk.whispered()[-1]["text"]
    await desk.press("Reject", message["ts"])
    await desk.command(f"edit {waiting(desk).short_id}", user="Tom Berg")
    reject, edit = desk.slack.workspace.views[-2:]
    await desk.submit("Other words.", user="Tom Berg")
    desk.slack.workspace.views[:] = [edit, reject]
    await desk.submit(WHY, field="reason")
    assert "older words" in desk.whispered()[-1]["text"]
    # From here on about the words that wait now.
    await desk.press("Reject", message["ts"])
    desk.sql("UPDATE identities SET is_active = 0")
    await desk.submit(WHY, field="reason")
    assert "deactivated" in desk.whispered()[-1]["text"]
    assert waiting(desk).state is ApprovalState.OPEN
    desk.sql("UPDATE identities SET is_active = 1")
    await desk.command(f"approve {waiting(desk).short_id}", user="Tom Berg")
    await desk.submit(WHY, field="reason")
    assert "approved by Tom Berg" in desk.whispered()[-1]["text"]
    pay = desk.slack.workspace.channel("pay")
    desk.slack.workspace.find(pay, message["ts"]).raw.update(old)
    opened = len(desk.forms)
    await desk.press("Reject", message["ts"])

    assert len(desk.forms) == opened
    assert "is void" in desk.whispered()[-1]["text"]
    assert sorted(one.state.value for one in desk.approvals) == ["approved", "voided"]
    assert len(desk.replies()) == 1


async def test_form_that_comes_too_late_or_is_closed_decides_nothing(desk: ChatHouse) -> None:
    message = await shown(desk)
    slack_people.press(
        desk.slack.workspace, PAY_CHANNEL, message["ts"], user="Ana Ruiz", label="Reject"
    )
    desk.clock.advance(5)
    await desk.hear()

    assert desk.forms == []
    assert "could not be opened in time" in desk.whispered()[-1]["text"]
    await desk.press("Reject", message["ts"])
    await desk.wait(60)
    assert waiting(desk).state is ApprovalState.OPEN
    await desk.submit()
    assert [(one.state, one.reason) for one in desk.approvals] == [(ApprovalState.REJECTED, "")]
    assert "Reason:" not in desk.messages()[-1]["text"]


async def test_reason_is_told_nowhere_the_words_are_not(desk: ChatHouse) -> None:
    restrict(desk)
    message = await shown(desk)

    await desk.press("Reject", message["ts"])
    await desk.submit(WHY, field="reason")

    assert "Rejected by Ana Ruiz" in desk.messages()[-1]["text"]
    assert "bank" not in str(desk.messages())
    assert desk.approvals[0].reason == SHOWN


async def test_button_rejects_at_once_where_no_form_may_open(desk: ChatHouse) -> None:
    message = await shown(desk)
    desk.mode("simulate", kind="slack.open_modal")

    await desk.press("Reject", message["ts"])

    assert desk.forms == []
    assert [one.state for one in desk.approvals] == [ApprovalState.REJECTED]
