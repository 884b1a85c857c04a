"""What `doctor` says of a connection."""

import pytest

from chargehand.connectors.confluence.client import with_cloud_id
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.errors import ConfluenceConfigWrong
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import CheckState
from tests.connectors.confluence.world import CONNECTION, SITE

pytestmark = [pytest.mark.anyio, pytest.mark.contract]


async def test_a_connection_that_works_says_what_was_found(world):
    checks = {one.name: one for one in await world.client.check()}

    assert {name: one.state for name, one in checks.items()} == {
        "sign-in": CheckState.PASSED,
        "space ENG": CheckState.PASSED,
        "search": CheckState.PASSED,
        "clock": CheckState.SKIPPED,
    }
    assert checks["sign-in"].found == "signed in as Chargehand (712020:chargehand)"
    assert await world.client.list_spaces() == (("ENG", "Engineering"),)


async def test_what_does_not_work_says_how_to_mend_it(world):
    world.connect(spaces=("NONE",))
    space = (await world.client.check())[1]
    world.connect(email="nobody@example.com")
    sign_in = (await world.client.check())[0]

    assert (space.state, sign_in.state) == (CheckState.FAILED, CheckState.FAILED)
    assert "Correct the key" in space.mend
    assert "API token" in sign_in.mend


async def test_the_site_tells_its_cloud_id(world):
    config = ConfluenceConfig(CONNECTION, SITE, MaskedText("x"), cloud_id="unknown")

    found = await with_cloud_id(config, world.clock, transport=world.fake.transport())

    assert found.cloud_id == world.fake.cloud_id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"site": "acme"}, "site"),
        ({"api_token": MaskedText("a b")}, "api_token"),
        ({"email": "x"}, "email"),
        ({"email": None}, "email"),
        ({"cloud_id": "a/b"}, "cloud_id"),
        ({"spaces": ('A" or 1',)}, "spaces"),
        ({"request_timeout_s": 0}, "request_timeout_s"),
    ],
)
def test_a_wrong_setting_is_named(changes, field):
    values = {"site": SITE, "api_token": MaskedText("x"), "email": "a@b.example", **changes}

    with pytest.raises(ConfluenceConfigWrong, match=field):
        ConfluenceConfig(connection_id=CONNECTION, **values)
