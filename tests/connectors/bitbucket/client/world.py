"""A client, a fake Bitbucket Cloud in process, and the shorthand of the tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from chargehand.connectors.bitbucket.client import BitbucketClient
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.parse import BitbucketParser
from chargehand.connectors.bitbucket.webhook import BitbucketWebhook
from chargehand.domain.action import ActionKind, ApprovedAction
from chargehand.domain.event import Event
from chargehand.domain.ids import ActionId, ConnectionId, EffectId, OrganizationId, ProjectKey
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import IntakeSecrets, PastEffect, RawRequest
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.bitbucket.fake import ACCESS_TOKEN, API_TOKEN, BOT_EMAIL, FakeBitbucket
from chargehand.testing.bitbucket.records import Webhook
from chargehand.testing.clock import FakeClock
from chargehand.testing.contracts import Contract, ContractTransport
from chargehand.testing.jira.failures import Failure

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ACTION_ID = "act_0001"
PAST = PastEffect(intended_at=NOW, attempts=1)
CONNECTION = ConnectionId("bitbucket")
SECRET = "the-signing-secret"


@dataclass
class World:
    fake: FakeBitbucket
    clock: FakeClock
    contract: Contract | None
    repository: str
    client: BitbucketClient = field(init=False)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Nobody listens there: what is posted is read from the record.
        hook = Webhook("{1}", "http://127.0.0.1:9/hook", SECRET, [])
        self.fake.sender.further = [hook]
        self.connect()

    def connect(self, **changes: Any) -> BitbucketClient:
        config = BitbucketConfig(
            **{
                "connection_id": CONNECTION,
                "token": MaskedText(API_TOKEN),
                "email": BOT_EMAIL,
                "api_url": "https://api.bitbucket.org/2.0",
                "repositories": (self.repository,),
                "request_timeout_s": 60.0,
                **changes,
            }
        )
        transport: httpx.AsyncBaseTransport = self.fake.transport()
        if self.contract is not None:
            transport = ContractTransport(transport, self.contract)
        self.client = BitbucketClient(
            config, Surroundings(self.clock, transport, self._sleep, lambda: 1.0)
        )
        return self.client

    def with_access_token(self, **changes: Any) -> BitbucketClient:
        return self.connect(token=MaskedText(ACCESS_TOKEN), email=None, **changes)

    async def _sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)
        self.clock.advance(wait_s)

    def fail(self, path: str, **how: Any) -> None:
        self.fake.desk.failures.add(Failure(path=path, **how))

    def comments(self, number: int = 1) -> list[Any]:
        pull_request = self.fake.host.repository(self.repository).pull_requests[number]
        return [one for one in pull_request.comments.values() if not one.is_deleted]

    def told(self) -> list[Event]:
        """What the webhooks said so far, through the connector's own door."""
        found = []
        for sending in self.fake.sender.sendings:
            headers = self.fake.sender.headers_of(sending)
            request = RawRequest(
                connection_id=CONNECTION,
                headers={name.lower(): value for name, value in headers.items()},
                body=sending.body,
                path_token=None,
                received_at=self.clock.now(),
            )
            delivery = BitbucketWebhook().verify(request, IntakeSecrets(signing=(SECRET,)))
            found.append(BitbucketParser().parse(delivery))
        return found

    async def polled(self, cursor: str | None) -> tuple[list[Event], str]:
        """What a poll finds, and where it got to."""
        found: list[Event] = []
        async for page in self.client.poll((), cursor, now=self.clock.now()):
            found += [BitbucketParser().parse(one) for one in page.deliveries]
            cursor = page.cursor
        assert cursor is not None
        return found, cursor


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
        kind=ActionKind(f"bitbucket.{kind}"),
        connection_id=CONNECTION,
        project=ProjectKey("PAY"),
        target=target,
        params=params,
        base=base or {},
        digest="d" * 64,
        approval_id=None,
    )


@asynccontextmanager
async def closing(world: World) -> AsyncIterator[World]:
    try:
        yield world
    finally:
        await world.client.aclose()
        await world.fake.aclose()
