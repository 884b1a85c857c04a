"""What Bitbucket Data Center says of accounts."""

import pytest

from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from tests.connectors.bitbucket.client.world import World

pytestmark = pytest.mark.anyio


async def test_each_user_has_the_state_bitbucket_tells(world: World) -> None:
    bot = await world.client.identify_bot()
    mei, tom = world.fake.host.person("mei"), world.fake.host.person("tom")
    tom.status = "inactive"

    asked = (bot.account_id, mei.slug, tom.slug, "nobody")
    states = [await world.client.account_state(AccountId(one)) for one in asked]
    mei.is_deleted = True

    assert states == [AccountState.WORKS] * 2 + [AccountState.GONE] * 2
    assert await world.client.account_state(AccountId(mei.slug)) is AccountState.GONE
