"""Answers to interactions: in the place of the promise, seen by whom it was promised to."""

import pytest

from chargehand.domain.action import ActionKind, ApprovedAction, Done, Refused, Undecided
from chargehand.plugins.connector import LookUpState
from chargehand.testing.discord.state import Interaction
from tests.connectors.discord.client.world import World

pytestmark = [pytest.mark.anyio, pytest.mark.contract]
BUTTON = {"label": "Why?", "command": "why dec_1"}
LONG = "\n\n".join(f"part {name} " + name * 1_900 for name in "ab")


def reply(
    world: World, to: Interaction, markdown: str, kind: ActionKind = ActionKind.DISCORD_EDIT_REPLY,
    **more: object,
) -> ApprovedAction:  # fmt: skip
    params = {"markdown": markdown, "reply_token": to.token, **more}
    return world.action(kind, world.channel_id("payments"), params)


async def test_the_answer_takes_the_place_of_the_promise(world: World) -> None:
    asked = world.asked()
    answer = reply(world, asked, "PAY-7 is **late**, @here.", controls=[BUTTON])
    assert (await world.client.look_up(answer, world.past())).state is LookUpState.ABSENT

    result = await world.client.perform(answer)

    assert isinstance(result, Done)
    assert result.external_id == asked.reply_id
    assert world.discord.texts("payments") == ["PAY-7 is **late**, @\u200bhere."]
    message = world.discord.state.messages[result.external_id]
    assert message.pinged == []
    assert message.components[0]["components"][0]["custom_id"] == "why dec_1"
    found = await world.client.look_up(answer, world.past())
    assert (found.state, found.external_id) == (LookUpState.FOUND, asked.reply_id)


async def test_a_long_answer_to_one_person_stays_with_that_person(world: World) -> None:
    asked = world.asked(private=True)
    answer = reply(world, asked, LONG)

    result = await world.client.perform(answer)

    assert isinstance(result, Done)
    assert world.discord.texts("payments") == []
    stored = list(world.discord.state.messages.values())
    assert [one.content[:6] for one in stored] == ["part a", "part b"]
    assert result.detail == {"more": [stored[1].id], "is_private": True}
    assert (await world.client.look_up(answer, world.past())).state is LookUpState.UNSURE


async def test_a_long_answer_goes_on_below_the_reply(world: World) -> None:
    answer = reply(world, world.asked(), LONG)

    await world.client.perform(answer)

    assert [text[:6] for text in world.discord.texts("payments")] == ["part a", "part b"]
    assert (await world.client.look_up(answer, world.past())).state is LookUpState.FOUND
    del world.discord.state.messages[list(world.discord.state.messages)[-1]]
    assert (await world.client.look_up(answer, world.past())).state is LookUpState.UNSURE


@pytest.mark.parametrize("is_private", [False, True])
async def test_a_follow_up_is_seen_by_whom_it_says(world: World, *, is_private: bool) -> None:
    asked = world.asked()
    kind = ActionKind.DISCORD_FOLLOW_UP
    more = reply(world, asked, "Details.", kind, is_private=is_private)

    result = await world.client.perform(more)

    assert isinstance(result, Done)
    assert world.discord.state.messages[result.external_id].content == "Details."
    assert ("Details." in world.discord.texts("payments")) is not is_private
    wanted = LookUpState.UNSURE if is_private else LookUpState.FOUND
    assert (await world.client.look_up(more, world.past())).state is wanted


@pytest.mark.parametrize("kind", [ActionKind.DISCORD_EDIT_REPLY, ActionKind.DISCORD_FOLLOW_UP])
async def test_an_expired_token_is_refused(world: World, kind: ActionKind) -> None:
    answer = reply(world, world.asked(), "late", kind)
    world.clock.advance(15 * 60 + 1)

    result = await world.client.perform(answer)

    assert isinstance(result, Refused)
    assert result.reason == "interaction_expired"


async def test_the_token_is_in_no_error_and_needs_no_sign_in(world: World) -> None:
    asked = world.asked()
    world.discord.inject(method="PATCH", cut="after")

    result = await world.client.perform(reply(world, asked, "late"))

    assert isinstance(result, Undecided)
    assert asked.token not in repr(result)
    (sent,) = [one for one in world.discord.requests if one.method == "PATCH"]
    assert sent.caller == ""
    wrong = world.action(
        ActionKind.DISCORD_EDIT_REPLY, "1", {"markdown": "x", "reply_token": "a b"}
    )
    assert "a b" not in repr(await world.client.perform(wrong))
