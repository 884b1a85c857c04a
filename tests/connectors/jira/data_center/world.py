"""A small Data Center site in the stateful fake, and a client signed in as its bot."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from chargehand.connectors.jira.client import JiraClient
from chargehand.connectors.jira.config import ApiToken, Deployment, JiraConfig
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira.records import Person
from chargehand.testing.jira.seeds import BOT_TOKEN, seed_empty
from chargehand.testing.jira_data_center import FakeDataCenter

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SITE = "https://jira.example.org/jira"


@dataclass
class World:
    """The fake, the people in it, and the connection to it; Sam may only comment."""

    jira: FakeDataCenter
    clock: FakeClock
    bot: Person
    ana: Person
    sam: Person
    config: JiraConfig
    client: JiraClient
    transport: httpx.AsyncBaseTransport

    def reconnect(self, wrap: httpx.AsyncBaseTransport | None = None, **changes: Any) -> JiraClient:
        """Another client of the same site, with other settings or another wire."""
        self.config = replace(self.config, **changes)
        self.client = JiraClient(
            self.config, Surroundings(self.clock, wrap or self.transport, _no_sleep)
        )
        return self.client

    def written(self) -> list[tuple[str, str]]:
        """Method and path of every write the site received."""
        return [(request.method, request.path) for request in self.jira.writes()]


@dataclass
class Forgetful(httpx.AsyncBaseTransport):
    """A release that stores comments and work items without the properties sent with them."""

    inner: httpx.AsyncBaseTransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if request.method == "POST" and b'"properties":[{"key"' in body:
            cut = body[: body.index(b'"properties":[')] + body[body.index(b"}]") + 2 :]
            cut = cut.replace(b",}", b"}").replace(b",,", b",").replace(b"{,", b"{")
            request = httpx.Request(
                request.method, request.url, headers=_without_length(request), content=cut
            )
        return await self.inner.handle_async_request(request)


def _without_length(request: httpx.Request) -> list[tuple[str, str]]:
    return [item for item in request.headers.items() if item[0] != "content-length"]


def build_world() -> World:
    clock = FakeClock(NOW)
    jira = FakeDataCenter(clock=clock, site_url=SITE)
    bot = seed_empty(jira)
    ana, sam = jira.add_person("Ana Ruiz"), jira.add_person("Sam Okoro")
    members = ["Chargehand", "Ana Ruiz"]
    jira.add_project("PAY", name="Payments", lead="Ana Ruiz", members=members)
    jira.add_project("HELP", kind="service_desk", lead="Ana Ruiz", members=members)
    jira.grant("PAY", "Sam Okoro", permissions="commenter")
    jira.add_issue("PAY", "Refunds fail", assignee="Ana Ruiz", labels=["api"])
    jira.add_issue("HELP", "I can not pay")
    config = JiraConfig(
        connection_id=ConnectionId("own"),
        site=SITE,
        deployment=Deployment.DATA_CENTER,
        api_token=ApiToken(BOT_TOKEN),
        projects=(ProjectKey("PAY"), ProjectKey("HELP")),
        bot_account_id=AccountId(bot.account_id),
        user_name=bot.username,
    )
    wire = jira.transport()
    client = JiraClient(config, Surroundings(clock, wire, _no_sleep))
    return World(jira, clock, bot, ana, sam, config, client, wire)


async def _no_sleep(_seconds: float) -> None:
    return
