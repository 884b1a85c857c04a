"""Somebody uses a slash command in Discord: promised at once, answered in its place, once."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chargehand.bootstrap.discord import live_discord, open_client
from chargehand.bootstrap.discord_commands import slash_commands
from chargehand.config.discord_settings import DiscordConnection
from chargehand.connectors.discord.gateway import dispatched
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import ConnectionId
from chargehand.domain.member import Role
from chargehand.domain.records import ActionRecord
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.discord import FakeDiscord, seed_demo, shapes
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID, Interaction
from tests.chat_house import add_to_team, waiting
from tests.house import START, Doubles, House, house_settings, open_house
from tests.wire import ContractCheck

pytestmark = pytest.mark.anyio
DISCORD = ConnectionId("discord")
DEFERRED, FORM = 5, 9
PRIVATE = 64


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
        live = live_discord(configured, Surroundings(self.clock))
        client = open_client(
            configured,
            Surroundings(self.clock, self.discord.transport(), limits=live.limits),
        )
        return {
            **super().connect_all(),
            DISCORD: replace(live, client=client, accounts=client, threads=client),
        }

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

    async def overhear(self, content: str, *, author: str = "Mei Tanaka") -> str:
        """Somebody writes in #payments, and the gateway tells of it; the message's id."""
        self.clock.advance(1)
        message = self.discord.say(content, author=author, channel="payments")
        told = shapes.message(self.discord.state, message)
        told |= {"guild_id": GUILD_ID, "member": shapes.member(self.discord.person(author))}
        heard = VerifiedDelivery(
            connection_id=DISCORD,
            connector="discord",
            delivery_key=message.id,
            source=DeliverySource.LISTENER,
            lane=Lane.INTERACTIVE,
            received_at=self.clock.now(),
            body=dispatched(json.dumps(told).encode(), "MESSAGE_CREATE"),
            headers={},
        )
        await self._store((heard,))
        await self.settle()
        return message.id

    def whispered(self) -> list[str]:
        """What single people were shown, oldest first."""
        messages = self.discord.state.messages.values()
        return [one.content for one in messages if one.flags & PRIVATE]

    @property
    def actions_by_id(self) -> dict[str, ActionRecord]:
        """Every action."""
        return {one.id: one for one in self.actions}

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
        "approvals_channel": fake.channel("payments").id,
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


async def test_slow_answer_to_a_message_is_announced_by_a_reaction_that_goes_with_it(
    discord: DiscordHouse,
) -> None:
    discord.jira.inject(method="GET", path=".*/issue/.*", status=503, times=40)

    asked = await discord.overhear(f"<@{APPLICATION_ID}> status PAY-12")
    await discord.wait(1.6)
    reactions = discord.discord.state.messages[asked].reactions
    shown = {emoji: tuple(who) for emoji, who in reactions.items()}
    discord.jira.failures.clear()
    await discord.wait(300)

    assert shown == {"\N{EYES}": (APPLICATION_ID,)}
    assert not any(reactions.values())
    assert "PAY-12" in discord.discord.texts("payments")[-1]


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
    (approve, *_) = [one["custom_id"] for row in message.components for one in row["components"]]

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


async def test_what_waits_is_edited_in_a_form_that_is_the_answer_to_its_button(
    discord: DiscordHouse,
) -> None:
    discord.mode("approve", kind="jira.add_comment")
    _add(discord, "Mei Tanaka", Role.DEVELOPER)
    _add(discord, "Ana Ruiz", Role.APPROVER)
    await discord.ask("@bot status")
    (old,) = discord.approvals
    (message,) = discord.discord.state.in_channel(discord.discord.channel("payments").id)
    commands = [one["custom_id"] for row in message.components for one in row["components"]]
    assert [one.partition(" ")[0] for one in commands] == ["approve", "reject", "edit"]
    edit = commands[-1]

    refused = await discord.hear(discord.discord.press(message.id, edit, author="Mei Tanaka"))
    assert refused == {"type": 6}
    assert "takes one of these roles" in discord.whispered()[-1]
    opened = discord.discord.press(message.id, edit, author="Ana Ruiz")
    kept = len(discord.deliveries)
    answer = await discord.hear(opened)
    assert answer["type"] == FORM
    assert len(discord.deliveries) == kept
    (field,) = answer["data"]["components"][0]["components"]
    assert field["value"] == discord.actions_by_id[old.action_id].params["markdown"]
    await discord.hear(discord.discord.fill_in(opened, words="Due **Friday**.\n\n- not before"))
    assert "The new words wait as" in discord.whispered()[-1]
    assert "not before" in discord.discord.state.messages[message.id].content
    assert discord.replies() == []
    # The same form stood open at somebody else's, too.
    await discord.hear(discord.discord.fill_in(opened, words="Something else."))
    assert "older words" in discord.whispered()[-1]
    await discord.hear(_press_as_it_was(discord, message.id, commands[0]))

    assert "older words" in discord.whispered()[-1]
    assert discord.replies() == []
    assert sorted(one.state.value for one in discord.approvals) == ["open", "voided"]


