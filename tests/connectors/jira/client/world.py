"""A small site in the stateful fake, and a client signed in as its bot."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from chargehand.connectors.jira.client import JiraClient
from chargehand.connectors.jira.config import ApiToken, JiraConfig
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.plugins.vendor_http import SentRequest
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira.fake import FakeJira
from chargehand.testing.jira.records import Person
from chargehand.testing.jira.seeds import BOT_EMAIL, BOT_TOKEN, seed_empty

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SITE = "https://example.atlassian.net"


@dataclass
class World:
    """The fake, the people in it, and the connection to it.

    Shape: Ana is a member of every project, Sam may only comment, Priya is a portal customer.
    """

    jira: FakeJira
    clock: FakeClock
    bot: Person
    ana: Person
    sam: Person
    priya: Person
    client: JiraClient
    config: JiraConfig
    seen: list[SentRequest] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def reconnect(self, **changes: Any) -> JiraClient:
        """Another client of the same site, with other settings."""
        self.config = replace(self.config, **changes)
        self.client = JiraClient(
            self.config,
            Surroundings(
                self.clock, self.jira.transport(), self._sleep, lambda: 1.0, self.seen.append
            ),
        )
        return self.client

    def written(self) -> list[tuple[str, str]]:
        """Method and path of every write the site received."""
        return [(request.method, request.path) for request in self.jira.writes()]

    def comments(self, key: str = "PAY-1") -> list[str]:
        """The thread as wiki markup, oldest first."""
        return [comment.wiki for comment in self.jira.state.comments_of(key)]

    async def _sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)


def build_world() -> World:
    clock = FakeClock(NOW)
    jira = FakeJira(clock=clock, site_url=SITE)
    bot = seed_empty(jira)
    ana = jira.add_person("Ana Ruiz", account_id="712020:ana", time_zone="Europe/Madrid")
    sam = jira.add_person("Sam Okoro", account_id="712020:sam")
    priya = jira.add_person("Priya Shah", account_id="qm:priya", account_type="customer")
    everybody = ["Chargehand", "Ana Ruiz"]
    levels = {"Finance only": everybody}
    jira.add_project(
        "PAY", name="Payments", lead="Ana Ruiz", members=everybody, security_levels=levels
    )
    jira.add_project("OPS", name="Operations", lead="Ana Ruiz", members=everybody)
    jira.add_project("HELP", name="Help", kind="service_desk", lead="Ana Ruiz", members=everybody)
    jira.grant("PAY", "Sam Okoro", permissions="commenter")
    jira.grant("PAY", "Chargehand", permissions="member", roles=["Developers", "Administrators"])
    jira.add_issue("PAY", "Refunds fail", assignee="Ana Ruiz", reporter="Sam Okoro", labels=["api"])
    jira.add_issue("HELP", "I can not pay", reporter="Priya Shah")
    config = JiraConfig(
        connection_id=ConnectionId("acme"),
        site=SITE,
        email=BOT_EMAIL,
        api_token=ApiToken(BOT_TOKEN),
        projects=(ProjectKey("PAY"), ProjectKey("HELP")),
    )
    world = World(jira, clock, bot, ana, sam, priya, client=None, config=config)  # type: ignore[arg-type] # made next.
    world.reconnect()
    return world
