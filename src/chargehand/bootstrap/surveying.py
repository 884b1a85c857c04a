"""Looks at a Jira site before it is configured: who are we there, and which projects are there."""

from dataclasses import dataclass

from chargehand.connectors.jira.client import JiraClient, Project
from chargehand.connectors.jira.config import ApiToken, JiraConfig, clean_address
from chargehand.connectors.jira.tenant import UNKNOWN_CLOUD_ID, with_cloud_id
from chargehand.connectors.jira.transport import VendorTransport
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.plugins.connector import BotIdentity


@dataclass(frozen=True, slots=True)
class SiteSurvey:
    """What a sign-in can see; `projects` by key, `cloud_id` where it signs in at the gateway."""

    identity: BotIdentity
    projects: tuple[Project, ...]
    cloud_id: str | None = None


def clean_site(text: str) -> str:
    """The address of a site reduced to scheme and host.

    Raises: JiraConfigWrong naming what is not allowed.
    """
    return clean_address(text, field="site")


async def survey_site(
    site: str, *, email: str | None, api_token: str, transport: VendorTransport | None = None
) -> SiteSurvey:
    """Sign in and look around, changing nothing; without an e-mail as a service account.

    Raises: JiraConfigWrong, and the errors of plugins/errors.py.
    """
    config = JiraConfig(
        connection_id=ConnectionId("jira"),
        site=site,
        api_token=ApiToken(api_token),
        email=email,
        cloud_id=UNKNOWN_CLOUD_ID if email is None else None,
    )
    clock = SystemClock()
    if email is None:
        config = await with_cloud_id(config, clock, transport=transport)
    client = JiraClient(config, clock, transport=transport)
    try:
        identity = await client.identify_bot()
        return SiteSurvey(identity, await client.list_projects(), config.cloud_id)
    finally:
        await client.aclose()
