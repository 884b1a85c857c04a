"""What the worker needs of a Confluence connection: everything, with a client to call."""

from dataclasses import dataclass, replace
from pathlib import Path

from chargehand.bootstrap.configured import tells_of_accounts
from chargehand.bootstrap.settling import SETTLE_MARGIN
from chargehand.config.confluence_settings import ConfluenceConnection
from chargehand.connectors.confluence.client import ConfluenceClient, with_cloud_id
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.limits import limits_of
from chargehand.connectors.confluence.parse import ConfluenceParser
from chargehand.connectors.confluence.preview import ConfluencePreviewer
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.kit.clock import SystemClock
from chargehand.kit.masked import MaskedText
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import BotIdentity
from chargehand.plugins.limits import LimitBoard, scaled
from chargehand.plugins.vendor_http import VendorTransport
from chargehand.plugins.vendor_line import Surroundings

_UNKNOWN_CLOUD_ID = "unknown"


def live_confluence(
    configured: ConfluenceConnection, around: Surroundings, *, ca_file: Path | None = None
) -> LiveConnection:
    """One site's Confluence, with a client that is not connected yet."""
    limits = LimitBoard(around.clock, factor=configured.limit_factor)
    client = open_client(configured, replace(around, limits=limits), ca_file=ca_file)
    return LiveConnection(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        site=configured.site,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        parser=ConfluenceParser(),
        previewer=ConfluencePreviewer(),
        client=client,
        accounts=client if tells_of_accounts(configured) else None,
        poll_interval=configured.polled_every,
        send_within=configured.request_timeout,
        settle_after=configured.request_timeout + SETTLE_MARGIN,
        channels={
            space: frozenset(ProjectKey(key) for key in projects)
            for space, projects in configured.spaces.items()
        },
        limits=limits,
        limits_of=scaled(limits_of, configured.limit_factor),
        tells_in_public=configured.tell_in_public,
    )


def open_client(
    configured: ConfluenceConnection, around: Surroundings, *, ca_file: Path | None = None
) -> ConfluenceClient:
    """A client of one site's Confluence."""
    config = ConfluenceConfig(
        connection_id=ConnectionId(configured.id),
        site=configured.site,
        api_token=MaskedText(configured.api_token.get_secret_value()),
        spaces=tuple(configured.spaces),
        email=configured.email,
        cloud_id=configured.cloud_id,
        gateway=configured.gateway,
        bot_account_id=AccountId(configured.account_id) if configured.account_id else None,
        request_timeout_s=configured.request_timeout.total_seconds(),
        ca_file=ca_file,
        is_data_center=configured.deployment == "data_center",
    )
    return ConfluenceClient(config, around)


@dataclass(frozen=True, slots=True)
class WikiSurvey:
    """What a sign-in can see; `spaces` are names by key, `cloud_id` where it signs in so."""

    identity: BotIdentity
    spaces: dict[str, str]
    cloud_id: str | None = None


async def survey_wiki(
    site: str,
    *,
    email: str | None,
    api_token: str,
    timeout_s: float,
    is_data_center: bool = False,
    ca_file: Path | None = None,
    transport: VendorTransport | None = None,
) -> WikiSurvey:
    """Sign in and look around, changing nothing; on Cloud without an e-mail as a service account.

    Raises: ConfluenceConfigWrong, and the errors of plugins/errors.py.
    """
    config = ConfluenceConfig(
        connection_id=ConnectionId("confluence"),
        site=site,
        api_token=MaskedText(api_token),
        email=email,
        cloud_id=None if email or is_data_center else _UNKNOWN_CLOUD_ID,
        request_timeout_s=timeout_s,
        ca_file=ca_file,
        is_data_center=is_data_center,
    )
    around = Surroundings(SystemClock(), transport)
    if not email and not is_data_center:
        config = await with_cloud_id(config, around)
    client = ConfluenceClient(config, around)
    try:
        identity = await client.identify_bot()
        return WikiSurvey(identity, dict(await client.list_spaces()), config.cloud_id)
    finally:
        await client.aclose()
