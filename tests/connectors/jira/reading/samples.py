"""Deliveries and requests for the tests of the reading half."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chargehand.connectors.jira.parse import JiraParser
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.event import Event
from chargehand.domain.ids import ConnectionId

FIXTURES = Path(__file__).parent.parent / "fixtures"
REPOSITORY = Path(__file__).parents[4]
CONTRACTS = Path(
    os.environ.get("CHARGEHAND_CONTRACTS", str(REPOSITORY.parent / "shared" / "contracts"))
)
CONNECTION = ConnectionId("jira-main")
RECEIVED_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BOT = "712020:b0b0b0b0-0000-4000-8000-0000000000b0"
ASKER = "712020:aaaa1111-0000-4000-8000-000000000001"
EDITOR = "5b10ac8d82e05b22cc7d4ef5"


def load(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def delivery_of(body: bytes, key: str = "d-1") -> VerifiedDelivery:
    return VerifiedDelivery(
        connection_id=CONNECTION,
        connector="jira",
        delivery_key=key,
        source=DeliverySource.WEBHOOK,
        lane=Lane.BULK,
        received_at=RECEIVED_AT,
        body=body,
        headers={},
    )


def parse_bytes(body: bytes, key: str = "d-1") -> Event:
    return JiraParser().parse(delivery_of(body, key))


def parse(payload: Any) -> Event:
    return parse_bytes(json.dumps(payload).encode())


def parse_fixture(name: str) -> Event:
    return parse(load(name))