async def test_reject_asks_why_in_a_form_and_rejects_once_it_is_handed_in(
    discord: DiscordHouse,
) -> None:
    discord.mode("approve", kind="jira.add_comment")
    _add(discord, "Mei Tanaka", Role.DEVELOPER)
    _add(discord, "Ana Ruiz", Role.APPROVER)
    await discord.ask("@bot status")
    (message,) = discord.discord.state.in_channel(discord.discord.channel("payments").id)
    (_, reject, _) = [one["custom_id"] for row in message.components for one in row["components"]]

    refused = await discord.hear(discord.discord.press(message.id, reject, author="Mei Tanaka"))
    assert refused == {"type": 6}
    assert "takes one of these roles" in discord.whispered()[-1]
    opened = discord.discord.press(message.id, reject, author="Ana Ruiz")
    answer = await discord.hear(opened)
    (field,) = answer["data"]["components"][0]["components"]
    assert (answer["type"], field["required"], field["max_length"]) == (FORM, False, 1_000)
    assert waiting(discord).short_id
    await discord.hear(discord.discord.fill_in(opened, reason="Ask the bank."))
    assert "It will not be sent" in discord.whispered()[-1]
    edited = discord.discord.state.messages[message.id].content
    assert "Rejected by Ana Ruiz" in edited
    assert "Reason: Ask the bank." in edited
    # Another form of the same button stood open, too.
    await discord.hear(discord.discord.fill_in(opened, reason="Once more."))

    assert "was rejected by Ana Ruiz" in discord.whispered()[-1]
    assert [one.reason for one in discord.approvals] == ["Ask the bank."]
    assert discord.replies() == []


async def test_slash_command_opens_the_form_for_the_one_who_may(discord: DiscordHouse) -> None:
    discord.mode("approve", kind="jira.add_comment")
    _add(discord, "Ana Ruiz", Role.APPROVER)
    await discord.ask("@bot status")
    (approval,) = discord.approvals
    line = f"edit {approval.short_id}"
    opened = discord.discord.command(line, author="Ana Ruiz", channel="payments")

    elsewhere = discord.discord.command(line, author="Ana Ruiz", channel="random")
    assert (await discord.hear(elsewhere))["type"] == DEFERRED
    assert (await discord.hear(opened))["type"] == FORM
    promise = await discord.hear(discord.discord.fill_in(opened, words=" "))
    assert promise == {"type": DEFERRED, "data": {"flags": 64}}
    assert "The form was empty" in discord.whispered()[-1]
    await discord.hear(discord.discord.fill_in(opened, words="Wait for the bank."))

    assert "Wait for the bank." in discord.discord.texts("payments")[0]
    discord.mode("simulate", kind="discord.post_message")
    again = discord.discord.command(
        f"edit {waiting(discord).short_id}", author="Ana Ruiz", channel="payments"
    )
    assert (await discord.hear(again))["type"] == DEFERRED


def _press_as_it_was(house: DiscordHouse, message_id: str, command: str) -> Interaction:
    """A press on a message that somebody still sees with its old buttons."""
    message = house.discord.state.messages[message_id]
    shown = message.components
    button = {"type": 2, "style": 1, "label": "Approve", "custom_id": command}
    message.components = [{"type": 1, "components": [button]}]
    pressed = house.discord.press(message_id, command, author="Ana Ruiz")
    message.components = shown
    return pressed


def _add(house: DiscordHouse, name: str, role: Role, *, jira: bool = False) -> None:
    add_to_team(house, name, {DISCORD: house.discord.person(name).id}, role, jira=jira)
