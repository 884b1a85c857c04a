"""Posting, editing, deleting and reacting: what the server holds afterwards, and what was sent."""

from dataclasses import replace
from typing import Any

import pytest

from chargehand.connectors.discord.actions import PARTLY_SENT
from chargehand.domain.action import ActionKind, Done, Faulty, Refused, RetryAfter, Undecided
from chargehand.domain.event import Place, PlaceKind
from chargehand.plugins.connector import LookUpState
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID
from tests.connectors.discord.client.world import World

pytestmark = [pytest.mark.anyio, pytest.mark.contract]
BUTTON = {"label": "Approve", "command": "approve apv_1 0123456789abcdef", "style": "primary"}
LONG = "\n\n".join(f"part {name} " + name * 1_900 for name in "abc")


async def test_a_message_is_posted_with_its_buttons_as_a_reply(world: World) -> None:
    asked = world.discord.say("How is PAY-7?", author="Mei Tanaka", channel="payments")

    result = await world.client.perform(
        world.post("PAY-7 is **late**, @everyone.", controls=[BUTTON], reply_to=asked.id)
    )

    assert isinstance(result, Done)
    stored = world.discord.state.messages[result.external_id]
    channel = world.channel_id("payments")
    assert result.url == f"https://discord.com/channels/{GUILD_ID}/{channel}/{stored.id}"
    assert stored.content == "PAY-7 is **late**, @\u200beveryone."
    assert (stored.pinged, stored.reply_to) == ([], asked.id)
    assert [one["custom_id"] for one in stored.components[0]["components"]] == [BUTTON["command"]]


async def test_thread_is_read_oldest_first_and_nothing_outside_of_one(world: World) -> None:
    channel = world.channel_id("payments")
    for text in ("first", "second", "third"):
        world.discord.say(text, author="Mei Tanaka", channel="payments")
    # A thread is a channel of its own, and read like one.
    place = Place("1", PlaceKind.PUBLIC, thread_id=channel)

    found = await world.client.read_thread(place, limit=2)
    nowhere = await world.client.read_thread(replace(place, thread_id=None), limit=2)
    gone = await world.client.read_thread(replace(place, thread_id="999999999999999999"), limit=2)

    assert found is not None
    assert [(one.author, one.text, one.is_ours) for one in found] == [
        ("Mei Tanaka", "second", False),
        ("Mei Tanaka", "third", False),
    ]
    assert (nowhere, gone) == ((), None)


async def test_one_account_is_notified_and_nobody_else(world: World) -> None:
    mei, tom = world.discord.person("Mei Tanaka"), world.discord.person("Tom Berg")
    mention = {"account_id": mei.id, "name": "Mei Tanaka"}

    result = await world.client.perform(world.post(f"see <@{tom.id}>", mention=mention))

    assert isinstance(result, Done)
    assert world.discord.state.messages[result.external_id].pinged == [mei.id]


async def test_a_long_message_goes_on_and_a_lost_part_is_sent_once(world: World) -> None:
    """The second part is stored, but its answer is lost; the next attempt sends only the third."""
    posted = world.post(LONG, controls=[BUTTON])
    world.discord.inject(method="POST", path=".*/messages", delay_s=0.001)
    world.discord.inject(method="POST", path=".*/messages", cut="after")

    first = await world.client.perform(posted)
    looked = await world.client.look_up(posted, world.past())
    second = await world.client.perform(posted)

    assert isinstance(first, Undecided)
    assert looked.state is LookUpState.ABSENT
    assert isinstance(second, Done)
    texts = world.discord.texts("payments")
    assert [text[:6] for text in texts] == ["part a", "part b", "part c"]
    last = world.discord.state.messages[str(second.detail["more"][-1])]  # type: ignore[index]
    assert last.components
    assert (await world.client.look_up(posted, world.past())).external_id == second.external_id


async def test_a_repeated_message_is_stored_once_while_discord_remembers_it(world: World) -> None:
    posted = world.post("PAY-7 is late.")
    world.discord.inject(method="POST", path=".*/messages", cut="after")

    first = await world.client.perform(posted)
    looked = await world.client.look_up(posted, world.past())
    second = await world.client.perform(posted)

    assert isinstance(first, Undecided)
    assert looked.state is LookUpState.FOUND
    assert isinstance(second, Done)
    assert second.external_id == looked.external_id
    assert world.discord.texts("payments") == ["PAY-7 is late."]


async def test_what_did_not_land_is_absent(world: World) -> None:
    posted = world.post("PAY-7 is late.")
    world.discord.say("PAY-7 is late.", author="Tom Berg", channel="payments")
    world.discord.inject(method="POST", path=".*/messages", cut="before")

    await world.client.perform(posted)

    assert (await world.client.look_up(posted, world.past())).state is LookUpState.ABSENT


