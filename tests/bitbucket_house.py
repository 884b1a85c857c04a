"""A house beside a fake Bitbucket: the real connector, signed webhooks in, words out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from pydantic import SecretStr

from chargehand.bootstrap.bitbucket import live_bitbucket, open_client
from chargehand.config.bitbucket_settings import BitbucketConnection
from chargehand.connectors.bitbucket.client import BitbucketClient
from chargehand.connectors.bitbucket.webhook import BitbucketWebhook
from chargehand.domain.ids import ConnectionId
from chargehand.domain.member import Role
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.bitbucket import FakeBitbucket, seed_demo
from chargehand.testing.bitbucket.fake import API_TOKEN, BOT_EMAIL
from chargehand.testing.bitbucket.host import Host
from chargehand.testing.bitbucket.records import Webhook
from chargehand.testing.bitbucket_data_center import FakeBitbucketDataCenter
from tests.chat_house import add_to_team, slack_settings
from tests.code_house import CodeHouse
from tests.house import Doubles, house_settings, open_house
from tests.wire import ContractCheck

BITBUCKET, SECRET = ConnectionId("bitbucket"), "the-signing-secret"


class BitbucketHouse(CodeHouse):
    """A house with the real connector, beside a fake Bitbucket Cloud.

    Shape: `mention` is how people address the bot there, `renamed` the name a repository gets.
    """

    bitbucket: FakeBitbucket
    client: BitbucketClient
    repository, renamed = "acme/payments", "acme/money"
    mention, mei, ana = "@{712020:chargehand}", "712020:mei", "712020:ana"
    fake: type[FakeBitbucket] = FakeBitbucket
    sign_in: dict[str, Any] = {"email": BOT_EMAIL}  # noqa: RUF012 - each house has its own.

    def furnish(self) -> None:
        super().furnish()
        self.bitbucket = self.fake(clock=self.clock, retry_delays_s=())
        seed_demo(self.bitbucket, repository=self.repository)
        self.bitbucket.sender.further = [Webhook("{1}", "http://127.0.0.1:9/", SECRET, [])]

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        configured = BitbucketConnection(
            api_token=SecretStr(API_TOKEN),
            repositories={self.repository: ("PAY",)},
            **self.sign_in,
        )
        live = live_bitbucket(configured, Surroundings(self.clock))
        transport = self.bitbucket.transport()
        self.client = open_client(configured, Surroundings(self.clock, transport))
        ours = replace(live, client=self.client, accounts=self.client, code=self.client)
        return {**super().connect_all(), BITBUCKET: ours}

    @property
    def there(self) -> Host:
        """What Bitbucket holds."""
        return self.bitbucket.host

    async def hear(self) -> None:
        """Everything the webhooks told so far arrives, again too."""
        for sending in self.bitbucket.sender.sendings:
            headers = self.bitbucket.sender.headers_of(sending).items()
            request = RawRequest(
                connection_id=BITBUCKET,
                headers={name.lower(): value for name, value in headers},
                body=sending.body,
                path_token=None,
                received_at=self.clock.now(),
            )
            await self._store((BitbucketWebhook().verify(request, IntakeSecrets((SECRET,))),))
        await self.settle()

    async def look(self, cursor: str | None) -> str | None:
        """One round of polling."""
        async for page in self.client.poll((), cursor, now=self.clock.now()):
            await self._store(page.deliveries)
            cursor = page.cursor
        await self.settle()
        return cursor

    def answers(self, number: int = 1) -> list[Any]:
        """What the bot wrote on a pull request."""
        comments = self.there.repository(self.repository).pull_requests[number].comments
        return [one for one in comments.values() if one.author == "chargehand"]

    async def aclose(self) -> None:
        await super().aclose()
        await self.bitbucket.aclose()


class DataCenterHouse(BitbucketHouse):
    """The same beside a Bitbucket Data Center."""

    repository, renamed = "PAY/payments", "PAY/money"
    mention, mei, ana = "@chargehand", "mei", "ana"
    fake = FakeBitbucketDataCenter
    sign_in = {"deployment": "data_center", "api_url": "https://git.example.com"}  # noqa: RUF012 - as above.


@asynccontextmanager
async def open_bitbucket_house(
    storage: dict[str, Any],
    check: ContractCheck | None,
    kind: type[BitbucketHouse] = BitbucketHouse,
    **changes: Any,
) -> AsyncIterator[BitbucketHouse]:
    """A house whose bot comments at once, with Mei as a developer."""
    settings = house_settings(
        storage["data_dir"], storage=storage, chats=[slack_settings()], **changes
    )
    async with open_house(settings, Doubles(contract=check), kind=kind) as opened:
        house = cast("BitbucketHouse", opened)
        house.mode("auto", kind="bitbucket.add_comment")
        add_to_team(house, "Mei Tanaka", {BITBUCKET: house.mei}, Role.DEVELOPER)
        yield house
