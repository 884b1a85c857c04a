"""Signing in by a service account's token, or a token with scopes, at Atlassian's gateway."""

from dataclasses import replace

import pytest

from chargehand.bootstrap.surveying import locate_site, survey_site
from chargehand.domain.action import Done, Refused
from chargehand.domain.work_item import FactNeeds
from chargehand.plugins.connector import CheckState
from chargehand.plugins.errors import CredentialsRefused
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.world import NOW, SITE

pytestmark = pytest.mark.anyio

SCOPES = (
    "read:jira-work",
    "write:jira-work",
    "read:jira-user",
    "read:servicedesk-request",
    "write:servicedesk-request",
)


def scoped(world, *scopes):
    """Give the bot a token with scopes, and a client that signs in with it alone."""
    bot = replace(world.bot, scopes=scopes)
    world.jira.state.people[bot.account_id] = bot
    return world.reconnect(email=None, cloud_id=world.jira.state.cloud_id)


async def test_service_account_reads_and_writes_and_points_at_the_site(world):
    client = scoped(world, *SCOPES)
    question = world.jira.comment("PAY-1", author="Ana Ruiz", body="well?").id

    facts = await client.read_facts(FactNeeds("PAY-1", comments=True), now=NOW)
    result = await client.perform(samples.comment(question))

    assert facts.item.source_url == f"{SITE}/browse/PAY-1"
    assert isinstance(result, Done)
    assert result.url.startswith(f"{SITE}/browse/PAY-1?focusedCommentId=")
    gateway = f"/ex/jira/{world.jira.state.cloud_id}/rest/"
    assert all(request.path.startswith(gateway) for request in world.jira.requests)


async def test_email_with_a_scoped_token_signs_in_at_the_gateway_too(world):
    scoped(world, *SCOPES)

    client = world.reconnect(email=world.bot.email)

    assert (await client.identify_bot()).account_id == world.bot.account_id


async def test_scoped_token_is_not_taken_by_the_site(world):
    scoped(world, *SCOPES)

    with pytest.raises(CredentialsRefused):
        await world.reconnect(email=world.bot.email, cloud_id=None).identify_bot()


@pytest.mark.parametrize(
    ("lacking", "check"),
    [("read:jira-user", "sign-in"), ("read:jira-work", "site")],
)
async def test_doctor_names_the_missing_scope(world, lacking, check):
    client = scoped(world, *(one for one in SCOPES if one != lacking))

    checks = {one.name: one for one in await client.check()}

    assert checks[check].state is CheckState.FAILED
    assert f"it lacks the scope {lacking}" in checks[check].found
    assert "Make a new token with that scope" in checks[check].mend


async def test_doctor_is_content_with_every_scope(world):
    checks = await scoped(world, *SCOPES).check()

    assert [one for one in checks if one.state is CheckState.FAILED] == []


async def test_write_without_its_scope_is_refused_by_name_and_not_tried_again(world):
    client = scoped(world, *(one for one in SCOPES if one != "write:jira-work"))

    result = await client.perform(samples.labels("urgent", base=("api",)))

    assert isinstance(result, Refused)
    assert result.reason == "scope_missing"
    assert "write:jira-work" in result.detail
    assert world.jira.issue("PAY-1").labels == ("api",)


async def test_survey_finds_the_cloud_id_by_itself(world):
    scoped(world, *SCOPES)

    wire = world.jira.transport()
    site = await locate_site(f"{SITE}/jira/your-work", transport=wire)

    survey = await survey_site(site, email=None, api_token=world.bot.token, transport=wire)

    assert (site.address, site.is_data_center) == (SITE, False)

    assert survey.cloud_id == world.jira.state.cloud_id
    assert survey.identity.account_id == world.bot.account_id
    assert {str(one.key) for one in survey.projects} >= {"PAY", "HELP"}
