"""What the worker needs of each connection: everything, with a client to call."""

from datetime import timedelta
from pathlib import Path

from chargehand.config.settings import JiraConnection, Settings
from chargehand.connectors.jira.client import JiraClient
from chargehand.connectors.jira.config import ApiToken, JiraConfig
from chargehand.connectors.jira.parse import JiraParser
from chargehand.connectors.jira.preview import JiraPreviewer
from chargehand.connectors.jira.transport import (
    RequestObserver,
    VendorTransport,
    ignore_request,
)
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.kit.clock import Clock
from chargehand.pipeline.connection import LiveConnection

# What a vendor still works on when we stop listening is stored by then.
_SETTLE_MARGIN = timedelta(seconds=10)


def live_connections(
    settings: Settings, *, clock: Clock, observer: RequestObserver = ignore_request
) -> dict[ConnectionId, LiveConnection]:
    """What the worker needs of each connection, with a client that is not connected yet."""
    return {
        ConnectionId(configured.id): LiveConnection(
            id=ConnectionId(configured.id),
            connector=configured.connector,
            site=configured.site,
            projects=frozenset(ProjectKey(key) for key in configured.projects),
            parser=JiraParser(),
            previewer=JiraPreviewer(),
            client=open_client(
                configured, clock=clock, observer=observer, ca_file=settings.network.ca_file
            ),
            poll_interval=None if configured.intake == "webhook" else configured.poll_interval,
            send_within=configured.request_timeout,
            settle_after=configured.request_timeout + _SETTLE_MARGIN,
        )
        for configured in settings.connections
    }


def open_client(
    configured: JiraConnection,
    *,
    clock: Clock,
    observer: RequestObserver = ignore_request,
    transport: VendorTransport | None = None,
    ca_file: Path | None = None,
) -> JiraClient:
    """A client of one site."""
    config = JiraConfig(
        connection_id=ConnectionId(configured.id),
        site=configured.site,
        api_token=ApiToken(configured.api_token.get_secret_value()),
        projects=tuple(ProjectKey(key) for key in configured.projects),
        email=configured.email,
        cloud_id=configured.cloud_id,
        gateway=configured.gateway,
        bot_account_id=AccountId(configured.account_id) if configured.account_id else None,
        request_timeout_s=configured.request_timeout.total_seconds(),
        editable_fields=frozenset(configured.editable_fields),
        ca_file=ca_file,
    )
    return JiraClient(config, clock, observer=observer, transport=transport)
