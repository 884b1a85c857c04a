"""Reads a payload as its connector would: signed here, proved there, then parsed.

A file enters by the door of all payloads, so that nothing but a connector ever makes a delivery.
"""

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from chargehand.domain.ids import ConnectionId

if TYPE_CHECKING:
    # The parsers take longer to load than `--help` may.
    from chargehand.config.webhook_settings import WebhookConnection
    from chargehand.domain.event import Event
    from chargehand.plugins.connector import EventParser, WebhookReceiver

EventReader: TypeAlias = "Callable[[bytes, datetime], Event]"
"""The event a body means that came at a time."""

_Sign: TypeAlias = Callable[[bytes, datetime], Mapping[str, str]]


class ParsedConnector(StrEnum):
    """Connectors whose payloads can be read from files."""

    BITBUCKET = "bitbucket"
    JIRA = "jira"
    SLACK = "slack"
    DISCORD = "discord"
    CONFLUENCE = "confluence"
    GITHUB = "github"
    WEBHOOK = "webhook"


def reader_of(connector: ParsedConnector, event_type: str) -> EventReader:
    """What reads the payloads of a connector.

    Shape: `event_type` stands in for what the vendor says beside the payload, empty when it says
    all in it, as Jira and Slack do.
    """
    return _READERS[connector](event_type)


def webhook_reader(configured: "WebhookConnection", headers: Mapping[str, str]) -> EventReader:
    """What reads the payloads of a configured sender of plain webhooks, with its rules.

    Shape: `headers` are those its rules look at, lower case.
    """
    # lazy: as below.
    from chargehand.bootstrap.webhook import config_of
    from chargehand.connectors.webhook import webhook
    from chargehand.connectors.webhook.parse import WebhookParser
    from chargehand.plugins.connector import IntakeSecrets, RawRequest

    config, key = config_of(configured), secrets.token_bytes(32)
    secret = "whsec_" + base64.b64encode(key).decode()
    receiver, parser = webhook.PlainWebhook(config), WebhookParser(config)

    def read(body: bytes, received_at: datetime) -> "Event":
        sent_at_s = int(received_at.timestamp())
        signed = webhook.sign(
            config.proof, secret, identifier=secrets.token_hex(8), sent_at_s=sent_at_s, body=body
        )
        request = RawRequest(
            connection_id=config.connection_id,
            headers={**headers, **signed},
            body=body,
            path_token=secret,
            received_at=received_at,
        )
        proof = IntakeSecrets(signing=(secret,), path_token=secret)
        return parser.parse(receiver.verify(request, proof))

    return read


def _jira_reader(_event_type: str) -> EventReader:
    # lazy: the parser takes longer to load than `--help` may.
    from chargehand.connectors.jira.parse import JiraParser
    from chargehand.connectors.jira.webhook import JiraWebhook
    from chargehand.plugins.hub_signature import SIGNATURE_HEADER, hub_signature

    secret = secrets.token_hex()

    def sign(body: bytes, _received_at: datetime) -> Mapping[str, str]:
        return {SIGNATURE_HEADER: hub_signature(secret, body)}

    return _reader(JiraWebhook(), JiraParser(), secret, sign)


def _bitbucket_reader(event_type: str) -> EventReader:
    # lazy: as above.
    from chargehand.connectors.bitbucket.parse import BitbucketParser
    from chargehand.connectors.bitbucket.webhook import EVENT_HEADER, BitbucketWebhook
    from chargehand.plugins.hub_signature import SIGNATURE_HEADER, hub_signature

    secret = secrets.token_hex()
    named = {EVENT_HEADER: event_type} if event_type else {}

    def sign(body: bytes, _received_at: datetime) -> Mapping[str, str]:
        return {SIGNATURE_HEADER: hub_signature(secret, body), **named}

    return _reader(BitbucketWebhook(), BitbucketParser(), secret, sign)


