"""Deliveries and requests for the tests of the reading half."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from chargehand.connectors.discord.parse import DiscordParser
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.event import Event
from chargehand.domain.ids import ConnectionId
from chargehand.kit.ed25519 import SigningKey

FIXTURES: Final = Path(__file__).parent.parent / "fixtures"
NAMES: Final = sorted(path.stem for path in FIXTURES.glob("*.json"))
CONNECTION: Final = ConnectionId("discord-main")
RECEIVED_AT: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APP, GUILD, CHANNEL = "1100000000000000001", "1100000000000000002", "1100000000000000003"
THREAD, MEI, MESSAGE, TOM = (
    "1100000000000000004",
    "1100000000000000005",
    "1100000000000000006",
    "1100000000000000007",
)
KEY: Final = SigningKey(bytes(range(32)))
PUBLIC_KEY: Final = KEY.public_key


def load(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def delivery_of(body: bytes, key: str = "d-1") -> VerifiedDelivery:
    return VerifiedDelivery(
        connection_id=CONNECTION,
        connector="discord",
        delivery_key=key,
        source=DeliverySource.WEBHOOK,
        lane=Lane.INTERACTIVE,
        received_at=RECEIVED_AT,
        body=body,
        headers={},
    )


def parse_bytes(body: bytes, guild_id: str | None = GUILD) -> Event:
    return DiscordParser(guild_id).parse(delivery_of(body))


def parse(payload: Any, guild_id: str | None = GUILD) -> Event:
    return parse_bytes(json.dumps(payload).encode(), guild_id)


def parse_fixture(name: str) -> Event:
    return parse(load(name))
