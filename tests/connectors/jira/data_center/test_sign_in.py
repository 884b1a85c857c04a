"""From an address and a token to settings that work: what `init` does, and what is refused."""

import tomllib
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from chargehand.bootstrap.jira import open_client
from chargehand.bootstrap.surveying import locate_site, survey_site
from chargehand.cli.config_file import Setup, render_config
from chargehand.config.jira_settings import JiraConnection
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.jira.seeds import BOT_TOKEN
from tests.connectors.jira.data_center.world import SITE, World

pytestmark = pytest.mark.anyio

SETTINGS = {
    "deployment": "data_center",
    "site": SITE,
    "user_name": "chargehand",
    "account_id": "JIRAUSER1090",
    "api_token": BOT_TOKEN,
    "projects": ["PAY"],
}


@pytest.mark.parametrize("given", [SITE, f"{SITE}/", f"{SITE}/secure/Dashboard.jspa"])
async def test_site_is_found_below_its_path(world: World, given: str) -> None:
    site = await locate_site(given, transport=world.transport)

    assert (site.address, site.is_data_center) == (SITE, True)
    assert site.found.title == "Jira Data Center 9.12.15"


async def test_what_init_writes_connects_the_site(world: World) -> None:
    site = await locate_site(SITE, transport=world.transport)
    survey = await survey_site(site, email=None, api_token=BOT_TOKEN, transport=world.transport)
    setup = Setup(
        deployment=site.found.deployment.value,
        site=site.address,
        email="",
        user_name=survey.identity.user_name or "",
        cloud_id="",
        api_token=BOT_TOKEN,
        account_id=survey.identity.account_id,
        account_name=survey.identity.name,
        projects=tuple(str(project.key) for project in survey.projects),
        time_zone="UTC",
        hours_start=9,
        hours_end=17,
        holiday_country="",
        public_url="",
        webhook_secret="",
        port=8000,
    )
    written = tomllib.loads(render_config(setup))["connections"][0]

    configured = JiraConnection(api_token=SecretStr(BOT_TOKEN), **written)
    client = open_client(configured, Surroundings(world.clock, world.transport))
    identity = await client.identify_bot()
    await client.aclose()

    assert identity.account_id == world.bot.account_id
    assert configured.projects == ("HELP", "PAY")


async def test_no_token_is_shown_to_who_is_only_asked_which_jira_it_is(world: World) -> None:
    seen: list[httpx.Request] = []

    async def watch(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return await world.transport.handle_async_request(request)

    await locate_site(SITE, transport=httpx.MockTransport(watch))

    assert [request.headers.get("authorization") for request in seen] == [None]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"email": "bot@acme.example"}, "email is for Jira Cloud", id="email"),
        pytest.param({"cloud_id": "1234"}, "cloud_id is for Jira Cloud", id="cloud-id"),
        pytest.param({"user_name": None}, "`chargehand init` finds both", id="no-name"),
        pytest.param({"account_id": None}, "`chargehand init` finds both", id="no-key"),
        pytest.param({"deployment": "cloud"}, "user_name is for deployment", id="cloud"),
        pytest.param({"deployment": "server"}, "data_center", id="unknown"),
    ],
)
def test_settings_that_mix_the_two_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        JiraConnection.model_validate({**SETTINGS, **changes})


def test_path_is_kept_for_data_center_only() -> None:
    cloud = {"site": f"{SITE}/x", "email": "a@b.example", "api_token": "t", "projects": ["PAY"]}

    assert JiraConnection.model_validate(SETTINGS).site == SITE
    assert JiraConnection.model_validate(cloud).site == "https://jira.example.org"
