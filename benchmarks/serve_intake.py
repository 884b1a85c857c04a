"""Serves one of the three ways to receive webhooks, under the shipped uvicorn settings."""

import argparse
from pathlib import Path

import uvicorn
from baselines import bare_asgi, per_request

from chargehand import __version__
from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.domain.ids import ConnectionId
from chargehand.inbox.group_commit import GroupCommit
from chargehand.intake.receive import ReceivingConnection
from chargehand.kit.clock import SystemClock
from chargehand.plugins.connector import IntakeSecrets
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


def build_production(path: Path, secret: str) -> object:
    """The whole front, as it ships."""
    secrets = IntakeSecrets(signing=(secret,))
    connection = ReceivingConnection(CONNECTION, "jira", JiraWebhook(), secrets)
    return build_front(
        FrontDeps(
            connections={CONNECTION: connection},
            inbox=open_inbox(path),
            clock=CLOCK,
            version=__version__,
            probe=_ready,
            status=_status,
            describe=dict,
        )
    )


def build_bare(path: Path, secret: str) -> object:
    """The same writer without the front."""
    secrets = IntakeSecrets(signing=(secret,))
    return bare_asgi.build(
        open_inbox(path), JiraWebhook(), secrets=secrets, connection_id=CONNECTION, clock=CLOCK
    )


BUILDERS = {
    "production": build_production,
    "bare_asgi": build_bare,
    "per_request": per_request.build,
}


async def _ready() -> tuple[ReadyCheck, ...]:
    return ()


async def _status() -> FrontStatus:
    return FrontStatus()


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=sorted(BUILDERS))
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    app = BUILDERS[chosen.way](chosen.database, chosen.secret)
    uvicorn.run(app, port=chosen.port, log_level="warning", **UVICORN_SETTINGS)


if __name__ == "__main__":
    main()
