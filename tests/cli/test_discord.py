"""`discord register`, and what `doctor` says of a Discord connection."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from chargehand.bootstrap.discord_commands import slash_commands
from chargehand.connectors.discord.commands_sync import changes_to
from chargehand.testing.clock import FakeClock
from chargehand.testing.discord import FakeDiscord, seed_demo, serving
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID
from tests.cli.terminal import Ended, Terminal
from tests.house import START

pytestmark = pytest.mark.anyio
NAMES = [command.name for command in slash_commands()]


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    fake = FakeDiscord()
    seed_demo(fake)
    async with serving(fake):
        yield fake


@pytest.fixture
def configured(config: Path, discord: FakeDiscord) -> Terminal:
    channel = discord.channel("payments").id
    with config.open("a", encoding="utf-8") as file:
        file.write(
            f"""
[[connections]]
connector = "discord"
bot_token = "{discord.state.bot_token}"
application_id = "{APPLICATION_ID}"
public_key = "{discord.state.key.public_key}"
guild_id = "{GUILD_ID}"
api_url = "{discord.api_url}"
channels = {{ "{channel}" = ["PAY"] }}
"""
        )
    return Terminal(config, FakeClock(START))


async def run(terminal: Terminal, *arguments: str) -> Ended:
    return await anyio.to_thread.run_sync(lambda: terminal.run(*arguments))


async def test_only_what_differs_is_registered_and_every_change_is_audited(
    configured: Terminal, discord: FakeDiscord
) -> None:
    # Discord takes five new commands in twenty seconds, so most stand there already.
    for change in changes_to(slash_commands(), [])[4:]:
        discord.state.commands[change.name] = {**change.body, "id": discord.state.new_id()}
    first, changed = NAMES[:4], NAMES[4]
    discord.state.commands[changed]["description"] = "What it said before."
    discord.state.commands["old"] = discord.state.commands[changed] | {"name": "old", "id": "9"}
    discord.state.commands = {one["id"]: one for one in discord.state.commands.values()}
    differences = ["delete /old", *(f"create /{name}" for name in first), f"edit   /{changed}"]

    drifted = await run(configured, "doctor")
    tried = await run(configured, "discord", "register", "--dry-run")

    told = ", ".join(" ".join(one.split()) for one in differences)
    assert f"warn  discord: commands: what Discord has registered differs: {told}" in drifted.out
    assert "Run `chargehand discord register`." in drifted.out
    assert tried.lines == [*differences, "Nothing was changed; 6 command(s) would be."]
    assert discord.writes() == []

    ended = await run(configured, "discord", "register")
    again = await run(configured, "discord", "register")

    assert (ended.code, ended.err) == (0, "")
    assert ended.lines == [*differences, f"Changed 6 command(s) of server {GUILD_ID}."]
    assert again.lines == [f"Server {GUILD_ID} has every command as it is here."]
    assert len(discord.writes()) == 6
    audit = (await run(configured, "audit", "show", "--json")).json
    (record,) = [one for one in audit["items"] if one["tag"] == "person:commands:registered"]
    assert json.loads(record["body"])["changes"] == [
        " ".join(one.replace("/", "").split()) for one in differences
    ]
    assert (
        f"ok    discord: commands: all {len(NAMES)} are registered"
        in (await run(configured, "doctor")).out
    )


async def test_without_a_discord_connection_it_says_so(quiet_terminal: Terminal) -> None:
    ended = await run(quiet_terminal, "discord", "register")

    assert ended.code == 2
    assert "configured: none of Discord" in ended.err


def test_what_proves_discord_is_loaded_only_where_discord_is_configured() -> None:
    look = (
        "import sys\n"
        "import chargehand.web.process, chargehand.bootstrap.worker\n"
        "print([name for name in sys.modules if name.startswith('cryptography')"
        " or 'connectors.discord' in name])\n"
    )

    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert ended.stdout == "[]\n"
