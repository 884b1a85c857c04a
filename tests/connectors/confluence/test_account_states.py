"""What Confluence Cloud says of accounts."""

import pytest

from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from tests.connectors.confluence.world import World

pytestmark = pytest.mark.anyio


async def test_an_account_that_is_not_there_any_more_is_gone(world: World) -> None:
    bot = await world.client.identify_bot()
    tom = world.fake.site.add_person("Tom Berg")

    asked = (bot.account_id, tom.account_id, "712020:nobody")
    states = [await world.client.account_state(AccountId(one)) for one in asked]
    del world.fake.site.people[tom.account_id]

    assert states == [AccountState.WORKS, AccountState.WORKS, AccountState.GONE]
    assert await world.client.account_state(AccountId(tom.account_id)) is AccountState.GONE