def _slack_reader(_event_type: str) -> EventReader:
    # lazy: as above.
    from chargehand.connectors.slack import webhook
    from chargehand.connectors.slack.parse import SlackParser

    secret = secrets.token_hex()

    def sign(body: bytes, received_at: datetime) -> Mapping[str, str]:
        sent_at_s = int(received_at.timestamp())
        return {
            webhook.TIMESTAMP_HEADER: str(sent_at_s),
            webhook.SIGNATURE_HEADER: webhook.sign(secret, sent_at_s=sent_at_s, body=body),
        }

    return _reader(webhook.SlackWebhook(), SlackParser(), secret, sign)


def _discord_reader(event_type: str) -> EventReader:
    # lazy: as above.
    from chargehand.connectors.discord import webhook
    from chargehand.connectors.discord.gateway import dispatched
    from chargehand.connectors.discord.parse import DiscordParser
    from chargehand.kit.ed25519 import SigningKey

    key = SigningKey()

    def sign(body: bytes, received_at: datetime) -> Mapping[str, str]:
        timestamp = str(int(received_at.timestamp()))
        return {
            webhook.SIGNATURE_HEADER: key.sign(timestamp.encode() + body),
            webhook.TIMESTAMP_HEADER: timestamp,
        }

    read = _reader(webhook.DiscordWebhook(), DiscordParser(), key.public_key, sign)

    def read_told(body: bytes, received_at: datetime) -> "Event":
        # What comes by the gateway is named beside the payload, in an envelope.
        return read(dispatched(body, event_type) if event_type else body, received_at)

    return read_told


def _confluence_reader(event_type: str) -> EventReader:
    # lazy: as above.
    from chargehand.connectors.confluence.parse import ConfluenceParser, named
    from chargehand.connectors.confluence.webhook import ConfluenceWebhook
    from chargehand.plugins.hub_signature import SIGNATURE_HEADER, hub_signature

    secret = secrets.token_hex()

    def sign(body: bytes, _received_at: datetime) -> Mapping[str, str]:
        return {SIGNATURE_HEADER: hub_signature(secret, body)}

    read = _reader(ConfluenceWebhook(), ConfluenceParser(), secret, sign)

    def read_told(body: bytes, received_at: datetime) -> "Event":
        # Confluence Cloud names an event in the address it posts to, and not in the payload.
        return read(named(body, event_type) if event_type else body, received_at)

    return read_told


def _github_reader(event_type: str) -> EventReader:
    # lazy: as above.
    from chargehand.connectors.github import webhook
    from chargehand.connectors.github.parse import GitHubParser

    secret = secrets.token_hex()

    def sign(body: bytes, _received_at: datetime) -> Mapping[str, str]:
        named = {webhook.EVENT_HEADER: event_type} if event_type else {}
        return {webhook.SIGNATURE_HEADER: webhook.sign(secret, body), **named}

    return _reader(webhook.GitHubWebhook(), GitHubParser(), secret, sign)


def _reader(
    receiver: "WebhookReceiver", parser: "EventParser", secret: str, sign: _Sign
) -> EventReader:
    # lazy: as above.
    from chargehand.plugins.connector import IntakeSecrets, RawRequest

    proof = IntakeSecrets(signing=(secret,))

    def read(body: bytes, received_at: datetime) -> "Event":
        request = RawRequest(
            connection_id=ConnectionId(receiver.manifest.name),
            headers=sign(body, received_at),
            body=body,
            path_token=None,
            received_at=received_at,
        )
        return parser.parse(receiver.verify(request, proof))

    return read


_READERS: Mapping[ParsedConnector, Callable[[str], EventReader]] = {
    ParsedConnector.BITBUCKET: _bitbucket_reader,
    ParsedConnector.JIRA: _jira_reader,
    ParsedConnector.SLACK: _slack_reader,
    ParsedConnector.DISCORD: _discord_reader,
    ParsedConnector.CONFLUENCE: _confluence_reader,
    ParsedConnector.GITHUB: _github_reader,
}