async def test_same_words_twice_leave_the_look_up_unsure(world: World) -> None:
    await world.client.perform(world.post("PAY-7 is late."))
    other = world.action(
        ActionKind.DISCORD_POST_MESSAGE,
        world.channel_id("payments"),
        {"markdown": "PAY-7 is late."},
        number=7,
    )
    await world.client.perform(other)

    assert (await world.client.look_up(other, world.past())).state is LookUpState.UNSURE


async def test_an_answer_is_not_sent_once_its_question_is_gone(world: World) -> None:
    asked = world.discord.say("How is PAY-7?", author="Mei Tanaka", channel="payments")
    base = {"message_id": asked.id}
    target, params = world.channel_id("payments"), {"markdown": "late"}
    answer = world.action(ActionKind.DISCORD_POST_MESSAGE, target, params, base)
    del world.discord.state.messages[asked.id]

    result = await world.client.perform(answer)

    assert result == Refused("question_deleted", f"message {asked.id} is not there any more")
    assert world.discord.writes() == []


async def test_a_direct_message_names_its_conversation(world: World) -> None:
    mei = world.discord.person("Mei Tanaka")
    direct = world.action(
        ActionKind.DISCORD_SEND_DIRECT_MESSAGE, mei.id, {"markdown": "hi", "controls": [BUTTON]}
    )

    result = await world.client.perform(direct)

    assert isinstance(result, Done)
    channel, message = result.external_id.split("/")
    assert world.discord.state.channels[channel].recipient_id == mei.id
    assert world.discord.state.messages[message].content == "hi"
    assert (await world.client.look_up(direct, world.past())).external_id == result.external_id


async def test_closed_doors_are_told_apart(world: World) -> None:
    shy = world.discord.add_person("Shy", takes_direct=False)
    refunds = world.discord.channel("refunds")
    refunds.is_archived = refunds.is_locked = True
    world.discord.add_channel("hidden", is_hidden=True)

    results = [
        await world.client.perform(
            world.action(ActionKind.DISCORD_SEND_DIRECT_MESSAGE, shy.id, {"markdown": "hi"})
        ),
        await world.client.perform(world.post("hi", thread_id=refunds.id)),
        await world.client.perform(world.post("hi", channel="hidden")),
        await world.client.perform(
            world.action(ActionKind.DISCORD_POST_MESSAGE, "1", {"markdown": "hi"})
        ),
    ]

    assert [getattr(one, "reason", one) for one in results] == [
        "direct_messages_closed",
        "thread_archived",
        "permission_missing",
        "target_missing",
    ]
    assert all(isinstance(one, Refused) for one in results)


async def test_a_thread_that_was_only_put_away_opens_again(world: World) -> None:
    refunds = world.discord.channel("refunds")
    refunds.is_archived = True

    result = await world.client.perform(world.post("hi", thread_id=refunds.id))

    assert isinstance(result, Done)
    assert world.discord.texts("refunds") == ["hi"]
    assert result.external_id.startswith(f"{refunds.id}/")


async def test_a_later_part_that_is_refused_tells_what_stands_there(world: World) -> None:
    world.discord.inject(method="POST", path=".*/messages", delay_s=0.001)
    world.discord.inject(method="POST", path=".*/messages", status=403)

    result = await world.client.perform(world.post(LONG))

    assert isinstance(result, Faulty)
    assert (result.reason, result.external_id) == (
        PARTLY_SENT,
        next(iter(world.discord.state.messages)),
    )
    assert result.detail == "1 of 3 requests were done, then: permission_missing"


async def said_by_bot(world: World, text: str, **more: Any) -> str:
    result = await world.client.perform(world.post(text, **more))
    assert isinstance(result, Done)
    return f"{world.channel_id('payments')}/{result.external_id}"


async def test_an_edit_replaces_text_and_buttons_of_an_unchanged_message(world: World) -> None:
    target = await said_by_bot(world, "Approve?", controls=[BUTTON])
    message = world.discord.state.messages[target.split("/")[1]]
    edit = world.action(
        ActionKind.DISCORD_EDIT_MESSAGE,
        target,
        {"markdown": "Approved by Mei."},
        {"markdown": "Approve?", "controls": [BUTTON]},
    )

    assert (await world.client.look_up(edit, world.past())).state is LookUpState.ABSENT
    result = await world.client.perform(edit)

    assert isinstance(result, Done)
    assert result.external_id == target
    assert (message.content, message.components) == ("Approved by Mei.", [])
    assert (await world.client.look_up(edit, world.past())).state is LookUpState.FOUND
    message.content = "something else"
    assert (await world.client.perform(edit)) == Refused(
        "base_changed", f"message {target} says something else now"
    )


