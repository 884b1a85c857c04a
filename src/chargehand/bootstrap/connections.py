"""Builds connections from settings; the only place that knows which connectors there are."""

from datetime import timedelta

from chargehand.bootstrap.errors import ConnectionMissing
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
from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.intake.receive import ReceivingConnection
from chargehand.kit.clock import Clock
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.plugins.connector import IntakeSecrets

# What a vendor still works on when we stop listening is stored by then.
_SETTLE_MARGIN = timedelta(seconds=10)


def receiving_connections(settings: Settings) -> dict[ConnectionId, ReceivingConnection]:
    """What the front needs of each connection: how to prove its senders, and no sign-in."""
    return {
        ConnectionId(configured.id): ReceivingConnection(
            id=ConnectionId(configured.id),
            connector=configured.connector,
            receiver=JiraWebhook(),
            secrets=_intake_secrets(configured),
        )
        for configured in settings.connections
        if configured.intake != "poll"
    }


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
            client=open_client(configured, clock=clock, observer=observer),
            poll_interval=None if configured.intake == "webhook" else configured.poll_interval,
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
) -> JiraClient:
    """A client of one site."""
    config = JiraConfig(
        connection_id=ConnectionId(configured.id),
        site=configured.site,
        api_token=ApiToken(configured.api_token.get_secret_value()),
        projects=tuple(ProjectKey(key) for key in configured.projects),
        email=configured.email,
        bot_account_id=AccountId(configured.account_id) if configured.account_id else None,
        request_timeout_s=configured.request_timeout.total_seconds(),
    )
    return JiraClient(config, clock, observer=observer, transport=transport)


def find_connection(settings: Settings, wanted: str | None) -> JiraConnection:
    """The named connection, or the only one.

    Raises: ConnectionMissing.
    """
    configured = ", ".join(one.id for one in settings.connections) or "none"
    for one in settings.connections:
        if wanted == one.id or (wanted is None and len(settings.connections) == 1):
            return one
    raise ConnectionMissing(wanted=wanted or "to choose by itself", configured=configured)


def served_projects(settings: Settings) -> frozenset[ProjectKey]:
    """Every project some connection serves."""
    return frozenset(ProjectKey(key) for one in settings.connections for key in one.projects)


def pipeline_rules(settings: Settings) -> PipelineRules:
    """What the operator set that the pipeline goes by."""
    return PipelineRules(
        answer_within=settings.answers.answer_within,
        approval_expires_after=settings.answers.approval_expires_after,
        team_zone=settings.business.time_zone,
    )


def _intake_secrets(configured: JiraConnection) -> IntakeSecrets:
    path_token = configured.path_token
    return IntakeSecrets(
        signing=tuple(secret.get_secret_value() for secret in configured.webhook_secrets),
        path_token=path_token.get_secret_value() if path_token is not None else None,
    )
