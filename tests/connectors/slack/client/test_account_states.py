"""What Slack says of accounts."""

import pytest

from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from chargehand.testing.slack.workspace_ids import BOT
from tests.connectors.slack.client.world import World

pytestmark = pytest.mark.anyio


async def test_each_account_has_the_state_slack_tells(world: World) -> None:
    mei, gone = world.fake.workspace.person("Mei Tanaka"), world.fake.workspace.person("Ana Ruiz")
    gone.is_deleted = True

    asked = (BOT, mei.id, gone.id, "U0NOBODY1")
    states = [await world.client.account_state(AccountId(one)) for one in asked]

    assert states == [AccountState.WORKS] * 2 + [AccountState.GONE] * 2
