"""Every endpoint of the fake passes Discord's own description of its API."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargehand.connectors.discord.acknowledge import form_answer
from chargehand.connectors.discord.render import button_rows
from chargehand.domain.control import Control
from chargehand.domain.form import Form, FormField
from chargehand.testing.contracts import ContractBroken, ContractTransport, load_contract
from chargehand.testing.discord.app import ENDPOINTS
from chargehand.testing.discord.refusals import DiscordControlRefused
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID
from tests.conftest import OVERLAYS
from tests.connectors.discord.client.world import World, build_world

pytestmark = [pytest.mark.anyio, pytest.mark.contract]


async def test_every_endpoint_of_the_fake_is_held_to_the_description(contracts: Path) -> None:
    contract = load_contract(contracts, OVERLAYS / "discord.json")
    world = build_world(None)
    transport = ContractTransport(world.discord.transport(), contract)
    headers = {"authorization": f"Bot {world.discord.state.bot_token}"}

    async with httpx.AsyncClient(transport=transport, headers=headers) as client:
        for method, path, arguments in tour(world):
            # The limits of the fake count by its clock.
            world.clock.advance(10)
            response = await client.request(method, world.discord.api_url + path, **arguments)
            assert response.is_success, f"{method} {path}: {response.text}"

    def blank(name: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", name)

    expected = {blank(f"{point.method} {point.path}") for point in ENDPOINTS}
    assert {blank(name) for name in contract.tally.operations} == expected
    assert contract.tally.run == 2 * len(ENDPOINTS)
    assert contract.tally.own == 0


async def test_the_form_we_answer_with_is_one_that_discord_describes(contracts: Path) -> None:
    contract = load_contract(contracts, OVERLAYS / "discord.json")
    world = build_world(None)
    transport = ContractTransport(world.discord.transport(), contract)
    field = FormField("words", "The new words, as Markdown", "Friday " * 500, is_long=True)
    form = Form("Edit what waits", f"edit apv_{'7' * 26} {'a' * 16}", (field,))
    body = json.loads(form_answer(form).body or b"")
    asked = world.asked()
    asked.answer_type = asked.reply_id = None
    callback = f"{world.discord.api_url}/interactions/{asked.id}/{asked.token}/callback"

    async with httpx.AsyncClient(transport=transport) as client:
        taken = await client.post(callback, json=body)
    filled = world.discord.fill_in(asked, words="Monday")

    assert taken.is_success
    assert contract.tally.run == 2
    assert filled.payload["data"]["custom_id"] == form.command
    with pytest.raises(DiscordControlRefused, match="4000 characters"):
        world.discord.fill_in(asked, words="x" * 4_001)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"contents": "x"}, "contents"),
        ({"content": "x" * 4001}, "x"),
        ({"content": "x", "allowed_mentions": {"parse": ["nobody"]}}, "nobody"),
        ({"content": "x", "components": [{"type": 1, "components": []}]}, "components"),
    ],
    ids=["typo", "length", "mentions", "empty row"],
)
async def test_a_wrong_request_never_leaves(
    contracts: Path, body: dict[str, Any], hint: str
) -> None:
    contract = load_contract(contracts, OVERLAYS / "discord.json")
    world = build_world(None)
    transport = ContractTransport(world.discord.transport(), contract)
    url = f"{world.discord.api_url}/channels/{world.channel_id('payments')}/messages"
    headers = {"authorization": "Bot x"}

    async with httpx.AsyncClient(transport=transport, headers=headers) as client:
        with pytest.raises(ContractBroken, match=hint):
            await client.post(url, json=body)

    assert world.discord.requests == []


def tour(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """One good request for each endpoint of the fake."""
    mei = world.discord.person("Mei Tanaka")
    asked = world.discord.say("How is PAY-7?", author="Mei Tanaka", channel="payments")
    ours = world.discord.parts.state
    channel = f"/channels/{asked.channel_id}"
    commands = f"/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands"
    command = {"type": 1, "name": "help", "description": "What can be asked."}
    promised, other, open_one = world.asked(), world.asked(), world.asked()
    open_one.answer_type = open_one.reply_id = None
    hook = f"/webhooks/{APPLICATION_ID}/{promised.token}"
    own = f"{channel}/messages/{promised.reply_id}"
    rows = button_rows([Control("Why?", "why dec_1")])
    text = {"content": "hi", "allowed_mentions": {"parse": []}, "components": rows}
    ours.messages[promised.reply_id or ""].reactions["👀"] = [mei.id]
    callback = f"/interactions/{open_one.id}/{open_one.token}/callback"
    return [
        ("GET", "/users/@me", {}),
        ("GET", "/applications/@me", {}),
        ("GET", "/users/@me/guilds", {}),
        ("GET", "/gateway/bot", {}),
        ("GET", f"/guilds/{GUILD_ID}", {}),
        ("GET", f"/guilds/{GUILD_ID}/members/{mei.id}", {}),
        ("GET", commands, {}),
        ("POST", commands, {"json": command}),
        ("PATCH", f"{commands}/1", {"json": {"description": "New."}}),
        ("DELETE", f"{commands}/1", {}),
        ("POST", callback, {"json": {"type": 5}}),
        ("PATCH", f"{hook}/messages/@original", {"json": text}),
        ("GET", f"{hook}/messages/@original", {}),
        ("POST", hook, {"json": text, "params": {"wait": "true"}}),
        ("GET", channel, {}),
        ("GET", f"{channel}/messages", {"params": {"limit": 5}}),
        ("POST", f"{channel}/messages", {"json": text}),
        ("GET", own, {}),
        ("PATCH", own, {"json": text}),
        ("PUT", f"{own}/reactions/👀/@me", {}),
        ("DELETE", f"{own}/reactions/👀/@me", {}),
        ("POST", "/users/@me/channels", {"json": {"recipient_id": mei.id}}),
        ("DELETE", own, {}),
        ("DELETE", f"/webhooks/{APPLICATION_ID}/{other.token}/messages/@original", {}),
    ]
