"""Somebody asks the bot in Slack: one ask, one answer, in its place, and nothing for others."""

from datetime import timedelta

import pytest

from chargehand.domain.member import Role
from chargehand.testing.slack.people import delete_message, edit_message, say, use_shortcut
from tests.chat_house import PAY_CHANNEL, RANDOM_CHANNEL, ChatHouse, restrict

pytestmark = pytest.mark.anyio


async def test_mention_is_answered_from_jira_in_a_thread(chats: ChatHouse) -> None:
    ts = await chats.chat("@bot status PAY-7")

    (message,) = chats.messages()
    assert message["thread_ts"] == ts
    assert "PAY-7" in message["text"]
    assert "reply_broadcast" not in message
    assert sorted(chats.verdicts) == [
        ("respond", "answered_from_facts"),
        ("silent", "own_comment"),
    ]


async def test_same_ask_told_twice_and_retried_is_answered_once(chats: ChatHouse) -> None:
    chats.clock.advance(1)
    say(chats.slack.workspace, PAY_CHANNEL, user="Mei Tanaka", text="<@U0CHARGEHAND> status PAY-7")
    await chats.hear(times=3)

    assert len(chats.messages()) == 1
    assert len(chats.asks) == 1


async def test_question_in_a_thread_is_about_the_item_the_thread_began_with(
    chats: ChatHouse,
) -> None:
    ts = await chats.chat("@bot status PAY-7")

    await chats.chat("@bot what is blocking this?", thread_ts=ts)

    first, second = chats.messages()
    assert first["thread_ts"] == second["thread_ts"] == ts
    assert chats.asks[0].ask.work_item == "PAY-7"


async def test_shortcut_is_answered_to_whoever_used_it_alone(chats: ChatHouse) -> None:
    workspace = chats.slack.workspace
    named = say(workspace, PAY_CHANNEL, user="Tom Berg", text="PAY-7 is all I wait for").ts
    said = say(workspace, PAY_CHANNEL, user="Tom Berg", text="nothing new").ts
    chats.member("Mei Tanaka", Role.DEVELOPER)

    use_shortcut(workspace, "status", user="Mei Tanaka", channel="pay", ts=named)
    await chats.hear()
    (told,) = chats.whispered()
    assert (told["user"], told["channel"]) == (chats.slack_id("Mei Tanaka"), PAY_CHANNEL)
    assert "PAY-7" in told["text"]
    assert "In Progress" in told["text"]
    use_shortcut(workspace, "status", user="Mei Tanaka", channel="pay", ts=said)
    use_shortcut(workspace, "nonsense", user="Mei Tanaka", channel="pay", ts=said)
    await chats.hear()
    assert len(chats.whispered()) == 3
    assert not any("In Progress" in one["text"] for one in chats.whispered()[1:])
    use_shortcut(workspace, "help", user="Mei Tanaka")
    use_shortcut(workspace, "nonsense", user="Mei Tanaka")
    await chats.hear()

    direct = next(one for one in workspace.channels if one.startswith("D"))
    assert [said for said in chats.said(direct) if "not understand “nonsense”" in said]
    assert "`status [KEY]`" in "".join(chats.said(direct))
    assert chats.said() == []
    assert chats.notices == []


async def test_words_that_only_look_like_keys_are_none(chats: ChatHouse) -> None:
    await chats.chat("@bot status UTF-8 and SHA-256 and CI-123")

    (said,) = chats.said()
    assert chats.asks[0].ask.work_item is None
    assert "can not find" not in said


async def test_channel_that_serves_nothing_gets_one_private_hint(chats: ChatHouse) -> None:
    chats.slack.workspace.channel("random").members.append("U0CHARGEHAND")
    await chats.chat("@bot status PAY-7", channel=RANDOM_CHANNEL)
    await chats.chat("@bot status PAY-7", channel=RANDOM_CHANNEL, user="Tom Berg")

    assert chats.messages(RANDOM_CHANNEL) == []
    (hint,) = chats.whispered()
    assert hint["user"] == chats.slack_id("Mei Tanaka")
    assert "serves no project" in hint["text"]
    assert chats.notices == ["channel_not_served"]


async def test_guest_is_told_nothing_of_a_project(chats: ChatHouse) -> None:
    chats.slack.workspace.add_person("Gus Guest", is_guest=True)
    chats.slack.workspace.channel("pay").members.append(chats.slack_id("Gus Guest"))

    await chats.chat("@bot status PAY-7", user="Gus Guest")

    assert chats.messages() == []
    assert all("PAY-7" not in one["text"] for one in chats.whispered())


async def test_restricted_item_answers_like_a_missing_one(chats: ChatHouse) -> None:
    restrict(chats)

    await chats.chat("@bot status PAY-7")
    await chats.chat("@bot status PAY-7777")

    hidden, missing = chats.said()
    assert hidden.replace("PAY-7", "PAY-7777") == missing


async def test_edited_and_deleted_questions_are_followed(chats: ChatHouse) -> None:
    message = say(
        chats.slack.workspace, PAY_CHANNEL, user="Mei Tanaka", text="<@U0CHARGEHAND> status PAY-7"
    )
    edit_message(
        chats.slack.workspace, PAY_CHANNEL, message.ts, text="<@U0CHARGEHAND> blockers PAY-7"
    )
    await chats.hear()
    gone = say(
        chats.slack.workspace, PAY_CHANNEL, user="Mei Tanaka", text="<@U0CHARGEHAND> status PAY-8"
    )
    delete_message(chats.slack.workspace, PAY_CHANNEL, gone.ts)
    await chats.hear()

    assert len(chats.said()) == 1
    assert {one.ask.state.value for one in chats.asks} <= {"decided", "withdrawn"}


async def test_ten_minute_old_signature_is_refused(chats: ChatHouse) -> None:
    await chats.chat("hello")
    sending = chats.slack.sender.sendings[0]

    late = await chats.tell(sending, age=timedelta(minutes=10))

    assert late.status_code == 401
    assert late.json()["code"] == "signature_stale"


async def test_direct_message_of_a_stranger_is_told_nothing(chats: ChatHouse) -> None:
    await chats.chat("status PAY-7", channel="@chargehand")

    told = [
        *chats.whispered(),
        *(m for c in chats.slack.workspace.channels for m in chats.messages(c)),
    ]
    assert all("In Progress" not in one["text"] for one in told)


async def test_direct_message_of_a_confirmed_member_is_answered(chats: ChatHouse) -> None:
    chats.member("Mei Tanaka", Role.DEVELOPER)

    await chats.chat("status PAY-7", channel="@chargehand")

    direct = next(c for c in chats.slack.workspace.channels if c.startswith("D"))
    (message,) = chats.messages(direct)
    assert "PAY-7" in message["text"]
