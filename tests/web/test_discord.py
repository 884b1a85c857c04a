"""Discord at the door: its own proof, its own answers, on every path it may be told of."""

from pathlib import Path
from typing import Any

import pytest

from chargehand.bootstrap.receiving import previewers, receiving_connections
from chargehand.config.settings import Settings
from chargehand.connectors.discord.preview import DiscordPreviewer
from chargehand.domain.ids import ConnectionId
from chargehand.testing.clock import FakeClock
from chargehand.testing.discord import FakeDiscord, seed_demo
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID, Interaction
from tests.web.fronts import NOW, Front, serving

pytestmark = pytest.mark.anyio
PATHS = ["/webhooks/discord/discord", "/webhooks/discord", "/discord"]
# Who asks for help is answered alone.
PRIVATELY = {"type": 5, "data": {"flags": 64}}
HELP = {
    "id": "1",
    "type": 1,
    "name": "help",
    "description": "What can be asked.",
    "options": [{"name": "command", "type": 3, "description": "One of them."}],
}


def settings_of(folder: Path, discord: FakeDiscord) -> Settings:
    jira = {
        "site": "http://127.0.0.1:8089",
        "email": "chargehand@example.com",
        "api_token": "x",
        "projects": ["PAY"],
        "webhook_secrets": ["the-signing-secret-of-the-tests"],
    }
    server = {
        "connector": "discord",
        "bot_token": discord.state.bot_token,
        "application_id": APPLICATION_ID,
        "public_key": discord.state.key.public_key,
        "guild_id": GUILD_ID,
        "api_url": discord.api_url,
        "channels": {discord.channel("payments").id: ["PAY"]},
    }
    return Settings.model_validate({"storage": {"data_dir": folder}, "connections": [jira, server]})


@pytest.fixture
def discord() -> FakeDiscord:
    fake = FakeDiscord(clock=FakeClock(NOW))
    seed_demo(fake)
    fake.state.commands["1"] = HELP
    return fake


@pytest.fixture
def front(tmp_path: Path, discord: FakeDiscord) -> Front:
    return Front(tmp_path, connections=dict(receiving_connections(settings_of(tmp_path, discord))))


def made_by(discord: FakeDiscord) -> dict[str, tuple[Interaction, Any]]:
    """What people do, and the answer Discord demands within three seconds."""
    asked = discord.say("?", author="Mei Tanaka", channel="payments")
    asked.components = [{"type": 1, "components": [{"type": 2, "custom_id": "why dec_1"}]}]
    where = {"author": "Mei Tanaka", "channel": "payments"}
    return {
        "ping": (discord.ping(), {"type": 1}),
        "command": (discord.command("help", **where), PRIVATELY),
        "button": (discord.press(asked.id, "why dec_1", author="Tom Berg"), {"type": 6}),
        "form": (discord.submit("edit apv_1", {"text": "x"}, **where), PRIVATELY),
        "typing": (
            discord.complete("help blo", **where),
            {"type": 8, "data": {"choices": [{"name": "blockers", "value": "blockers"}]}},
        ),
    }


@pytest.mark.parametrize("path", PATHS)
async def test_every_interaction_gets_the_answer_discord_demands(
    front: Front, discord: FakeDiscord, path: str
) -> None:
    made = made_by(discord)
    async with serving(front) as client:
        for _ in ("first", "again"):
            for interaction, wanted in made.values():
                headers, body = discord.signed(interaction)
                answer = await client.post(path, headers=headers, content=body)
                assert (answer.status_code, answer.json()) == (200, wanted)
                assert answer.headers["content-type"] == "application/json"

    # A ping and the names offered while typing say nothing that would be understood later.
    kept = [discord.signed(made[name][0])[1] for name in ("command", "button", "form")]
    assert front.bodies_stored() == kept


@pytest.mark.parametrize(
    ("headers", "age_s"),
    [
        pytest.param({"x-signature-ed25519": "00" * 64}, 0, id="another signature"),
        pytest.param({"x-signature-ed25519": "x"}, 0, id="no signature"),
        pytest.param({}, 600, id="ten minutes old"),
    ],
)
async def test_what_discord_did_not_just_sign_is_refused(
    front: Front, discord: FakeDiscord, headers: dict[str, str], age_s: int
) -> None:
    made, _ = made_by(discord)["command"]
    told, body = discord.signed(made)
    front.clock.advance(age_s)

    async with serving(front) as client:
        answer = await client.post("/discord", headers=told | headers, content=body)

    assert answer.status_code == 401
    assert front.bodies_stored() == []


async def test_mixed_case_headers_prove_as_well(front: Front, discord: FakeDiscord) -> None:
    made, wanted = made_by(discord)["command"]
    told, body = discord.signed(made)
    mixed = {name.title().swapcase(): value for name, value in told.items()}

    async with serving(front) as client:
        answer = await client.post("/discord", headers=mixed, content=body)

    assert (answer.status_code, answer.json()) == (200, wanted)


async def test_without_a_discord_connection_its_path_leads_nowhere(tmp_path: Path) -> None:
    front = Front(tmp_path)

    async with serving(front) as client:
        answer = await client.post("/discord", content=b"{}")

    assert answer.status_code == 404


def test_the_front_words_its_actions(tmp_path: Path, discord: FakeDiscord) -> None:
    found = previewers(settings_of(tmp_path, discord))

    assert isinstance(found[ConnectionId("discord")], DiscordPreviewer)
