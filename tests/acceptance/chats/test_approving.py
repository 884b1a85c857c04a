"""Changes asked for in Slack, and approvals decided there: by whom, once, and on what was shown."""

import pytest

from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalState
from tests.acceptance.chats.conftest import OpenChats
from tests.chat_house import PAY_CHANNEL, ChatHouse, restrict

pytestmark = pytest.mark.anyio
ASK = "@bot transition PAY-7 to In Review"


@pytest.fixture
def team(chats: ChatHouse) -> ChatHouse:
    """Mei may develop, in Jira too; Ana may approve; Tom is a match nobody confirmed."""
    chats.mode("approve", kind="jira.transition_issue")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    chats.member("Ana Ruiz", Role.APPROVER)
    chats.member("Tom Berg", Role.APPROVER, is_confirmed=False)
    return chats


async def test_change_waits_with_buttons_and_is_made_once_when_one_is_pressed(
    team: ChatHouse,
) -> None:
    await team.chat(ASK)
    (message,) = team.messages()
    assert team.labels(message) == ["Approve", "Reject"]
    assert team.writes == []

    await team.press("Approve", message["ts"])

    assert team.jira.issue("PAY-7").status == team.jira.issue("PAY-12").status
    (edited,) = [one for one in team.messages() if one["ts"] == message["ts"]]
    assert team.labels(edited) == []
    assert "Approved by Ana Ruiz" in edited["text"]
    (told,) = team.whispered()
    assert (told["user"], told["text"][:9]) == (team.slack_id("Ana Ruiz"), "Approved:")


async def test_second_click_tells_who_decided_and_changes_nothing(team: ChatHouse) -> None:
    await team.chat(ASK)
    (message,) = team.messages()
    old = dict(message)
    await team.press("Approve", message["ts"])
    writes = list(team.writes)

    team.slack.workspace.find(team.slack.workspace.channel("pay"), message["ts"]).raw.update(old)
    await team.press("Reject", message["ts"])

    assert team.forms == []
    assert team.writes == writes
    assert "Ana Ruiz" in team.whispered()[-1]["text"]
    assert [one.state for one in team.approvals] == [ApprovalState.APPROVED]


@pytest.mark.parametrize(
    ("user", "why"),
    [("Mei Tanaka", "role"), ("Tom Berg", "confirm")],
    ids=["no-role", "not-confirmed"],
)
async def test_click_of_one_without_the_right_approves_nothing(
    team: ChatHouse, user: str, why: str
) -> None:
    await team.chat(ASK)
    (message,) = team.messages()

    await team.press("Approve", message["ts"], user=user)

    assert team.writes == []
    assert why in team.whispered()[-1]["text"]
    assert [one.state for one in team.approvals] == [ApprovalState.OPEN]


async def test_everyday_words_approve_nothing(team: ChatHouse) -> None:
    await team.chat(ASK)
    (approval,) = team.approvals

    for words in ("not approved yet", "please don't approve", f"should we approve {approval.id}?"):
        await team.chat(f"@bot {words}", user="Ana Ruiz")

    assert [one.state for one in team.approvals] == [ApprovalState.OPEN]
    assert team.writes == []


async def test_command_in_a_ticket_approves_by_its_id(team: ChatHouse) -> None:
    await team.chat(ASK)
    (approval,) = team.approvals
    team.mode("auto", kind="jira.add_comment")

    await team.ask(f"@bot approve {approval.id}", author="Ana Ruiz")

    assert [one.state for one in team.approvals if one.id == approval.id] == [ApprovalState.OPEN]
    assert "I do not know this account" in team.replies()[-1].text


async def test_unconfirmed_person_is_not_given_a_change(chats: ChatHouse) -> None:
    await chats.chat(ASK)

    assert "`whoami`" in chats.said()[0]
    assert chats.approvals == ()


async def test_what_waits_on_a_ticket_is_shown_in_the_approvals_channel(
    open_chats: OpenChats,
) -> None:
    async with open_chats(approvals_channel=PAY_CHANNEL) as house:
        house.mode("auto", kind="slack.post_message")
        house.mode("approve", kind="jira.add_comment")
        house.member("Ana Ruiz", Role.APPROVER)

        await house.ask("@bot status")
        (message,) = house.messages()
        assert house.labels(message) == ["Approve", "Reject", "Edit"]
        assert house.replies() == []
        await house.press("Approve", message["ts"])

        assert len(house.replies()) == 1
        assert "Approved by Ana Ruiz" in house.messages()[0]["text"]


async def test_approvals_channel_is_told_nothing_of_a_restricted_item(
    open_chats: OpenChats,
) -> None:
    async with open_chats(approvals_channel=PAY_CHANNEL) as house:
        house.mode("auto", kind="slack.post_message")
        house.mode("approve", kind="jira.add_comment")
        restrict(house)

        await house.ask("@bot status")

        (message,) = house.messages()
        assert "PAY-7" not in str(message)
        assert house.labels(message) == ["Approve", "Reject"]
