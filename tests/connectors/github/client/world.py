"""A small GitHub in the stateful fake, and a client signed in as its bot or as its App."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chargehand.connectors.github.client import GitHubClient
from chargehand.connectors.github.config import AppSignIn, GitHubConfig
from chargehand.connectors.github.parse import GitHubParser
from chargehand.connectors.github.preview import GitHubPreviewer
from chargehand.domain.action import ActionKind, ApprovedAction, ProposedAction
from chargehand.domain.event import Event
from chargehand.domain.ids import (
    DEFAULT_ORGANIZATION,
    ActionId,
    ConnectionId,
    EffectId,
    ProjectKey,
)
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import PastEffect
from chargehand.plugins.vendor_http import SentRequest
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.contracts import Contract
from chargehand.testing.github import FakeGitHub, seed_demo
from chargehand.testing.github.site import Site
from chargehand.testing.github.state import (
    APP_ID,
    BOT_TOKEN,
    INSTALLATION_ID,
    Issue,
    Pull,
    Repository,
)
from tests.connectors.github.client.described import Described
from tests.house import START

ACTION_ID: Final = "act_06cqv7rdvcv9qf6h1k1v2m9r4s"
PULL: Final = "acme/payments#2"
ISSUE: Final = "acme/payments#1"
HOOK: Final = "https://bot.example.org/webhooks/github/github"


@dataclass
class World:
    """The fake, its clock, and a client of it."""

    fake: FakeGitHub
    clock: FakeClock
    contract: Contract | None
    client: GitHubClient
    sent: list[SentRequest] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def site(self) -> Site:
        return self.fake.site

    @property
    def payments(self) -> Repository:
        return self.site.repository("acme/payments")

    @property
    def issue(self) -> Issue:
        return self.payments.issues[1]

    @property
    def pull_issue(self) -> Issue:
        return self.payments.issues[2]

    @property
    def pull(self) -> Pull:
        found = self.pull_issue.pull
        assert found is not None
        return found

    def bodies(self) -> list[tuple[str, str, Any]]:
        """The writes that were asked for."""
        return [(one["method"], one["path"], one["body"]) for one in self.fake.writes()]

    async def look_up(self, action: ApprovedAction) -> Any:
        past = PastEffect(intended_at=self.clock.now(), attempts=1)
        return await self.client.look_up(action, past)

    async def poll(self, cursor: str | None) -> tuple[list[Event], str]:
        """What a poll finds, as events in the order they come, and the cursor after it."""
        events: list[Event] = []
        async for page in self.client.poll([], cursor, now=self.clock.now()):
            events.extend(GitHubParser("chargehand-bot").parse(one) for one in page.deliveries)
            cursor = page.cursor
        assert cursor is not None
        return events, cursor


def build_world(
    contract: Contract | None, *, as_app: bool = False, key: str | None = None
) -> World:
    clock = FakeClock(START)
    fake = FakeGitHub(clock=clock)
    seed_demo(fake)
    world = World(fake, clock, contract, client=None)  # type: ignore[arg-type]
    world.client = client_of(world, as_app=as_app, key=key)
    return world


def client_of(world: World, *, as_app: bool = False, key: str | None = None) -> GitHubClient:
    async def sleep(seconds: float) -> None:
        world.waits.append(seconds)
        world.clock.advance(seconds)

    app = AppSignIn(str(APP_ID), INSTALLATION_ID, MaskedText(key or world.fake.private_key))
    config = GitHubConfig(
        connection_id=ConnectionId("github"),
        token=None if as_app else MaskedText(BOT_TOKEN),
        app=app if as_app else None,
        repositories=("acme/payments", "acme/sdk"),
        webhook_url=HOOK,
    )
    return GitHubClient(
        config,
        Surroundings(
            world.clock,
            Described(world.fake, world.contract),
            sleep,
            lambda: 0.0,
            world.sent.append,
        ),
    )


def approved(
    kind: ActionKind,
    target: str,
    params: Mapping[str, Any],
    base: Mapping[str, Any] | None = None,
    *,
    action_id: str = ACTION_ID,
) -> ApprovedAction:
    return ApprovedAction(
        action_id=ActionId(action_id),
        organization_id=DEFAULT_ORGANIZATION,
        effect_id=EffectId("eff_1"),
        kind=kind,
        connection_id=ConnectionId("github"),
        project=ProjectKey("PAY"),
        target=target,
        params=params,
        base=base or {},
        digest="d",
        approval_id=None,
    )


def proposed(action: ApprovedAction) -> ProposedAction:
    """The proposal an action was approved from, with what people were shown."""
    bare = ProposedAction(
        kind=action.kind,
        connection_id=action.connection_id,
        project=action.project,
        target=action.target,
        params=action.params,
        base=action.base,
        preview="",
    )
    return ProposedAction(
        **{name: getattr(bare, name) for name in bare.__slots__ if name != "preview"},
        preview=GitHubPreviewer().preview(bare),
    )
