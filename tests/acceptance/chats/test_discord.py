"""Somebody uses a slash command in Discord: promised at once, answered in its place, once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chargehand.bootstrap.discord import live_discord, open_client
from chargehand.bootstrap.discord_commands import slash_commands
from chargehand.config.discord_settings import DiscordConnection
from chargehand.domain.ids import ConnectionId
from chargehand.domain.member import Role
from chargehand.pipeline.connection import LiveConnection
from chargehand.testing.clock import FakeClock
from chargehand.testing.discord import FakeDiscord, seed_demo
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID, Interaction
from tests.chat_house import add_to_team
from tests.house import START, Doubles, House, house_settings, open_house
from tests.wire import ContractCheck

pytestmark = pytest.mark.anyio
DISCORD = ConnectionId("discord")
DEFERRED = 5


class DiscordHouse(House):
    """A house with a Discord server."""

    discord: FakeDiscord

    def furnish(self) -> None:
        """Open the server before the worker starts; its clock is the house's."""
        self.discord = _FAKES.pop()
        self.discord.state.clock = self.clock

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        """Jira as everywhere, and Discord without a socket."""
        configured = next(
            one for one in self.settings.connections if isinstance(one, DiscordConnection)
        )
        client = open_client(configured, clock=self.clock, transport=self.discord.transport())
        live = replace(live_discord(configured, clock=self.clock), client=client)
        return {**super().connect_all(), DISCORD: live}

    async def hear(self, interaction: Interaction) -> dict[str, Any]:
        """Let an interaction arrive, and the worker do what follows; the promise given."""
        self.clock.advance(1)
        headers, body = self.discord.signed(interaction)
        response = await self.front.post("/webhooks/discord", headers=headers, content=body)
        promise: dict[str, Any] = response.json()
        self.discord.take_answer(interaction, response.status_code, promise)
        await self.settle()
        return promise

    async def command(self, line: str, *, author: str = "Mei Tanaka") -> dict[str, Any]:
        """Somebody types a slash command in #payments."""
        self.clock.advance(1)
        return await self.hear(self.discord.command(line, author=author, channel="payments"))

    async def aclose(self) -> None:
        await super().aclose()
        await self.discord.aclose()


_FAKES: list[FakeDiscord] = []


@pytest.fixture
async def discord(
    storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> AsyncIterator[DiscordHouse]:
    """A house whose slash commands are registered, and whose bot speaks at once."""
    fake = FakeDiscord(clock=FakeClock(START))
    seed_demo(fake)
    _FAKES.append(fake)
    server = {
        "connector": "discord",
        "bot_token": fake.state.bot_token,
        "application_id": APPLICATION_ID,
        "public_key": fake.state.key.public_key,
        "guild_id": GUILD_ID,
        "api_url": fake.api_url,
        "channels": {fake.channel("payments").id: ["PAY"]},
    }
    settings = house_settings(storage["data_dir"], storage=storage, chats=[server])
    doubles = Doubles(contract=contract_if_any)
    async with open_house(settings, doubles, kind=DiscordHouse) as house:
        assert isinstance(house, DiscordHouse)
        for number, one in enumerate(slash_commands()):
            # Registering them takes as long as Discord allows; other tests do it.
            options = [{"name": o.name, "type": 3, "description": "x"} for o in one.options]
            fake.state.commands[str(number)] = {
                "id": str(number),
                "type": 1,
                "name": one.name,
                "description": one.description,
                "options": options,
            }
        house.mode("auto", kind="discord.post_message")
        yield house


async def test_command_is_promised_a_reply_and_gets_it(discord: DiscordHouse) -> None:
    promise = await discord.command("status PAY-7")

    assert promise["type"] == DEFERRED
    (reply,) = discord.discord.texts("payments")
    assert "PAY-7" in reply
    assert "In Progress" in reply
    assert discord.verdicts == [("respond", "answered_from_facts")]


async def test_key_of_a_project_that_is_not_served_reads_like_a_missing_one(
    discord: DiscordHouse,
) -> None:
    await discord.command("status HELP-1")
    await discord.command("status PAY-999")

    elsewhere, missing = discord.discord.texts("payments")
    assert elsewhere.replace("HELP", "PAY").replace("-1", "-999") == missing


async def test_change_is_approved_by_its_button(discord: DiscordHouse) -> None:
    discord.mode("approve", kind="jira.transition_issue")
    _add(discord, "Mei Tanaka", Role.DEVELOPER, jira=True)
    _add(discord, "Ana Ruiz", Role.APPROVER)
    await discord.command("transition PAY-7 to In Review")
    (message,) = discord.discord.state.in_channel(discord.discord.channel("payments").id)
    (approve, _) = [one["custom_id"] for row in message.components for one in row["components"]]

    await discord.hear(discord.discord.press(message.id, approve, author="Tom Berg"))
    assert discord.writes == []
    await discord.hear(discord.discord.press(message.id, approve, author="Ana Ruiz"))

    assert discord.jira.issue("PAY-7").status == discord.jira.issue("PAY-12").status
    edited = discord.discord.state.messages[message.id]
    assert "Approved by Ana Ruiz" in edited.content
    assert edited.components == []


async def test_private_command_is_promised_privately(discord: DiscordHouse) -> None:
    promise = await discord.command("whoami")

    assert promise == {"type": DEFERRED, "data": {"flags": 64}}


def _add(house: DiscordHouse, name: str, role: Role, *, jira: bool = False) -> None:
    add_to_team(house, name, {DISCORD: house.discord.person(name).id}, role, jira=jira)
