"""Finds out which Jira stands at an address, as it tells anybody who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.jira.answers import ServerAnswer
from chargehand.connectors.jira.config import Deployment, JiraConfig
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.plugins.errors import CredentialsRefused, PermissionMissing, TargetMissing

# Both kinds of Jira answer under the older root.
_SERVER_INFO: Final = "/rest/api/2/serverInfo"
_OPERATION: Final = "tell its version"
_TARGET: Final = "site information"
TITLES: Final[Mapping[Deployment, str]] = {
    Deployment.CLOUD: "Jira Cloud",
    Deployment.DATA_CENTER: "Jira Data Center",
}
MENDS: Final[Mapping[Deployment, str]] = {
    Deployment.CLOUD: (
        'Take out deployment = "data_center" and user_name, and set email and an API token made at '
        "id.atlassian.com; a personal access token of Data Center does not work there."
    ),
    Deployment.DATA_CENTER: (
        'Set deployment = "data_center", take out email and cloud_id, and use a personal access '
        "token made on that site, or run `chargehand init`; an API token of Jira Cloud does not "
        "work there."
    ),
}
OR_DATA_CENTER: Final = (
    'A Jira Data Center needs deployment = "data_center", and its path in the address.'
)


@dataclass(frozen=True, slots=True)
class FoundSite:
    """What a site says of itself."""

    deployment: Deployment
    version: str

    @property
    def title(self) -> str:
        """Its kind, and of Data Center the release."""
        name = TITLES[self.deployment]
        return name if self.deployment is Deployment.CLOUD else f"{name} {self.version}".rstrip()


async def ask_site(transport: JiraTransport, config: JiraConfig) -> FoundSite:
    """Which Jira stands where the settings of a connection point.

    Raises: the errors of plugins/errors.py.
    """
    if config.deployment is Deployment.CLOUD:
        call = Call("GET", path_of("serverInfo"), _OPERATION, _TARGET)
        try:
            return _found(await transport.read(call, ServerAnswer))
        except (CredentialsRefused, PermissionMissing, TargetMissing):
            if config.cloud_id is not None:
                raise
            # Data Center has no such root and knows no such sign-in; its own root tells.
            found = await ask_stranger(transport, config.site)
            if found.deployment is Deployment.CLOUD:
                raise
            return found
    return await ask_stranger(transport, config.site)


async def ask_stranger(transport: JiraTransport, site: str) -> FoundSite:
    """Which Jira it is, asked without a sign-in, as both kinds allow.

    Raises: the errors of plugins/errors.py.
    """
    call = Call("GET", _SERVER_INFO, _OPERATION, _TARGET, base_url=site, needs_sign_in=False)
    return _found(await transport.read(call, ServerAnswer))


def _found(server: ServerAnswer) -> FoundSite:
    # Data Center says Server, as its forerunner did, or its own name.
    is_cloud = server.deployment_type in {"", "Cloud"}
    return FoundSite(Deployment.CLOUD if is_cloud else Deployment.DATA_CENTER, server.version)
