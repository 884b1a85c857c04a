"""Subscribers are told privately, bundled, in their hours, and nothing they may not read."""

import pytest

from chargehand.domain.account import AccountRef
from chargehand.domain.action import ActionState
from chargehand.domain.ids import AccountId, ProjectKey, WorkItemKey
from chargehand.domain.member import Role
from chargehand.pipeline.accounts import note_deactivated
from tests.chat_house import SLACK, ChatHouse, restrict

pytestmark = pytest.mark.anyio
HOUR_S = 3600


async def subscribed(house: ChatHouse, *, jira: bool = True) -> None:
    """Mei wants to hear of PAY-7, and what the bot tells one alone is sent at once."""
    house.mode("auto", kind="slack.send_direct_message")
    house.member("Mei Tanaka", Role.DEVELOPER, jira=jira)
    await house.chat("@bot subscribe PAY-7")


async def comment(house: ChatHouse, text: str, *, author: str = "Ana Ruiz") -> None:
    await house.say(text, author=author)
    await house.settle()


async def test_changes_of_some_minutes_are_one_private_message(chats: ChatHouse) -> None:
    await subscribed(chats)
    chats.jira.transition("PAY-7", author="Ana Ruiz", to="In Review")
    await chats.changed()
    chats.jira.assign("PAY-7", author="Ana Ruiz", to="Tom Berg")
    await chats.changed()
    await comment(chats, "please look <!channel>")
    await comment(chats, "mine alone", author="Mei Tanaka")
    await chats.tell_subscribers(after_s=30)
    assert chats.told_alone() == []

    await chats.tell_subscribers(after_s=120)

    (told,) = chats.told_alone()
    assert "Status: In Progress → In Review, by Ana Ruiz" in told
    assert "→ Tom Berg, by Ana Ruiz" in told
    assert "A comment by Ana Ruiz: “please look" in told
    assert "<!channel>" not in told
    assert "mine alone" not in told
    assert "`unsubscribe PAY-7` ends it" in told.splitlines()[-1]
    assert not any("Status: In Progress" in said for said in chats.said())
    await chats.tell_subscribers(after_s=HOUR_S)
    assert len(chats.told_alone()) == 1


async def test_many_changes_make_one_message_a_window_and_are_counted(chats: ChatHouse) -> None:
    await subscribed(chats)
    for number in range(210):
        await chats.say(f"note {number}", author="Ana Ruiz")
    await chats.settle()
    await chats.tell_subscribers(after_s=125)
    await comment(chats, "one more")
    await chats.tell_subscribers(after_s=125)

    (told,) = chats.told_alone()
    assert "and 10 more changes" in told
    await chats.tell_subscribers(after_s=480)
    assert len(chats.told_alone()) == 2
    assert "A comment by Ana Ruiz: “one more”" in chats.told_alone()[1]


async def test_night_and_snooze_hold_and_mute_drops(chats: ChatHouse) -> None:
    await subscribed(chats)
    chats.clock.advance(12 * HOUR_S)
    await comment(chats, "at night")
    await chats.tell_subscribers(after_s=300)
    assert chats.told_alone() == []

    await chats.tell_subscribers(after_s=12 * HOUR_S)
    assert "at night" in chats.told_alone()[0]

    await chats.command("snooze for 1h")
    await comment(chats, "snoozed over")
    await chats.tell_subscribers(after_s=900)
    assert len(chats.told_alone()) == 1
    await chats.tell_subscribers(after_s=HOUR_S)
    assert "snoozed over" in chats.told_alone()[1]

    await chats.command("mute me for 1h")
    await comment(chats, "muted away")
    await chats.tell_subscribers(after_s=900)
    await chats.tell_subscribers(after_s=2 * HOUR_S)
    assert len(chats.told_alone()) == 2


async def test_who_may_not_read_it_any_more_is_told_nothing_and_sees_why(
    chats: ChatHouse,
) -> None:
    await subscribed(chats)
    await comment(chats, "before it was closed off")
    open_item = chats.jira.issue("PAY-7")
    restrict(chats)
    await chats.tell_subscribers(after_s=300)
    await chats.command("subscriptions")

    assert chats.told_alone() == []
    listed = chats.whispered()[-1]["text"]
    assert "changes of PAY-7" in listed
    assert "not told since" in listed

    chats.jira.state.issues["PAY-7"] = open_item
    project = chats.jira.site.project_of(open_item)
    mei = chats.jira.person("Mei Tanaka").account_id
    rights = project.permissions.pop(mei)
    await comment(chats, "open again, but not to everybody")
    await chats.tell_subscribers(after_s=300)
    assert chats.told_alone() == []

    project.permissions[mei] = rights
    await comment(chats, "open to all")
    await chats.tell_subscribers(after_s=300)
    (told,) = chats.told_alone()
    assert "open to all" in told
    assert "before" not in told


