"""What the front needs of each connection: proof of its senders and previews, and no client."""

from collections.abc import Mapping

from chargehand.config.jira_settings import JiraConnection
from chargehand.config.settings import Settings
from chargehand.connectors.jira.preview import DataCenterPreviewer, JiraPreviewer
from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.domain.ids import ConnectionId
from chargehand.intake.receive import ReceivingConnection
from chargehand.plugins.connector import ActionPreviewer, IntakeSecrets


def receiving_connections(settings: Settings) -> dict[ConnectionId, ReceivingConnection]:
    """The connections that take webhooks, with what proves their senders."""
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


def previewers(settings: Settings) -> Mapping[ConnectionId, ActionPreviewer]:
    """What words the actions of each connection for people."""
    return {
        ConnectionId(configured.id): previewer_of(configured) for configured in settings.connections
    }


def previewer_of(configured: JiraConnection) -> ActionPreviewer:
    """What words the actions of one site for people."""
    is_cloud = configured.deployment == "cloud"
    return JiraPreviewer() if is_cloud else DataCenterPreviewer()


def _intake_secrets(configured: JiraConnection) -> IntakeSecrets:
    path_token = configured.path_token
    return IntakeSecrets(
        signing=tuple(secret.get_secret_value() for secret in configured.webhook_secrets),
        path_token=path_token.get_secret_value() if path_token is not None else None,
    )
