"""What the worker needs of a Jira connection: everything, with a client to call."""

from dataclasses import replace
from pathlib import Path

from chargehand.bootstrap.receiving import jira_previewer
from chargehand.bootstrap.settling import SETTLE_MARGIN
from chargehand.config.jira_settings import JiraConnection
from chargehand.connectors.jira.client import JiraClient
from chargehand.connectors.jira.config import ApiToken, Deployment, JiraConfig
from chargehand.connectors.jira.limits import limits_of
from chargehand.connectors.jira.parse import JiraParser
from chargehand.connectors.jira.user_names import NamedBot
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.limits import LimitBoard
from chargehand.plugins.vendor_line import Surroundings


def live_jira(
    configured: JiraConnection, around: Surroundings, *, ca_file: Path | None = None
) -> LiveConnection:
    """One site, with a client that is not connected yet."""
    limits = LimitBoard(around.clock)
    client = open_client(configured, replace(around, limits=limits), ca_file=ca_file)
    return LiveConnection(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        site=configured.site,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        parser=parser_of(configured),
        previewer=jira_previewer(configured),
        client=client,
        accounts=client,
        addresses=client,
        facts=client,
        poll_interval=configured.polled_every,
        send_within=configured.request_timeout,
        settle_after=configured.request_timeout + SETTLE_MARGIN,
        limits=limits,
        limits_of=limits_of,
    )


def parser_of(configured: JiraConnection) -> JiraParser:
    """What reads the deliveries of one site."""
    if configured.user_name is None or configured.account_id is None:
        return JiraParser()
    return JiraParser(NamedBot(configured.user_name, AccountId(configured.account_id)))


def open_client(
    configured: JiraConnection, around: Surroundings, *, ca_file: Path | None = None
) -> JiraClient:
    """A client of one site."""
    config = JiraConfig(
        connection_id=ConnectionId(configured.id),
        site=configured.site,
        api_token=ApiToken(configured.api_token.get_secret_value()),
        projects=tuple(ProjectKey(key) for key in configured.projects),
        deployment=Deployment(configured.deployment),
        email=configured.email,
        user_name=configured.user_name,
        cloud_id=configured.cloud_id,
        gateway=configured.gateway,
        bot_account_id=AccountId(configured.account_id) if configured.account_id else None,
        request_timeout_s=configured.request_timeout.total_seconds(),
        editable_fields=frozenset(configured.editable_fields),
        ca_file=ca_file,
    )
    return JiraClient(config, around)
