"""Looks at a Jira site before it is configured: who are we there, and which projects are there."""

from dataclasses import dataclass

from chargehand.connectors.jira.client import JiraClient, Project
from chargehand.connectors.jira.config import ApiToken, JiraConfig, clean_address
from chargehand.connectors.jira.transport import VendorTransport
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.plugins.connector import BotIdentity


@dataclass(frozen=True, slots=True)
class SiteSurvey:
    """What a sign-in can see; `projects` by key."""

    identity: BotIdentity
    projects: tuple[Project, ...]


def clean_site(text: str) -> str:
    """The address of a site reduced to scheme and host.

    Raises: JiraConfigWrong naming what is not allowed.
    """
    return clean_address(text, field="site")


async def survey_site(
    site: str, *, email: str, api_token: str, transport: VendorTransport | None = None
) -> SiteSurvey:
    """Sign in and look around, changing nothing.

    Raises: JiraConfigWrong, and the errors of plugins/errors.py.
    """
    config = JiraConfig(
        connection_id=ConnectionId("jira"), site=site, api_token=ApiToken(api_token), email=email
    )
    client = JiraClient(config, SystemClock(), transport=transport)
    try:
        identity = await client.identify_bot()
        return SiteSurvey(identity, await client.list_projects())
    finally:
        await client.aclose()
