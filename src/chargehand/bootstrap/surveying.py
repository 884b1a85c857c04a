"""Looks at a Jira site before it is configured: who are we there, and which projects are there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.connectors.jira.client import JiraClient, Project
from chargehand.connectors.jira.config import (
    ApiToken,
    Deployment,
    JiraConfig,
    clean_address,
    clean_address_with_path,
)
from chargehand.connectors.jira.site import FoundSite, ask_stranger
from chargehand.connectors.jira.tenant import UNKNOWN_CLOUD_ID, with_cloud_id
from chargehand.connectors.jira.transport import JiraTransport
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.plugins.connector import BotIdentity
from chargehand.plugins.errors import RequestRefused, TargetMissing, VendorAnswerUnreadable
from chargehand.plugins.vendor_http import VendorTransport
from chargehand.plugins.vendor_line import Surroundings

_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class SiteSurvey:
    """What a sign-in can see; `projects` by key, `cloud_id` where it signs in at the gateway."""

    identity: BotIdentity
    projects: tuple[Project, ...]
    cloud_id: str | None = None


@dataclass(frozen=True, slots=True)
class LocatedSite:
    """A Jira site at its address: of Cloud reduced to scheme and host, else with its path."""

    address: str
    found: FoundSite

    @property
    def is_data_center(self) -> bool:
        """Whether it is a Data Center of somebody's own."""
        return self.found.deployment is Deployment.DATA_CENTER


def clean_site(text: str) -> str:
    """The address of a site, with the path somebody gave.

    Raises: JiraConfigWrong naming what is not allowed.
    """
    return clean_address_with_path(text, field="site")


async def locate_site(
    site: str,
    *,
    timeout_s: float = _TIMEOUT_S,
    ca_file: Path | None = None,
    transport: VendorTransport | None = None,
) -> LocatedSite:
    """Which Jira stands at an address, asked without a sign-in.

    A path that leads nowhere is taken off: people copy addresses from their browsers.
    Raises: JiraConfigWrong, and the errors of plugins/errors.py.
    """
    config = JiraConfig(
        connection_id=ConnectionId("jira"),
        site=site,
        api_token=ApiToken("none-yet"),
        deployment=Deployment.DATA_CENTER,
        request_timeout_s=timeout_s,
        ca_file=ca_file,
    )
    host = clean_address(site, field="site")
    asking = JiraTransport(config, Surroundings(SystemClock(), transport))
    try:
        return await _ask(asking, config.site, host=host)
    finally:
        await asking.aclose()


async def _ask(asking: JiraTransport, address: str, *, host: str) -> LocatedSite:
    try:
        found = await ask_stranger(asking, address)
    except (RequestRefused, TargetMissing, VendorAnswerUnreadable):
        if address == host:
            raise
        return await _ask(asking, address.rpartition("/")[0], host=host)
    is_cloud = found.deployment is Deployment.CLOUD
    return LocatedSite(host if is_cloud else address, found)


async def survey_site(
    site: LocatedSite,
    *,
    email: str | None,
    api_token: str,
    timeout_s: float = _TIMEOUT_S,
    ca_file: Path | None = None,
    transport: VendorTransport | None = None,
) -> SiteSurvey:
    """Sign in and look around, changing nothing; on Cloud without an e-mail as a service account.

    Raises: JiraConfigWrong, and the errors of plugins/errors.py.
    """
    is_at_gateway = email is None and not site.is_data_center
    config = JiraConfig(
        connection_id=ConnectionId("jira"),
        site=site.address,
        api_token=ApiToken(api_token),
        deployment=site.found.deployment,
        email=email,
        cloud_id=UNKNOWN_CLOUD_ID if is_at_gateway else None,
        request_timeout_s=timeout_s,
        ca_file=ca_file,
    )
    around = Surroundings(SystemClock(), transport)
    if is_at_gateway:
        config = await with_cloud_id(config, around)
    client = JiraClient(config, around)
    try:
        identity = await client.identify_bot()
        return SiteSurvey(identity, await client.list_projects(), config.cloud_id)
    finally:
        await client.aclose()
