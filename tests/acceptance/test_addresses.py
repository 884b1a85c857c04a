"""Accounts that speak to the bot are matched by the address their vendor tells."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chargehand.bootstrap.slack import live_slack
from chargehand.config.slack_settings import SlackConnection
from chargehand.domain.account import Account
from chargehand.domain.ids import AccountId
from chargehand.domain.member import Identity, IdentityState
from chargehand.pipeline.accounts import note_seen
from chargehand.pipeline.address_matching import AddressMatching
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.members import add_member
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing import slack as fake_slack
from tests.chat_house import slack_settings
from tests.house import House

pytestmark = pytest.mark.anyio


class Team:
    """A workspace beside a house, and what was asked of it about people."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.fake = fake_slack.FakeSlack(clock=house.clock)
        fake_slack.seed_demo(self.fake)
        around = Surroundings(house.clock, self.fake.transport())
        self.live = live_slack(SlackConnection(**slack_settings()), around)
        self.matching = self.matching_of(self.live)

    def matching_of(self, live: LiveConnection) -> AddressMatching:
        return AddressMatching(self.house.stores.database, {live.id: live}, clock=self.house.clock)

    def account(self, name: str) -> AccountId:
        return AccountId(self.fake.workspace.person(name).id)

    def speaks(self, *names: str) -> None:
        for name in names:
            account = Account(self.live.id, self.account(name), name)
            self.house.stores.database.write(
                lambda tx, account=account: note_seen(tx, account, now=self.house.clock.now())
            )

    def add(self, name: str, email: str) -> None:
        self.house.stores.database.write(
            lambda tx: add_member(
                tx, name, email=email, roles=[], by="test", now=self.house.clock.now()
            )
        )

    async def look(self) -> int:
        async def rest(seconds: float) -> bool:
            self.house.clock.advance(seconds)
            return True

        return await self.matching.look(rest)

    def asked(self) -> int:
        """How often the workspace was asked about a person."""
        return sum(one["method"] == "users.info" for one in self.fake.desk.calls())

    def identities(self) -> Sequence[Identity]:
        return self.house.stores.database.read(lambda tx: tx.members.mapped_at(self.live.id))

    def kept_addresses(self) -> list[str | None]:
        seen = self.house.stores.database.read(lambda tx: tx.members.all_unmapped())
        return [one.email for one in seen]


async def test_an_account_with_a_members_address_is_matched_and_carries_no_right(
    house: House,
) -> None:
    team = Team(house)
    team.add("Mei Tanaka", "Mei@Example.com")
    team.speaks("Mei Tanaka", "Tom Berg")

    matched = await team.look()
    (identity,) = team.identities()
    kept = team.kept_addresses()
    again = await team.look()
    await team.live.client.aclose()

    assert (matched, again) == (1, 0)
    assert (identity.account_id, identity.state) == (
        team.account("Mei Tanaka"),
        IdentityState.MATCHED,
    )
    assert not identity.carries_rights
    assert kept == [None], "a stranger's address is not kept"


async def test_nobody_is_asked_about_where_nobody_is_looked_for(house: House) -> None:
    team = Team(house)
    team.speaks("Mei Tanaka", "Tom Berg")

    assert await team.look() == 0
    assert team.asked() == 0
    await team.live.client.aclose()


async def test_an_account_is_asked_about_once_until_others_are_looked_for(house: House) -> None:
    team = Team(house)
    team.add("Lena Novak", "lena@example.org")
    team.speaks("Tom Berg")

    await team.look()
    await team.look()
    once = team.asked()
    team.add("Tom Berg", "tom@example.com")
    matched = await team.look()
    await team.live.client.aclose()

    assert (once, team.asked(), matched) == (1, 2, 1)


async def test_a_match_has_nobody_asked_about_again(house: House) -> None:
    team = Team(house)
    team.add("Mei Tanaka", "mei@example.com")
    team.add("Lena Novak", "lena@example.org")
    team.speaks("Mei Tanaka", "Tom Berg")

    matched = await team.look()
    await team.look()
    await team.live.client.aclose()

    assert (matched, team.asked()) == (1, 2)


async def test_a_vendor_that_tells_no_addresses_is_not_asked(house: House) -> None:
    team = Team(house)
    team.add("Mei Tanaka", "mei@example.com")
    team.speaks("Mei Tanaka")
    team.matching = team.matching_of(replace(team.live, addresses=None))

    assert await team.look() == 0
    assert team.identities() == ()
    await team.live.client.aclose()


async def test_a_vendor_in_trouble_is_asked_again_later(house: House) -> None:
    team = Team(house)
    team.add("Mei Tanaka", "mei@example.com")
    team.speaks("Mei Tanaka")
    team.fake.desk.scopes.discard("users:read")

    refused = await team.look()
    team.fake.desk.scopes.add("users:read")
    matched = await team.look()
    await team.live.client.aclose()

    assert (refused, matched) == (0, 1)
