"""A client, a fake Confluence in process, and the shorthand of the tests."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from chargehand.connectors.confluence.client import ConfluenceClient
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.preview import ConfluencePreviewer
from chargehand.domain.action import ActionKind, ApprovedAction, Done, ProposedAction
from chargehand.domain.ids import (
    ActionId,
    ConnectionId,
    EffectId,
    OrganizationId,
    ProjectKey,
)
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import DoneAction, NoWayBack, PastEffect
from chargehand.plugins.vendor_http import SentRequest
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.confluence import FakeConfluence, seed_demo
from chargehand.testing.confluence.fake import BOT_EMAIL, BOT_TOKEN
from chargehand.testing.contracts import Contract, ContractTransport
from chargehand.testing.jira.failures import Failure

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SITE = "https://example.atlassian.net"
ACTION_ID = "act_0001"
PAST = PastEffect(intended_at=NOW, attempts=1)
CONNECTION = ConnectionId("confluence")


@dataclass
class World:
    fake: FakeConfluence
    clock: FakeClock
    contract: Contract | None
    page_id: str
    client: ConfluenceClient = field(init=False)
    seen: list[SentRequest] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self, **changes: Any) -> ConfluenceClient:
        config = ConfluenceConfig(
            **{
                "connection_id": CONNECTION,
                "site": SITE,
                "api_token": MaskedText(BOT_TOKEN),
                "email": BOT_EMAIL,
                "spaces": ("ENG",),
                "request_timeout_s": 60.0,
                **changes,
            }
        )
        transport: httpx.AsyncBaseTransport = self.fake.transport()
        if self.contract is not None and config.cloud_id is None:
            transport = ContractTransport(transport, self.contract)
        self.client = ConfluenceClient(
            config,
            Surroundings(self.clock, transport, self._sleep, lambda: 1.0, self.seen.append),
        )
        return self.client

    async def _sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)

    def fail(self, method: str, path: str, **how: Any) -> None:
        self.fake.failures.add(Failure(method=method, path=path, **how))

    def storage(self, page_id: str = "") -> str:
        return self.fake.site.contents[page_id or self.page_id].last.storage

    def ask(self, storage: str = "<p>well?</p>", **more: Any) -> str:
        """Ana comments on the page; the id of her comment."""
        return self.fake.site.comment(self.page_id, storage, by="Ana Ruiz", **more).id

    def written(self) -> list[tuple[str, str]]:
        return [(one["method"], one["path"]) for one in self.fake.writes()]

    def sent(self) -> dict[str, Any]:
        """The body of the last request that was no mark."""
        bodies = [one["body"] for one in self.fake.writes() if "properties" not in one["path"]]
        return json.loads(bodies[-1])


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
        kind=ActionKind(f"confluence.{kind}"),
        connection_id=CONNECTION,
        project=ProjectKey("PAY"),
        target=target,
        params=params,
        base=base or {},
        digest="d" * 64,
        approval_id=None,
    )


def proposal(sent: ApprovedAction) -> ProposedAction:
    return ProposedAction(
        kind=sent.kind,
        connection_id=sent.connection_id,
        project=sent.project,
        target=sent.target,
        params=sent.params,
        base=sent.base,
        preview="",
    )


def undo_of(sent: ApprovedAction, done: Done) -> ApprovedAction | NoWayBack:
    """What takes an action back, as it would be approved."""
    result = {"external_id": done.external_id, "url": done.url, **done.detail}
    found = ConfluencePreviewer().inverse(DoneAction(sent.action_id, proposal(sent), result))
    if isinstance(found, NoWayBack):
        return found
    kind = found.kind.value.partition(".")[2]
    return action(kind, found.target, dict(found.params), dict(found.base), "act_undo")


def build_world(contract: Contract | None) -> World:
    clock = FakeClock(NOW)
    fake = FakeConfluence(clock=clock, site_url=SITE)
    page_id = seed_demo(fake)
    return World(fake, clock, contract, page_id)
