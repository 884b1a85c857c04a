"""What GitHub says of accounts."""

import pytest

from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from tests.connectors.github.client.world import World

pytestmark = pytest.mark.anyio


async def test_each_login_has_the_state_github_tells(world: World) -> None:
    world.site.account("tom-berg").is_gone = True

    asked = ("chargehand-bot", "mei-tanaka", "tom-berg", "nobody-yet")
    states = [await world.client.account_state(AccountId(one)) for one in asked]

    assert states == [AccountState.WORKS] * 2 + [AccountState.GONE] * 2


async def test_an_app_knows_itself_by_its_own_login(app_world: World) -> None:
    bot = await app_world.client.identify_bot()

    assert await app_world.client.account_state(bot.account_id) is AccountState.WORKS
