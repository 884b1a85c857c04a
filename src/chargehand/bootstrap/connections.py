"""What the worker needs of each connection: everything, with a client to call.

A connector's modules are loaded only when a connection of its kind is configured.
"""

from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from chargehand.bootstrap.jira import live_jira
from chargehand.config.bitbucket_settings import BitbucketConnection
from chargehand.config.confluence_settings import ConfluenceConnection
from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.github_settings import GitHubConnection
from chargehand.config.jira_settings import JiraConnection
from chargehand.config.settings import Connection, Settings
from chargehand.config.slack_settings import SlackConnection
from chargehand.config.webhook_settings import WebhookConnection
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import Clock
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import FindForm
from chargehand.plugins.vendor_http import RequestObserver, ignore_request
from chargehand.plugins.vendor_line import Surroundings


def _nobody(_connector: str) -> RequestObserver:
    return ignore_request


def live_connections(
    settings: Settings,
    *,
    clock: Clock,
    forms: FindForm | None = None,
    observer_of: Callable[[str], RequestObserver] = _nobody,
) -> dict[ConnectionId, LiveConnection]:
    """What the worker needs of each connection, with a client that is not connected yet.

    Shape: `observer_of` says by the connector who is told of each request.
    """
    ca_file = settings.network.ca_file
    return {
        ConnectionId(configured.id): live_connection(
            configured,
            Surroundings(clock, observer=observer_of(configured.connector)),
            ca_file=ca_file,
            forms=forms,
            public_url=settings.server.public_url,
        )
        for configured in settings.connections
    }


def live_connection(  # noqa: PLR0911 - one for each connector.
    configured: Connection,
    around: Surroundings,
    *,
    ca_file: Path | None = None,
    forms: FindForm | None = None,
    public_url: str | None = None,
) -> LiveConnection:
    """One connection, of whatever connector."""
    match configured:
        case JiraConnection():
            return live_jira(configured, around, ca_file=ca_file)
        case SlackConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.bootstrap.slack import live_slack

            return live_slack(configured, around, ca_file=ca_file)
        case DiscordConnection():
            # lazy: only who has a Discord server needs what speaks to it.
            from chargehand.bootstrap.discord import live_discord

            return live_discord(configured, around, ca_file=ca_file, forms=forms)
        case BitbucketConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.bootstrap.bitbucket import live_bitbucket

            return live_bitbucket(configured, around, ca_file=ca_file)
        case WebhookConnection():
            # lazy: as above.
            from chargehand.bootstrap.webhook import live_webhook

            return live_webhook(configured)
        case GitHubConnection():
            # lazy: only who has a GitHub needs what signs in there.
            from chargehand.bootstrap.github import live_github

            return live_github(configured, around, ca_file=ca_file, public_url=public_url)
        case ConfluenceConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.bootstrap.confluence import live_confluence

            return live_confluence(configured, around, ca_file=ca_file)
        case _:
            assert_never(configured)
