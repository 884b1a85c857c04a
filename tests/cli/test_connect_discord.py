"""`connect discord`: by the endpoint or by the gateway, and never by halves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.bootstrap.discord_commands import slash_commands
from chargehand.connectors.discord.commands_sync import changes_to
from chargehand.testing.clock import FakeClock
from chargehand.testing.discord import FakeDiscord, seed_demo, serving
from chargehand.testing.discord.state import BOT_TOKEN, GUILD_ID
from tests.cli.connecting import VENDORS_NAMES, Connecting
from tests.cli.terminal import Ended
from tests.house import START

pytestmark = pytest.mark.anyio
TOKEN = ("--bot-token", BOT_TOKEN)
GATEWAY = ("--intake", "gateway")


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    fake = FakeDiscord()
    seed_demo(fake)
    # Discord takes five new commands in twenty seconds, so most stand there already.
    for change in changes_to(slash_commands(), [])[2:]:
        command_id = fake.state.new_id()
        fake.state.commands[command_id] = {**change.body, "id": command_id}
    async with serving(fake):
        yield fake


class WithDiscord(Connecting):
    """A person who connects the server."""

    api_url = ""

    async def connect(self, *flags: str) -> Ended:
        return await self.run("connect", "discord", "--api-url", self.api_url, *flags)


@pytest.fixture
def person(discord: FakeDiscord, config: Path, monkeypatch: pytest.MonkeyPatch) -> WithDiscord:
    for name in VENDORS_NAMES:
        monkeypatch.delenv(name, raising=False)
    person = WithDiscord(config, FakeClock(START))
    person.api_url = discord.api_url
    return person


async def test_a_host_without_an_address_takes_the_gateway(
    person: WithDiscord, discord: FakeDiscord
) -> None:
    ended = await person.connect(*TOKEN, "--mentions")

    connected = person.connected("discord")
    assert ended.code == 0, ended
    assert (connected.intake, connected.mentions) == ("gateway", True)
    assert connected.guild_id == GUILD_ID
    assert "ok    gateway: interactions come by it" in ended.out
    assert "Leave the Interactions Endpoint URL empty" in ended.out
    assert BOT_TOKEN not in ended.out + ended.err
    assert len(discord.state.commands) == len(slash_commands())


async def test_a_host_with_an_address_is_told_what_to_enter(person: WithDiscord) -> None:
    person.publish()

    ended = await person.connect(*TOKEN)

    assert ended.code == 0, ended
    assert person.connected("discord").intake == "webhook"
    assert "todo  interactions endpoint:" in ended.out
    assert "https://bot.example/x/webhooks/discord/discord" in ended.out


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        pytest.param(("--intake", "webhook", *TOKEN), "or take --intake gateway", id="no-address"),
        pytest.param(("--intake", "pigeon", *TOKEN), "is not in the list", id="no-intake"),
        pytest.param((*GATEWAY,), "--bot-token (or DISCORD_BOT_TOKEN)", id="no-terminal"),
        pytest.param((*GATEWAY, "--bot-token", "wrong-token"), "refused", id="wrong-token"),
        pytest.param((*GATEWAY, *TOKEN, "--server", "12"), "is not on '12'", id="no-server"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_saved(
    person: WithDiscord, flags: tuple[str, ...], told: str
) -> None:
    ended = await person.connect(*flags)

    assert ended.code != 0
    assert told in ended.err
    assert person.files() == person.before


async def test_only_the_gateway_hears_messages(person: WithDiscord) -> None:
    person.publish()

    ended = await person.connect("--intake", "webhook", "--mentions", *TOKEN)

    assert (ended.code, person.files()) == (2, person.before)
    assert "only the gateway hears messages" in ended.err