async def test_simulated_message_is_never_sent_and_said_so_at_subscribing(
    chats: ChatHouse,
) -> None:
    chats.mode("simulate", kind="slack.send_direct_message")
    chats.member("Mei Tanaka", Role.DEVELOPER)
    await chats.command("subscribe PAY-7")
    await comment(chats, "hello")
    await chats.tell_subscribers(after_s=300)
    chats.mode("auto", kind="slack.send_direct_message")
    await chats.tell_subscribers(after_s=300)

    assert "is only simulated" in chats.whispered()[0]["text"]
    assert chats.told_alone() == []
    assert ("slack.send_direct_message", "simulated") in chats.states


async def test_ticket_subscriber_needs_a_confirmed_chat_and_is_told_so(chats: ChatHouse) -> None:
    chats.mode("auto")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    account = AccountRef(SLACK, AccountId(chats.slack_id("Mei Tanaka")))
    now = chats.clock.now()
    chats.stores.database.write(lambda tx: note_deactivated(tx, account, now=now))
    await chats.ask("@bot subscribe")

    assert "nothing was stored" in chats.replies()[-1].text
    assert "chats: slack" in chats.replies()[-1].text

    chats.member("Ana Ruiz", Role.DEVELOPER, jira=True)
    await chats.ask("@bot subscribe this ticket", author="Ana Ruiz")
    await comment(chats, "for Ana", author="Tom Berg")
    await chats.tell_subscribers(after_s=300)
    assert "for Ana" in chats.told_alone()[0]


async def test_unsubscribing_in_the_private_chat_ends_it(chats: ChatHouse) -> None:
    await subscribed(chats)
    await comment(chats, "too late")
    await chats.chat("unsubscribe PAY-7", channel="@chargehand")
    before = chats.told_alone()
    await chats.tell_subscribers(after_s=300)

    assert before == ["You no longer hear of PAY-7."]
    assert chats.told_alone() == before


async def test_topic_of_a_project_is_told_but_not_of_what_is_restricted(chats: ChatHouse) -> None:
    chats.mode("auto", kind="slack.send_direct_message")
    chats.member("Mei Tanaka", Role.PROJECT_MANAGER)
    chats.mode("approve", kind="jira.add_comment")
    await chats.command("subscribe approvals")
    await chats.ask("@bot status", author="Ana Ruiz")
    await chats.ask("@bot status", author="Ana Ruiz", item="PAY-8")
    restrict(chats, "PAY-8")
    await chats.tell_subscribers(after_s=300)

    (told,) = chats.told_alone()
    waiting = {one.id: one.target for one in chats.actions if one.state is ActionState.WAITING}
    shown = {waiting[one.action_id]: one.short_id in told for one in chats.approvals}
    assert shown == {"PAY-7": True, "PAY-8": False}
    assert "PAY-8" not in told
    assert "`unsubscribe approvals`" in told


async def test_moved_ticket_is_followed_and_listed_under_its_new_key(chats: ChatHouse) -> None:
    await subscribed(chats)
    chats.stores.database.write(
        lambda tx: tx.subscriptions.move(
            WorkItemKey("PAY-7"), WorkItemKey("PAY-8"), ProjectKey("PAY")
        )
    )
    await chats.say("on the new one", author="Ana Ruiz", item="PAY-8")
    await chats.settle()
    await chats.tell_subscribers(after_s=300)

    assert "on the new one" in chats.told_alone()[0]


async def test_own_change_made_by_the_bot_is_told_to_the_others_alone(chats: ChatHouse) -> None:
    await subscribed(chats)
    chats.mode("auto")
    chats.member("Ana Ruiz", Role.DEVELOPER, jira=True)
    await chats.command("subscribe PAY-7", user="Ana Ruiz")
    await chats.ask('@bot transition to "In Review"', author="Mei Tanaka")
    await chats.changed()
    await chats.tell_subscribers(after_s=300)

    (told,) = chats.told_alone()
    assert "→ In Review, by" in told
    (message,) = [one for one in chats.actions if one.kind.value.endswith("direct_message")]
    assert message.target == chats.slack_id("Ana Ruiz")


async def test_tracker_that_is_away_only_delays_the_message(chats: ChatHouse) -> None:
    await subscribed(chats)
    await comment(chats, "not lost")
    chats.jira.inject(method="GET", path=".*/issue/PAY-7.*", status=503, times=40)
    await chats.tell_subscribers(after_s=150)
    assert chats.told_alone() == []

    chats.jira.failures.clear()
    await chats.tell_subscribers(after_s=301)
    assert "not lost" in chats.told_alone()[0]
