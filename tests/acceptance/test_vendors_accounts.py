"""The daily look at accounts beside each vendor: gone without rights, back as matched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from chargehand.bootstrap.bitbucket import live_bitbucket
from chargehand.bootstrap.confluence import live_confluence
from chargehand.bootstrap.discord import live_discord
from chargehand.bootstrap.github import live_github
from chargehand.bootstrap.slack import live_slack
from chargehand.config.bitbucket_settings import BitbucketConnection
from chargehand.config.confluence_settings import ConfluenceConnection
from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.github_settings import GitHubConnection
from chargehand.config.slack_settings import SlackConnection
from chargehand.domain.member import Role
from chargehand.kit.clock import Clock
from chargehand.pipeline.account_checks import AccountChecks
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing import bitbucket as fake_bitbucket
from chargehand.testing import bitbucket_data_center as fake_data_center
from chargehand.testing import confluence as fake_confluence
from chargehand.testing import confluence_data_center as fake_wiki_center
from chargehand.testing import discord as fake_discord
from chargehand.testing import github as fake_github
from chargehand.testing import slack as fake_slack
from chargehand.testing.bitbucket.fake import API_TOKEN
from chargehand.testing.bitbucket.fake import BOT_EMAIL as BITBUCKET_EMAIL
from chargehand.testing.confluence.fake import BOT_EMAIL, BOT_TOKEN
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID
from tests.chat_house import add_to_team, slack_settings
from tests.connectors.github.client.described import Described
from tests.github_house import github_settings
from tests.house import House

pytestmark = pytest.mark.anyio
DAY_S = 24 * 3600.0


@dataclass
class Vendor:
    """A connection to a fake, three accounts there, and how the last of them goes and comes."""

    live: LiveConnection
    accounts: Sequence[str]
    leave: Callable[[], object]
    come_back: Callable[[], object]


def slack(clock: Clock) -> Vendor:
    fake = fake_slack.FakeSlack(clock=clock)
    fake_slack.seed_demo(fake)
    people = [fake.workspace.person(name) for name in ("Ana Ruiz", "Mei Tanaka", "Tom Berg")]
    live = live_slack(SlackConnection(**slack_settings()), Surroundings(clock, fake.transport()))

    def switch(*, is_deleted: bool) -> None:
        people[-1].is_deleted = is_deleted

    return Vendor(
        live,
        [one.id for one in people],
        lambda: switch(is_deleted=True),
        lambda: switch(is_deleted=False),
    )


def discord(clock: Clock) -> Vendor:
    fake = fake_discord.FakeDiscord(clock=clock)
    fake_discord.seed_demo(fake)
    people = [fake.add_person(name) for name in ("Ana", "Mei", "Tom")]
    configured = DiscordConnection(
        bot_token=SecretStr(fake.state.bot_token),
        application_id=APPLICATION_ID,
        public_key=fake.state.key.public_key,
        guild_id=GUILD_ID,
        api_url=fake.api_url,
        channels={fake.channel("payments").id: ("PAY",)},
    )
    live = live_discord(configured, Surroundings(clock, fake.transport()))

    def switch(*, is_member: bool) -> None:
        people[-1].is_member = is_member

    return Vendor(
        live,
        [one.id for one in people],
        lambda: switch(is_member=False),
        lambda: switch(is_member=True),
    )


def github(clock: Clock) -> Vendor:
    fake = fake_github.FakeGitHub(clock=clock)
    fake_github.seed_demo(fake)
    names = ("mei-tanaka", "ana-ruiz", "tom-berg")
    people = [fake.site.account(name) for name in names]
    wire = Described(fake, None)
    live = live_github(GitHubConnection(**github_settings()), Surroundings(clock, wire))

    def switch(*, is_gone: bool) -> None:
        people[-1].is_gone = is_gone

    return Vendor(live, names, lambda: switch(is_gone=True), lambda: switch(is_gone=False))


def bitbucket(clock: Clock, *, is_cloud: bool = True) -> Vendor:
    kind: Any = fake_bitbucket.FakeBitbucket
    sign_in: dict[str, Any] = {"email": BITBUCKET_EMAIL}
    repository = "acme/payments"
    if not is_cloud:
        kind, repository = fake_data_center.FakeBitbucketDataCenter, "PAY/payments"
        sign_in = {"deployment": "data_center", "api_url": "https://git.example.com"}
    fake = kind(clock=clock, retry_delays_s=())
    fake_bitbucket.seed_demo(fake, repository=repository)
    people = [fake.host.person(name) for name in ("mei", "ana", "tom")]
    configured = BitbucketConnection(
        api_token=SecretStr(API_TOKEN), repositories={repository: ("PAY",)}, **sign_in
    )
    live = live_bitbucket(configured, Surroundings(clock, fake.transport()))

    def switch(status: str) -> None:
        people[-1].status = status

    accounts = [one.account_id if is_cloud else one.slug for one in people]
    return Vendor(live, accounts, lambda: switch("inactive"), lambda: switch("active"))


def confluence(clock: Clock) -> Vendor:
    fake = fake_confluence.FakeConfluence(clock=clock)
    fake_confluence.seed_demo(fake)
    people = [fake.site.add_person(name) for name in ("Mei", "Kim", "Tom")]
    configured = ConfluenceConnection(
        site="https://example.atlassian.net",
        email=BOT_EMAIL,
        api_token=SecretStr(BOT_TOKEN),
        spaces={"ENG": ("PAY",)},
    )
    live = live_confluence(configured, Surroundings(clock, fake.transport()))
    last = people[-1]
    return Vendor(
        live,
        [one.account_id for one in people],
        lambda: fake.site.people.pop(last.account_id),
        lambda: fake.site.people.update({last.account_id: last}),
    )


VENDORS: dict[str, Callable[[Clock], Vendor]] = {
    "slack": slack,
    "discord": discord,
    "github": github,
    "bitbucket": bitbucket,
    "bitbucket-data-center": lambda clock: bitbucket(clock, is_cloud=False),
    "confluence": confluence,
}


@pytest.mark.parametrize("name", VENDORS)
async def test_an_account_that_is_gone_loses_its_rights_and_comes_back_as_matched(
    house: House, name: str
) -> None:
    vendor = VENDORS[name](house.clock)
    where = vendor.live.id
    for number, account in enumerate(vendor.accounts):
        add_to_team(house, f"Member {number}", {where: account}, Role.APPROVER)
    checks = AccountChecks(house.stores.database, {where: vendor.live}, clock=house.clock)

    async def rest(seconds: float) -> bool:
        house.clock.advance(seconds)
        return True

    async def states() -> list[str]:
        house.clock.advance(DAY_S)
        await checks.look(rest)
        found = {
            one.account_id: one
            for one in house.stores.database.read(lambda tx: tx.members.mapped_at(where))
        }
        known = [found[account] for account in vendor.accounts]  # type: ignore[index]
        return [one.state.value if one.is_active else "deactivated" for one in known]

    before = await states()
    vendor.leave()
    gone = await states()
    vendor.come_back()
    back = await states()
    await vendor.live.client.aclose()

    assert before == ["confirmed"] * 3
    assert gone == ["confirmed", "confirmed", "deactivated"]
    assert back == ["confirmed", "confirmed", "matched"]


async def test_a_confluence_data_center_is_not_asked(house: House) -> None:
    fake = fake_wiki_center.FakeConfluenceDataCenter(clock=house.clock)
    configured = ConfluenceConnection(
        deployment="data_center",
        site="https://wiki.example/confluence",
        api_token=SecretStr(BOT_TOKEN),
        spaces={"ENG": ("PAY",)},
    )

    live = live_confluence(configured, Surroundings(house.clock, fake.transport()))

    assert live.accounts is None
