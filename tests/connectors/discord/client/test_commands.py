"""The registered commands are brought in line one by one, and the check tells what differs."""

from dataclasses import replace
from typing import Any

import pytest

from chargehand.domain.command import ChatCommand
from chargehand.plugins.connector import Check, CheckState
from chargehand.plugins.errors import VendorFailing
from tests.connectors.discord.client.world import COMMANDS, World

pytestmark = [pytest.mark.anyio, pytest.mark.contract]


async def sync(world: World, *commands: ChatCommand) -> list[str]:
    client = world.connect(world.config, commands)
    changes = await client.command_changes()
    for change in changes:
        await client.write_command(change)
    return [f"{change.kind.value} {change.name}" for change in changes]


async def test_only_what_differs_is_written(world: World) -> None:
    status, help_, modes = COMMANDS
    renamed = replace(status, description="Where a ticket stands.")
    optional = replace(modes, options=modes.options[1:])

    assert await sync(world, status, help_) == ["create status", "create help"]
    assert await sync(world, status, help_) == []
    assert await sync(world, renamed, modes) == ["delete help", "edit status", "create modes"]
    assert await sync(world, renamed, optional) == ["edit modes"]
    methods = [one.method for one in world.discord.writes()]
    assert methods == ["POST", "POST", "DELETE", "PATCH", "POST", "PATCH"]
    assert "PUT" not in methods


async def test_a_command_is_registered_with_what_it_takes(world: World) -> None:
    await sync(world, *COMMANDS)

    held = {one["name"]: one for one in world.discord.state.commands.values()}
    kind, mode, page = held["modes"]["options"]
    assert (kind["type"], kind["required"]) == (3, True)
    assert mode["choices"] == [{"name": "a", "value": "a"}, {"name": "b", "value": "b"}]
    assert page["type"] == 4
    assert held["help"]["options"][0]["autocomplete"] is True


async def test_commands_of_other_menus_stay(world: World) -> None:
    world.discord.state.commands["9"] = {"id": "9", "type": 3, "name": "status", "description": ""}

    await sync(world, *COMMANDS)
    await sync(world)

    assert [one["id"] for one in world.discord.state.commands.values()] == ["9"]


async def test_the_limit_is_waited_out_and_a_failure_is_gone_on_from(world: World) -> None:
    many = [replace(COMMANDS[0], name=f"status-{number}") for number in range(7)]

    assert len(await sync(world, *many)) == 7
    assert sum(world.waits) == pytest.approx(20)
    world.discord.inject(method="DELETE", status=500)
    with pytest.raises(VendorFailing):
        await sync(world, *many[:5])
    assert await sync(world, *many[:5]) == ["delete status-5", "delete status-6"]


async def checks(world: World) -> dict[str, Check]:
    return {check.name: check for check in await world.client.check()}


async def test_a_working_connection_passes_every_check(world: World) -> None:
    world.discord.state.endpoint_url = "https://bot.example/webhooks/discord"
    await sync(world, *COMMANDS)

    found = await checks(world)

    # Without a server in between the fake sends no Date header.
    assert {one.name for one in found.values() if one.state is not CheckState.PASSED} == {"clock"}
    channel = found[f"channel {world.channel_id('payments')}"]
    assert channel.found == "#payments serves PAY"
    assert found["interactions endpoint"].found.endswith("https://bot.example/webhooks/discord")


async def test_what_is_wrong_is_named_with_a_way_to_mend_it(world: World) -> None:
    world.discord.channel("payments").is_hidden = True
    await sync(world, *COMMANDS[:1], replace(COMMANDS[1], name="old"))
    config = world.configured(public_key="0" * 64)
    world.client = world.connect(config)

    found = await checks(world)

    wrong = {one.name: one for one in found.values() if one.state is not CheckState.PASSED}
    assert list(wrong) == [
        "public key",
        "interactions endpoint",
        f"channel {world.channel_id('payments')}",
        "commands",
        "clock",
    ]
    assert "delete /old, create /help, create /modes" in wrong["commands"].found
    assert "discord register" in wrong["commands"].mend
    assert all(one.mend.endswith(".") for one in wrong.values() if one.name != "clock")


@pytest.mark.parametrize(
    ("changes", "name", "hint"),
    [
        ({"application_id": "1100000000000000099"}, "application", "application_id"),
        ({"guild_id": "1100000000000000099"}, "server", "Invite the bot"),
    ],
    ids=["application", "server"],
)
async def test_a_wrong_id_is_told(
    world: World, changes: dict[str, Any], name: str, hint: str
) -> None:
    world.client = world.connect(world.configured(**changes))

    found = (await checks(world))[name]

    assert found.state is CheckState.FAILED
    assert hint in found.mend


async def test_a_sign_in_that_fails_leaves_the_rest_untried(world: World) -> None:
    world.discord.state.bot_token = "another"

    found = await checks(world)

    assert found["sign-in"].state is CheckState.FAILED
    assert "DISCORD_BOT_TOKEN" in found["sign-in"].mend
    assert {one.state for one in found.values()} == {CheckState.FAILED, CheckState.SKIPPED}
