"""What the front needs of each connection: proof of its senders and previews, and no client.

A connector's modules are loaded only when a connection of its kind is configured.
"""

from collections.abc import Mapping
from typing import assert_never

from chargehand.config.bitbucket_settings import BitbucketConnection
from chargehand.config.confluence_settings import ConfluenceConnection
from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.github_settings import GitHubConnection
from chargehand.config.jira_settings import JiraConnection
from chargehand.config.settings import Connection, Settings
from chargehand.config.slack_settings import SlackConnection
from chargehand.config.webhook_settings import WebhookConnection
from chargehand.connectors.jira.preview import DataCenterPreviewer, JiraPreviewer
from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.domain.ids import ConnectionId
from chargehand.intake.receive import ReceivingConnection
from chargehand.plugins.connector import ActionPreviewer, IntakeSecrets, WebhookReceiver


def receiving_connections(settings: Settings) -> dict[ConnectionId, ReceivingConnection]:
    """The connections that take webhooks, with what proves their senders."""
    return {
        ConnectionId(configured.id): ReceivingConnection(
            id=ConnectionId(configured.id),
            connector=configured.connector,
            receiver=receiver_of(configured),
            secrets=_intake_secrets(configured),
        )
        for configured in settings.connections
        if configured.takes_webhooks
    }


def receiver_of(configured: Connection) -> WebhookReceiver:  # noqa: PLR0911 - one each.
    """What proves the senders of one connection."""
    match configured:
        case JiraConnection():
            return JiraWebhook()
        case SlackConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.connectors.slack.webhook import SlackWebhook

            return SlackWebhook()
        case DiscordConnection():
            # lazy: proving signatures with public keys loads a library of several megabytes.
            from chargehand.bootstrap.discord_commands import command_table
            from chargehand.connectors.discord.webhook import DiscordWebhook

            return DiscordWebhook(command_table())
        case BitbucketConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.connectors.bitbucket.webhook import BitbucketWebhook

            return BitbucketWebhook()
        case WebhookConnection():
            # lazy: as above.
            from chargehand.bootstrap.webhook import config_of
            from chargehand.connectors.webhook.webhook import PlainWebhook

            return PlainWebhook(config_of(configured))
        case GitHubConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.connectors.github.webhook import GitHubWebhook

            return GitHubWebhook()
        case ConfluenceConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.connectors.confluence.webhook import ConfluenceWebhook

            return ConfluenceWebhook()
        case _:
            assert_never(configured)


def previewers(settings: Settings) -> Mapping[ConnectionId, ActionPreviewer]:
    """What words the actions of each connection for people."""
    return {
        ConnectionId(configured.id): previewer_of(configured) for configured in settings.connections
    }


def previewer_of(configured: Connection) -> ActionPreviewer:  # noqa: PLR0911 - one each.
    """What words the actions of one connection for people."""
    match configured:
        case JiraConnection():
            return jira_previewer(configured)
        case SlackConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.connectors.slack.preview import SlackPreviewer

            return SlackPreviewer()
        case DiscordConnection():
            # lazy: only who has a Discord server needs how its messages read.
            from chargehand.connectors.discord.preview import DiscordPreviewer

            return DiscordPreviewer()
        case BitbucketConnection():
            # lazy: as above.
            from chargehand.connectors.bitbucket.preview import (
                BitbucketPreviewer,
                DataCenterPreviewer,
            )

            is_cloud = configured.deployment == "cloud"
            return BitbucketPreviewer() if is_cloud else DataCenterPreviewer()
        case WebhookConnection():
            # lazy: as above.
            from chargehand.connectors.webhook.preview import NothingToPreview

            return NothingToPreview()
        case GitHubConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.connectors.github.preview import GitHubPreviewer

            return GitHubPreviewer()
        case ConfluenceConnection():
            # lazy: loaded only where such a connection is configured.
            from chargehand.connectors.confluence.preview import ConfluencePreviewer

            return ConfluencePreviewer()
        case _:
            assert_never(configured)


def jira_previewer(configured: JiraConnection) -> ActionPreviewer:
    """What words the actions of one Jira site for people."""
    is_cloud = configured.deployment == "cloud"
    return JiraPreviewer() if is_cloud else DataCenterPreviewer()


def _intake_secrets(configured: Connection) -> IntakeSecrets:
    path_token = None
    if isinstance(
        configured,
        BitbucketConnection | ConfluenceConnection | JiraConnection | WebhookConnection,
    ):
        path_token = configured.path_token
    signing = tuple(secret.get_secret_value() for secret in configured.webhook_secrets)
    if isinstance(configured, DiscordConnection):
        # Discord signs with a key of its own; ours is the public half.
        signing = (configured.public_key,)
    return IntakeSecrets(
        signing=signing,
        path_token=path_token.get_secret_value() if path_token is not None else None,
    )
