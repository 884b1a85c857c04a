"""What Discord says of accounts."""

import pytest

from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from chargehand.plugins.errors import PermissionMissing
from chargehand.testing.discord.state import APPLICATION_ID
from tests.connectors.discord.client.world import World

pytestmark = pytest.mark.anyio


async def test_whoever_is_no_member_of_the_server_is_gone(world: World) -> None:
    mei = world.discord.person("Mei Tanaka")
    left = world.discord.add_person("Tom Berg", is_member=False)

    asked = (APPLICATION_ID, mei.id, left.id)
    states = [await world.client.account_state(AccountId(one)) for one in asked]

    assert states == [AccountState.WORKS, AccountState.WORKS, AccountState.GONE]


async def test_a_server_that_the_bot_is_not_in_says_nothing_of_its_members(world: World) -> None:
    elsewhere = world.connect(world.configured(guild_id="900000000000000999"))

    with pytest.raises(PermissionMissing):
        await elsewhere.account_state(AccountId(world.discord.person("Mei Tanaka").id))
