"""What reactions say: a cross by the asker, and the bot's own sign that it works on an answer."""

import pytest

from chargehand.domain.member import Role
from chargehand.testing.jira.failures import Failure
from chargehand.testing.slack import people as slack_people
from chargehand.testing.slack.workspace_ids import BOT as BOT_ACCOUNT
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


def signs(house: ChatHouse, ts: str) -> list[str]:
    """The bot's reactions at a message in #pay."""
    place = house.slack.workspace
    message = place.find(place.channel(PAY_CHANNEL), ts)
    assert message is not None
    return [one["name"] for one in message.raw.get("reactions", []) if BOT_ACCOUNT in one["users"]]


def jira_is_away(house: ChatHouse, *, times: int) -> None:
    """Nothing can be read of work items for a while."""
    house.jira.inject(method="GET", path=".*/issue/.*", status=503, times=times)


def reaction_calls(house: ChatHouse) -> list[str]:
    """What was asked of Slack about reactions, in order."""
    methods = [one["method"] for one in house.slack.writes()]
    return [one for one in methods if one.startswith("reactions.")]


async def test_slow_answer_is_announced_by_a_reaction_that_goes_with_the_answer(
    chats: ChatHouse,
) -> None:
    await chats.chat("@bot status PAY-7")
    assert reaction_calls(chats) == []
    jira_is_away(chats, times=40)

    asked = await chats.chat("@bot status PAY-12")
    assert signs(chats, asked) == []
    await chats.wait(1.6)
    assert signs(chats, asked) == ["eyes"]
    # The worker is gone for good, and another one knows only the databases.
    chats.start()
    chats.jira.failures.clear()
    await chats.wait(300)

    assert len(chats.messages()) == 2
    assert signs(chats, asked) == []
    await chats.wait(300)
    assert reaction_calls(chats) == ["reactions.add", "reactions.remove"]
    assert [one.state.value for one in chats.actions if "reaction" in one.kind.value] == [
        "executed"
    ] * 2


async def ask_on_a_new_base(chats: ChatHouse) -> list[tuple[str, str, str]]:
    """Approve a label of PAY-7 that is based on others by then; how all but signs stands after."""
    (change,) = [one for one in chats.actions if one.kind.value == "jira.add_labels"]
    (approval,) = [one for one in chats.approvals if one.action_id == change.id]
    chats.approve(approval)
    chats.jira.edit("PAY-7", author="Mei Tanaka", fields={"labels": ["x"]})
    await chats.settle()
    found = [one for one in chats.actions if "reaction" not in one.kind.value]
    return sorted((one.kind.value, one.state.value, one.problem) for one in found)


async def test_sign_keeps_no_change_from_being_asked_on_a_new_base(chats: ChatHouse) -> None:
    chats.mode("approve", kind="jira.add_labels")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    jira_is_away(chats, times=40)
    asked = await chats.chat("@bot label PAY-7 urgent")
    await chats.wait(1.6)
    assert signs(chats, asked) == ["eyes"]
    chats.jira.failures.clear()
    await chats.wait(300)

    found = await ask_on_a_new_base(chats)

    assert found[:2] == [
        ("jira.add_labels", "rejected", "base_changed"),
        ("jira.add_labels", "waiting", ""),
    ]


async def test_words_about_the_old_base_are_not_sent_beside_those_about_the_new_one(
    chats: ChatHouse,
) -> None:
    chats.mode("approve", kind="jira.add_labels")
    chats.mode("approve", kind="slack.post_message")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    await chats.chat("@bot label PAY-7 urgent")

    assert await ask_on_a_new_base(chats) == [
        ("jira.add_labels", "rejected", "base_changed"),
        ("jira.add_labels", "waiting", ""),
        ("slack.post_message", "rejected", "outdated"),
        ("slack.post_message", "waiting", ""),
    ]


async def test_sign_that_nobody_saw_land_is_found_and_taken_away(chats: ChatHouse) -> None:
    jira_is_away(chats, times=40)
    asked = await chats.chat("@bot status PAY-12")
    chats.slack.desk.failures.add(Failure(path="/api/reactions.add", cut="after"))
    await chats.wait(1.6)
    assert signs(chats, asked) == ["eyes"]
    chats.jira.failures.clear()

    await chats.wait(10)
    assert len(chats.messages()) == 1
    assert signs(chats, asked) == ["eyes"]
    chats.start()
    await chats.wait(300)

    assert signs(chats, asked) == []
    assert reaction_calls(chats) == ["reactions.add", "reactions.remove"]


async def test_sign_goes_when_no_answer_comes_and_with_the_message(chats: ChatHouse) -> None:
    jira_is_away(chats, times=1000)
    first = await chats.chat("@bot status PAY-12")
    second = await chats.chat("@bot status PAY-7", user="Tom Berg")
    await chats.wait(1.6)
    assert (signs(chats, first), signs(chats, second)) == (["eyes"], ["eyes"])
    (waiting,) = [one for one in chats.asks if one.ask.comment_id == second]
    assert chats.trace(waiting.ask.id).ask is not None
    (sign,) = [one for one in chats.actions if one.target.endswith(second)]
    assert chats.trace(sign.id).event.id == waiting.ask.event_id

    slack_people.delete_message(chats.slack.workspace, PAY_CHANNEL, second)
    await chats.hear()
    await chats.wait(3 * 3600)

    assert {one.ask.state.value for one in chats.asks} == {"withdrawn", "stuck"}
    assert signs(chats, first) == []
    assert "action_failed" not in chats.notices


async def test_sign_is_only_recorded_while_the_chat_is_simulated_and_kept_from_approvals(
    chats: ChatHouse,
) -> None:
    jira_is_away(chats, times=1000)
    chats.mode("simulate", kind="slack.post_message")
    await chats.chat("@bot status PAY-12")
    await chats.wait(1.6)
    chats.mode("approve", kind="slack.post_message")
    await chats.chat("@bot status PAY-7")
    await chats.wait(1.6)
    chats.jira.failures.clear()
    await chats.wait(300)

    assert reaction_calls(chats) == []
    about_signs = [one for one in chats.actions if "reaction" in one.kind.value]
    assert [one.state.value for one in about_signs] == ["simulated"]
    assert chats.stores.database.read(lambda tx: tx.working_signs.ended(limit=9)) == ()
