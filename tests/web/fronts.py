"""A real front on a real file, for tests at HTTP level."""

import gc
import hashlib
import hmac
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import event
from starlette.applications import Starlette

from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.domain.ids import ConnectionId
from chargehand.domain.json import JSONObject
from chargehand.inbox.group_commit import GroupCommit
from chargehand.inbox.writer import InboxLimits
from chargehand.intake.addresses import TrustedProxies
from chargehand.intake.failure_limit import FailureLimit
from chargehand.intake.receive import ReceivingConnection
from chargehand.plugins.connector import IntakeSecrets
from chargehand.storage.engines import open_engine, sqlite_url
from chargehand.storage.inbox.reader import InboxReader
from chargehand.storage.inbox.tables import inbox_metadata
from chargehand.storage.inbox.writer import open_inbox_writer
from chargehand.testing.clock import FakeClock
from chargehand.web.body import BodyLimits, BodyReader
from chargehand.web.figures import ReadSnapshot
from chargehand.web.front import FrontDeps, build_front
from chargehand.web.health import ReadyCheck
from chargehand.web.pages import FrontStatus

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SECRET = "a secret of the site"
SITE = ConnectionId("site")
PATH = "/webhooks/jira/site"
PEER = "203.0.113.7"
MEBIBYTE = 1024 * 1024
BODY_LIMIT = 5 * MEBIBYTE
COMMENT = b'{"webhookEvent":"comment_created","comment":{"id":"1"}}'


def sign(body: bytes, secret: str = SECRET) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def headers(body: bytes, *, secret: str = SECRET, key: str | None = None) -> dict[str, str]:
    found = {"x-hub-signature": sign(body, secret), "content-type": "application/json"}
    return found if key is None else {**found, "x-atlassian-webhook-identifier": key}


def receiving(connection: str, *secrets: str, path_token: str | None = None) -> ReceivingConnection:
    return ReceivingConnection(
        ConnectionId(connection),
        "jira",
        JiraWebhook(),
        IntakeSecrets(signing=secrets, path_token=path_token),
    )


@dataclass
class Front:
    """One front; change its fields before `serving`."""

    folder: Path
    connections: dict[ConnectionId, ReceivingConnection] = field(
        default_factory=lambda: {SITE: receiving("site", SECRET)}
    )
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    limits: InboxLimits = field(default_factory=lambda: InboxLimits(retry_s=0.001))
    bodies: BodyLimits = field(default_factory=BodyLimits)
    trusted_proxies: Sequence[str] = ()
    failures: int = 30
    status: FrontStatus = field(default_factory=FrontStatus)
    checks: list[ReadyCheck] = field(default_factory=list)
    description: JSONObject = field(default_factory=dict)
    max_pages: int = 1_000_000
    is_read_only: bool = False

    def __post_init__(self) -> None:
        self.path = self.folder / "inbox.db"
        self.engine = open_engine(sqlite_url(self.path))
        event.listen(self.engine, "connect", self._limit_file)
        inbox_metadata.create_all(self.engine)
        self.engine.dispose()
        self.writer = open_inbox_writer(self.engine)
        self.reader = InboxReader(self.engine)
        self.inbox = GroupCommit(self.writer.store, clock=self.clock, limits=self.limits)

    def build(self, figures: ReadSnapshot | None = None) -> Starlette:
        return build_front(
            FrontDeps(
                connections=self.connections,
                inbox=self.inbox,
                clock=self.clock,
                version="9.9.9",
                probe=self._probe,
                status=self._status,
                describe=self._describe,
                figures=figures,
                trusted_proxies=TrustedProxies(self.trusted_proxies),
                failures=FailureLimit(failures=self.failures),
                bodies=BodyReader(self.bodies),
            )
        )

    def bodies_stored(self) -> list[bytes]:
        return [one.delivery.body for one in self.reader.claim(10_000)]

    def close(self) -> None:
        self.writer.close()
        self.reader.close()
        self.engine.dispose()

    async def _probe(self) -> list[ReadyCheck]:
        return self.checks

    async def _describe(self) -> JSONObject:
        return self.description

    async def _status(self) -> FrontStatus:
        return self.status

    def _limit_file(self, connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute(f"PRAGMA max_page_count={self.max_pages}")
        connection.execute(f"PRAGMA query_only={self.is_read_only}")


@asynccontextmanager
async def serving(
    front: Front, figures: ReadSnapshot | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests reach the front in this process."""
    app = front.build(figures)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(PEER, 4711))
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://front") as client,
        ):
            yield client
    finally:
        # A front that ends lets go of what was set apart at its start, and here that is everything
        # that was collected, see `tests/conftest.py`; the next one would look through all of it.
        gc.freeze()