async def test_an_edit_fills_the_messages_there_are_and_deletes_what_is_left(world: World) -> None:
    posted = await world.client.perform(world.post(LONG, controls=[BUTTON]))
    assert isinstance(posted, Done)
    target = f"{world.channel_id('payments')}/{posted.external_id}"
    # An edit may fail half way; the next attempt goes on, whatever stands there by then.
    world.discord.inject(method="PATCH", delay_s=0.001)
    world.discord.inject(method="PATCH", status=503)
    shorter = "\n\n".join(f"new {name} " + name * 1_900 for name in "xy")
    params = {"markdown": shorter, "controls": [BUTTON], "more": posted.detail["more"]}
    base = {"markdown": LONG, "controls": [BUTTON]}
    edit = world.action(ActionKind.DISCORD_EDIT_MESSAGE, target, params, base)

    first = await world.client.perform(edit)
    assert isinstance(first, Undecided)
    assert (await world.client.look_up(edit, world.past())).state is LookUpState.ABSENT
    second = await world.client.perform(edit)

    assert isinstance(second, Done)
    assert [text[:5] for text in world.discord.texts("payments")] == ["new x", "new y"]
    one, two = world.discord.state.messages.values()
    assert (one.components, len(two.components)) == ([], 1)
    assert (await world.client.look_up(edit, world.past())).state is LookUpState.FOUND


async def test_nothing_of_other_people_is_edited_or_deleted(world: World) -> None:
    theirs = world.discord.say("mine", author="Tom Berg", channel="payments")
    target = f"{theirs.channel_id}/{theirs.id}"

    edited = await world.client.perform(
        world.action(ActionKind.DISCORD_EDIT_MESSAGE, target, {"markdown": "x"})
    )
    deleted = await world.client.perform(
        world.action(ActionKind.DISCORD_DELETE_MESSAGE, target, {})
    )

    assert edited == deleted == Refused("base_changed", f"message {target} is not the bot's")
    assert world.discord.texts("payments") == ["mine"]
    assert world.discord.writes() == []


async def test_a_deletion_takes_every_part_and_is_done_once(world: World) -> None:
    posted = await world.client.perform(world.post(LONG))
    assert isinstance(posted, Done)
    target = f"{world.channel_id('payments')}/{posted.external_id}"
    params = {"more": posted.detail["more"]}
    deletion = world.action(ActionKind.DISCORD_DELETE_MESSAGE, target, params)

    assert (await world.client.look_up(deletion, world.past())).state is LookUpState.ABSENT
    first, second = [await world.client.perform(deletion) for _ in range(2)]

    assert world.discord.texts("payments") == []
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (first.detail, second.detail) == ({}, {"already": True})
    assert (await world.client.look_up(deletion, world.past())).state is LookUpState.FOUND


@pytest.mark.parametrize("emoji", ["👀", "working:1100000000000000077"])
async def test_a_reaction_is_given_and_taken_back(world: World, emoji: str) -> None:
    asked = world.discord.say("How is PAY-7?", author="Mei Tanaka", channel="payments")
    target = f"{asked.channel_id}/{asked.id}"
    adding = world.action(ActionKind.DISCORD_ADD_REACTION, target, {"emoji": emoji})
    removing = world.action(ActionKind.DISCORD_REMOVE_REACTION, target, {"emoji": emoji})

    added, again = [await world.client.perform(adding) for _ in range(2)]

    assert asked.reactions == {emoji: [APPLICATION_ID]}
    assert isinstance(added, Done)
    assert isinstance(again, Done)
    assert (added.detail, again.detail) == ({}, {"already": True})
    assert (await world.client.look_up(adding, world.past())).state is LookUpState.FOUND
    assert (await world.client.look_up(removing, world.past())).state is LookUpState.ABSENT
    await world.client.perform(removing)
    assert asked.reactions == {}


async def test_the_limit_of_a_channel_is_kept_without_being_refused(world: World) -> None:
    """Five messages in five seconds; the sixth waits here, and is handed back to the engine."""
    results = [
        await world.client.perform(
            world.action(
                ActionKind.DISCORD_POST_MESSAGE,
                world.channel_id("payments"),
                {"markdown": f"n {number}"},
                number=number,
            )
        )
        for number in range(6)
    ]

    assert all(isinstance(one, Done) for one in results[:5])
    assert results[5] == RetryAfter(5.0, "vendor_limit")
    assert len(world.discord.writes()) == 5
