"""What `doctor` says of a connection."""

import json
from pathlib import Path

import pytest

from chargehand.connectors.confluence.client import with_cloud_id
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.errors import ConfluenceConfigWrong
from chargehand.connectors.confluence.scopes import scope_of
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import CheckState
from chargehand.plugins.vendor_line import Surroundings
from tests.conftest import OVERLAYS
from tests.connectors.confluence.world import CONNECTION, SITE

PROJECT = Path(__file__).parents[3]
pytestmark = [pytest.mark.anyio, pytest.mark.contract]


async def test_a_connection_that_works_says_what_was_found(world):
    checks = {one.name: one for one in await world.client.check()}

    assert {name: one.state for name, one in checks.items()} == {
        "sign-in": CheckState.PASSED,
        "space ENG": CheckState.PASSED,
        "search": CheckState.PASSED,
        "reading": CheckState.PASSED,
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


@pytest.mark.parametrize(
    ("part", "check", "scope"),
    [
        ("/user/current", "sign-in", "read:content-details:confluence"),
        ("/v2/spaces", "space ENG", "read:space:confluence"),
        ("/content/search", "search", "read:content-details:confluence or search:confluence"),
        ("/pages", "reading", "read:page:confluence"),
        ("-comments", "reading", "read:comment:confluence"),
    ],
)
async def test_a_token_without_a_scope_is_told_which_one(world, part, check, scope):
    world.connect(cloud_id=world.fake.cloud_id)
    world.fake.unscoped = (("GET", part),)

    found = {one.name: one for one in await world.client.check()}

    assert found[check].state is CheckState.FAILED
    assert found[check].found.endswith(f"it lacks the scope {scope}.")
    assert "Make the token anew" in found[check].mend


def test_the_scopes_are_those_of_the_descriptions_and_of_the_guide(contracts):
    """The first API's are in the description we have; the second's were copied from Atlassian's."""
    paths = json.loads(
        (contracts / "confluence" / "confluence-v1-v2-merged.openapi.json").read_text()
    )["paths"]
    old = {
        ("GET", path): {
            scope
            for one in paths[path]["get"]["x-atlassian-oauth2-scopes"]
            for scope in one["scopes"]
        }
        for path in ("/rest/api/content/search", "/rest/api/user/current")
    }
    own = json.loads((OVERLAYS / "confluence.json").read_text())["own"]["paths"]
    new = {
        (method.upper(), f"/api/v2{path}"): set(operation["x-scopes"])
        for path, item in own.items()
        for method, operation in item.items()
    }
    guide = (PROJECT / "docs" / "howto" / "connect-confluence.md").read_text()

    for (method, path), allowed in old.items():
        assert set(scope_of(method, path).split(" or ")) <= allowed, f"{method} {path}"
    for (method, path), needed in new.items():
        assert set(scope_of(method, path).split(" and ")) == needed, f"{method} {path}"
        assert all(f"`{scope}`" in guide for scope in needed)


async def test_the_site_tells_its_cloud_id(world):
    config = ConfluenceConfig(CONNECTION, SITE, MaskedText("x"), cloud_id="unknown")

    found = await with_cloud_id(config, Surroundings(world.clock, world.fake.transport()))

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
