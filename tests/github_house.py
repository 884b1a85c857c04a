"""A house beside the fake GitHub: the real connector, signed webhooks in, words out."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import httpx

from chargehand.bootstrap.github import live_github, open_client
from chargehand.config.github_settings import GitHubConnection
from chargehand.connectors.github.client import GitHubClient
from chargehand.connectors.github.webhook import sign
from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.polling import Polling
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.contracts import Contract
from chargehand.testing.github import FakeGitHub, Target, people, seed_demo
from chargehand.testing.github.sending import Sending
from chargehand.testing.github.site import Site
from chargehand.testing.github.state import BOT_LOGIN, BOT_TOKEN, Comment, Repository
from tests.chat_house import slack_settings
from tests.code_house import CodeHouse
from tests.connectors.github.client.described import Described
from tests.house import Doubles, house_settings, open_house
from tests.wire import ContractCheck

GITHUB = ConnectionId("github")
PAYMENTS, SDK = "acme/payments", "acme/sdk"
HOOK_SECRET = "the-signing-secret-of-github"
BOT = f"@{BOT_LOGIN}"
# Nobody listens there; what is sent is carried to the front by hand, when a test wants it.
_TARGET = Target("http://127.0.0.1:9/", HOOK_SECRET)


def github_settings(**changes: Any) -> dict[str, Any]:
    """The GitHub connection of a house: a private repository and an open one, both of PAY."""
    return {
        "connector": "github",
        "token": BOT_TOKEN,
        "login": BOT_LOGIN,
        "webhook_secrets": [HOOK_SECRET],
        "intake": "both",
        "repositories": {PAYMENTS: ["PAY"], SDK: ["PAY"]},
        **changes,
    }


class GitHubHouse(CodeHouse):
    """A house with Slack and a GitHub, whose client speaks to the fake."""

    github: FakeGitHub
    client: GitHubClient
    contract: Contract | None = None

    def furnish(self) -> None:
        super().furnish()
        self.github = FakeGitHub(clock=self.clock)
        seed_demo(self.github)
        self.github.sender.targets = (_TARGET,)
        self._heard = 0

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        configured = next(
            one for one in self.settings.connections if isinstance(one, GitHubConnection)
        )
        live = live_github(configured, Surroundings(self.clock))
        wire = Described(self.github, self.contract)

        async def sleep(seconds: float) -> None:
            self.clock.advance(seconds)

        self.client = open_client(
            configured, Surroundings(self.clock, wire, sleep, limits=live.limits)
        )
        self.hub = replace(live, client=self.client, accounts=self.client, code=self.client)
        return {**super().connect_all(), GITHUB: self.hub}

    # People at work there

    @property
    def hub_site(self) -> Site:
        return self.github.site

    @property
    def payments(self) -> Repository:
        return self.hub_site.repository(PAYMENTS)

    @property
    def sdk(self) -> Repository:
        return self.hub_site.repository(SDK)

    async def remark(
        self,
        text: str,
        *,
        on: int = 2,
        by: str = "Mei-Tanaka",
        repository: str = PAYMENTS,
    ) -> Comment:
        """Somebody comments, mentioning the bot where the text says @bot, and is answered."""
        self.clock.advance(1)
        place = self.hub_site.repository(repository)
        body = text.replace("@bot", BOT)
        made = people.comment_on(self.hub_site, place, on, author=by, body=body)
        await self.hear_hub()
        return made

    async def hear_hub(self, *, times: int = 1) -> None:
        """Every webhook that was sent since arrives at the front, and the worker does its part."""
        sendings = self.github.sender.sendings
        while self._heard < len(sendings):
            sending = sendings[self._heard]
            self._heard += 1
            for _ in range(times):
                self.clock.advance(0.01)
                response = await self.tell_hub(sending)
                assert response.is_success, response.text
        await self.settle()
        if self._heard < len(sendings):
            # GitHub tells of the bot's own comments, too.
            await self.hear_hub()

    async def tell_hub(self, sending: Sending, **headers: str) -> httpx.Response:
        """One signed post of GitHub."""
        signed = {
            "x-github-event": sending.event,
            "x-github-delivery": sending.id,
            "x-hub-signature-256": sign(sending.secret, sending.body),
            "content-type": "application/json",
        }
        return await self.front.post(
            "/webhooks/github/github", headers={**signed, **headers}, content=sending.body
        )

    async def look_around(self) -> int:
        """One round of polling, as the worker makes it; how much it found."""
        self.clock.advance(1)
        polling = Polling(self.hub, self.stores.database, self._store, clock=self.clock)
        found = await polling.poll()
        await self.settle()
        return found

    def answers(self, number: int = 2, repository: str = PAYMENTS) -> list[str]:
        """What the bot wrote under an issue or a pull request, oldest first."""
        found = self.hub_site.repository(repository).issues[number].comments
        return [one.body for one in found if one.author == BOT_LOGIN]

    async def aclose(self) -> None:
        await super().aclose()
        await self.github.aclose()


@asynccontextmanager
async def open_github_house(
    storage: dict[str, Any],
    check: ContractCheck | None,
    contract: Contract | None,
    *,
    answers: Mapping[str, Any] | None = None,
    **changes: Any,
) -> AsyncIterator[GitHubHouse]:
    """A house beside GitHub whose bot speaks at once; what is said to GitHub is held to it."""
    chats = [slack_settings(), github_settings(**changes)]
    more = {"answers": answers} if answers is not None else {}
    settings = house_settings(storage["data_dir"], storage=storage, chats=chats, **more)
    kind = type("DescribedHouse", (GitHubHouse,), {"contract": contract})
    async with open_house(settings, Doubles(contract=check), kind=kind) as opened:
        house = cast("GitHubHouse", opened)
        for action in ("github.add_comment", "slack.post_message", "jira.add_comment"):
            house.mode("auto", kind=action)
        yield house
    broken = [] if contract is None else [str(one) for one in contract.broken]
    if contract is not None:
        contract.broken.clear()
    assert broken == []
