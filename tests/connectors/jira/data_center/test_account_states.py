"""What Jira Data Center says of accounts."""

from dataclasses import replace

import pytest

from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from tests.connectors.jira.data_center.world import World

pytestmark = pytest.mark.anyio


async def test_each_account_has_the_state_jira_tells_of_its_key(world: World) -> None:
    world.jira.state.people[world.sam.account_id] = replace(world.sam, active=False)
    asked = (world.bot.account_id, world.ana.account_id, world.sam.account_id, "JIRAUSER0")

    states = [await world.client.account_state(AccountId(one)) for one in asked]

    assert states == [AccountState.WORKS] * 2 + [AccountState.GONE] * 2


async def test_an_address_is_told(world: World) -> None:
    asked = (world.ana.account_id, "JIRAUSER0")

    told = [await world.client.account_address(AccountId(one)) for one in asked]

    assert told == [world.ana.email, None]
