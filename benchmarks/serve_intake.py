"""Serves one of the three ways to receive webhooks, under the shipped uvicorn settings."""

import argparse
from pathlib import Path

import uvicorn
from baselines import bare_asgi, per_request
from baselines.proofs import PROOFS

from chargehand import __version__
from chargehand.bootstrap.discord_commands import command_table
from chargehand.connectors.bitbucket.webhook import BitbucketWebhook
from chargehand.connectors.confluence.webhook import ConfluenceWebhook
from chargehand.connectors.discord.webhook import DiscordWebhook
from chargehand.connectors.github.webhook import GitHubWebhook
from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.connectors.slack.webhook import SlackWebhook
from chargehand.connectors.webhook.config import Proof, ProofForm, WebhookConfig
from chargehand.connectors.webhook.webhook import PlainWebhook
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.inbox.group_commit import GroupCommit
from chargehand.intake.receive import ReceivingConnection
from chargehand.kit.clock import SystemClock
from chargehand.plugins.connector import IntakeSecrets, WebhookReceiver
from chargehand.storage.engines import open_engine, sqlite_url
from chargehand.storage.inbox.tables import inbox_metadata
from chargehand.storage.inbox.writer import open_inbox_writer
from chargehand.web.front import UVICORN_SETTINGS, FrontDeps, build_front
from chargehand.web.health import ReadyCheck
from chargehand.web.pages import FrontStatus

CONNECTION = ConnectionId("site")
CLOCK = SystemClock()


def open_inbox(path: Path) -> GroupCommit:
    """The inbox on a fresh file."""
    engine = open_engine(sqlite_url(path))
    inbox_metadata.create_all(engine)
    return GroupCommit(open_inbox_writer(engine).store, clock=CLOCK)


def receiver_of(connector: str) -> WebhookReceiver:  # noqa: PLR0911 - one each.
    """What proves the requests of a connector."""
    match connector:
        case "bitbucket":
            return BitbucketWebhook()
        case "confluence":
            return ConfluenceWebhook()
        case "github":
            return GitHubWebhook()
        case "webhook":
            proof = Proof(ProofForm.STANDARD)
            config = WebhookConfig(CONNECTION, frozenset({ProjectKey("PAY")}), proof)
            return PlainWebhook(config)
        case "slack":
            return SlackWebhook()
        case "discord":
            return DiscordWebhook(command_table())
        case _:
            return JiraWebhook()


def build_production(path: Path, secret: str, connector: str) -> object:
    """The whole front, as it ships."""
    secrets = IntakeSecrets(signing=(secret,))
    connection = ReceivingConnection(CONNECTION, connector, receiver_of(connector), secrets)
    return build_front(
        FrontDeps(
            connections={CONNECTION: connection},
            inbox=open_inbox(path),
            clock=CLOCK,
            version=__version__,
            probe=_ready,
            status=_status,
            describe=_description,
        )
    )


def build_bare(path: Path, secret: str, connector: str) -> object:
    """The same writer without the front."""
    return bare_asgi.build(
        open_inbox(path),
        receiver_of(connector),
        secrets=IntakeSecrets(signing=(secret,)),
        connection_id=CONNECTION,
        clock=CLOCK,
    )


def build_per_request(path: Path, secret: str, connector: str) -> object:
    """A commit for every request."""
    return per_request.build(path, PROOFS[connector](secret))


BUILDERS = {
    "production": build_production,
    "bare_asgi": build_bare,
    "per_request": build_per_request,
}


async def _ready() -> tuple[ReadyCheck, ...]:
    return ()


async def _description() -> JSONObject:
    return {}


async def _status() -> FrontStatus:
    return FrontStatus()


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=sorted(BUILDERS))
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--connector", choices=sorted(PROOFS), default="jira")
    parser.add_argument("--secret", required=True, help="for discord the public key")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    app = BUILDERS[chosen.way](chosen.database, chosen.secret, chosen.connector)
    uvicorn.run(app, port=chosen.port, log_level="warning", **UVICORN_SETTINGS)


if __name__ == "__main__":
    main()
