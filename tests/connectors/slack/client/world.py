"""A client, a fake Slack in process, and the shorthand of the tests."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from chargehand.connectors.slack.client import SlackClient
from chargehand.connectors.slack.config import SlackConfig
from chargehand.domain.action import ActionKind, ApprovedAction
from chargehand.domain.ids import (
    ActionId,
    ConnectionId,
    EffectId,
    OrganizationId,
    ProjectKey,
)
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import PastEffect
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira.failures import Failure
from chargehand.testing.slack import FakeSlack, seed_demo
from chargehand.testing.slack.people import say
from chargehand.testing.slack.workspace_ids import BOT_TOKEN, TEAM
from tests.connectors.slack.contract import ContractTransport, SlackContract

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PAY, RANDOM = "C0PAY0001", "C0RANDOM1"
ACTION_ID = "act_0001"
PAST = PastEffect(intended_at=NOW, attempts=1)


@dataclass
class World:
    fake: FakeSlack
    clock: FakeClock
    contract: SlackContract | None
    client: SlackClient = field(init=False)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self, **changes: Any) -> SlackClient:
        config = SlackConfig(
            **{
                "connection_id": ConnectionId("slack"),
                "bot_token": MaskedText(BOT_TOKEN),
                "team_id": TEAM,
                "channels": (PAY,),
                "api_url": "http://127.0.0.1:9/api",
                "request_timeout_s": 60.0,
                **changes,
            }
        )
        transport: httpx.AsyncBaseTransport = self.fake.transport()
        if self.contract is not None:
            transport = ContractTransport(transport, self.contract)
        self.client = SlackClient(
            config, Surroundings(self.clock, transport, self._sleep, lambda: 1.0)
        )
        return self.client

    async def _sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)

    def say(self, text: str = "what is blocking this?", **more: Any) -> str:
        """A person writes in #pay; what is returned knows the message."""
        more = {"user": "Mei Tanaka", "channel": PAY, **more}
        return say(self.fake.workspace, more.pop("channel"), text=text, **more).ts

    def messages(self, channel: str = PAY) -> list[dict[str, Any]]:
        """What the bot wrote, oldest first."""
        return [
            one.raw
            for one in self.fake.workspace.channels[channel].messages
            if one.raw.get("bot_id")
        ]

    def methods(self) -> list[str]:
        return [call["method"] for call in self.fake.writes()]

    def fail(self, method: str, **how: Any) -> None:
        self.fake.desk.failures.add(Failure(path=f"/api/{method}", **how))


def action(
    kind: str,
    target: str,
    params: dict[str, Any],
    base: dict[str, Any] | None = None,
    action_id: str = ACTION_ID,
) -> ApprovedAction:
    return ApprovedAction(
        action_id=ActionId(action_id),
        organization_id=OrganizationId("org_1"),
        effect_id=EffectId("eff_1"),
        kind=ActionKind(f"slack.{kind}"),
        connection_id=ConnectionId("slack"),
        project=ProjectKey("PAY"),
        target=target,
        params=params,
        base=base or {},
        digest="d" * 64,
        approval_id=None,
    )


def build_world(contract: SlackContract | None) -> World:
    clock = FakeClock(NOW)
    fake = FakeSlack(clock=clock)
    seed_demo(fake)
    return World(fake, clock, contract)
