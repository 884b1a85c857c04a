"""What Jira Cloud says of accounts."""

from dataclasses import replace
from pathlib import Path

import pytest

from chargehand.connectors.jira.client import JiraClient
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from chargehand.plugins.errors import PermissionMissing
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.contracts import ContractTransport, load_contract
from chargehand.testing.jira.failures import Failure
from tests.conftest import OVERLAYS
from tests.connectors.jira.client.world import World

pytestmark = pytest.mark.anyio


async def test_each_account_has_the_state_jira_tells(world: World, contracts: Path) -> None:
    contract = load_contract(contracts, OVERLAYS / "jira.json")
    wire = ContractTransport(world.jira.transport(), contract)
    client = JiraClient(world.config, Surroundings(world.clock, wire))
    people = world.jira.state.people
    people[world.sam.account_id] = replace(world.sam, active=False)
    gone = AccountId(world.priya.account_id)
    del people[gone]

    asked = (world.bot.account_id, world.ana.account_id, world.sam.account_id, gone)
    states = [await client.account_state(AccountId(one)) for one in asked]
    await client.aclose()

    assert states == [AccountState.WORKS] * 2 + [AccountState.GONE] * 2
    assert [str(one) for one in contract.broken] == []


async def test_without_the_right_to_browse_users_nothing_is_told(world: World) -> None:
    world.jira.failures.add(Failure(path="/rest/api/3/user", status=403))

    with pytest.raises(PermissionMissing, match="tell whether an account works"):
        await world.client.account_state(AccountId(world.ana.account_id))


async def test_an_address_is_told_where_jira_shows_it(world: World) -> None:
    people = world.jira.state.people
    people[world.ana.account_id] = replace(world.ana, shows_email=True)
    gone = AccountId(world.priya.account_id)
    del people[gone]

    asked = (world.ana.account_id, world.sam.account_id, gone)
    told = [await world.client.account_address(AccountId(one)) for one in asked]
    await world.client.aclose()

    assert told == [world.ana.email, None, None]
