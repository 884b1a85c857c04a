"""Finds the cloud id by which Atlassian's gateway knows a site."""

from dataclasses import replace

from chargehand.connectors.jira.answers import TenantAnswer
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.transport import Call, JiraTransport
from chargehand.plugins.vendor_line import Surroundings

UNKNOWN_CLOUD_ID = "unknown"


async def with_cloud_id(config: JiraConfig, around: Surroundings) -> JiraConfig:
    """The same connection with the cloud id its site tells.

    Shape: `UNKNOWN_CLOUD_ID` may stand for it in `config`.
    Raises: the errors of plugins/errors.py.
    """
    client = JiraTransport(config, around)
    path, operation, target = "/_edge/tenant_info", "tell its cloud id", "cloud id of the site"
    call = Call("GET", path, operation, target, base_url=config.site)
    try:
        tenant = await client.read(call, TenantAnswer)
    finally:
        await client.aclose()
    return replace(config, cloud_id=tenant.cloud_id)
