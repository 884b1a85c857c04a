"""Deliveries and requests for the tests of the reading half."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from chargehand.connectors.github.parse import GitHubParser
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.event import Event
from chargehand.domain.ids import ConnectionId

FIXTURES: Final = Path(__file__).parent.parent / "fixtures"
NAMES: Final = sorted(path.stem for path in FIXTURES.glob("*.json"))
CONNECTION: Final = ConnectionId("github-main")
RECEIVED_AT: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BOT: Final = "chargehand[bot]"


def load(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def event_of(name: str) -> str:
    """The name of the event a fixture is a sample of."""
    return name.partition("__")[0]


def parse_bytes(body: bytes, event: str = "", bot: str | None = BOT) -> Event:
    delivery = VerifiedDelivery(
        connection_id=CONNECTION,
        connector="github",
        delivery_key="d-1",
        source=DeliverySource.WEBHOOK,
        lane=Lane.INTERACTIVE,
        received_at=RECEIVED_AT,
        body=body,
        headers={"x-github-event": event} if event else {},
    )
    return GitHubParser(bot).parse(delivery)


def parse(payload: Any, event: str) -> Event:
    return parse_bytes(json.dumps(payload).encode(), event)


def parse_fixture(name: str) -> Event:
    return parse(load(name), event_of(name))
