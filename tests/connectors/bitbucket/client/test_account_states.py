"""What Bitbucket Cloud says of accounts."""

import pytest

from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from chargehand.plugins.errors import PermissionMissing
from tests.connectors.bitbucket.client.world import World

pytestmark = pytest.mark.anyio


async def test_each_account_has_the_state_bitbucket_tells(world: World) -> None:
    bot = await world.client.identify_bot()
    mei, tom = world.fake.host.person("mei"), world.fake.host.person("tom")

    asked = (bot.account_id, mei.account_id, mei.uuid, tom.account_id)
    states = [await world.client.account_state(AccountId(one)) for one in asked]
    tom.status, mei.is_deleted = "inactive", True
    later = [await world.client.account_state(AccountId(one)) for one in asked]

    assert states == [AccountState.WORKS] * 4
    assert later == [AccountState.WORKS] + [AccountState.GONE] * 3


async def test_an_access_token_may_not_ask(world: World) -> None:
    client = world.with_access_token()

    with pytest.raises(PermissionMissing, match="tell whether an account works"):
        await client.account_state(AccountId(world.fake.host.person("mei").account_id))
