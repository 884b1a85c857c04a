"""What the worker needs of a Slack connection: everything, with a client to call."""

from dataclasses import replace
from pathlib import Path

from chargehand.bootstrap.settling import SETTLE_MARGIN
from chargehand.config.slack_settings import SlackConnection
from chargehand.connectors.slack.client import SlackClient
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.limits import limits_of
from chargehand.connectors.slack.parse import SlackParser
from chargehand.connectors.slack.preview import SlackPreviewer
from chargehand.connectors.slack.transport import SlackTransport
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.kit.masked import MaskedText
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import Listener
from chargehand.plugins.limits import LimitBoard, scaled
from chargehand.plugins.vendor_line import Surroundings


def live_slack(
    configured: SlackConnection, around: Surroundings, *, ca_file: Path | None = None
) -> LiveConnection:
    """One workspace, with a client that is not connected yet."""
    limits = LimitBoard(around.clock, factor=configured.limit_factor)
    client = open_client(configured, replace(around, limits=limits), ca_file=ca_file)
    return LiveConnection(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        site=configured.site,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        parser=SlackParser(configured.team_id),
        previewer=SlackPreviewer(),
        client=client,
        accounts=client,
        addresses=client,
        places=client,
        threads=client,
        listener=_listener_of(configured, around, ca_file=ca_file),
        poll_interval=configured.polled_every,
        send_within=configured.request_timeout,
        settle_after=configured.request_timeout + SETTLE_MARGIN,
        channels={
            channel: frozenset(ProjectKey(key) for key in projects)
            for channel, projects in configured.channels.items()
        },
        approvals_channel=configured.approvals_channel,
        limits=limits,
        limits_of=scaled(limits_of, configured.limit_factor),
    )


def open_client(
    configured: SlackConnection, around: Surroundings, *, ca_file: Path | None = None
) -> SlackClient:
    """A client of one workspace."""
    config = config_of(configured, ca_file=ca_file)
    return SlackClient(config, around)


def config_of(configured: SlackConnection, *, ca_file: Path | None = None) -> SlackConfig:
    """What the connector needs to know of one workspace.

    Raises: SlackConfigWrong.
    """
    app_token = configured.app_token
    return SlackConfig(
        connection_id=ConnectionId(configured.id),
        bot_token=MaskedText(configured.bot_token.get_secret_value()),
        app_token=MaskedText(app_token.get_secret_value()) if app_token is not None else None,
        team_id=configured.team_id,
        channels=tuple(configured.channels),
        api_url=configured.api_url,
        request_timeout_s=configured.request_timeout.total_seconds(),
        ca_file=ca_file,
    )


def _listener_of(
    configured: SlackConnection, around: Surroundings, *, ca_file: Path | None
) -> Listener | None:
    if configured.intake != "socket":
        return None
    # lazy: the library for sockets is loaded only where one is listened to.
    from chargehand.connectors.slack.listener import SlackListener

    config = config_of(configured, ca_file=ca_file)
    return SlackListener(config, SlackTransport(config, around), around.clock)
