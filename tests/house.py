"""The whole house in one process: real front, real databases, real pipeline; a fake Jira and clock.

`say` is a person who comments and the signed webhook that follows; `settle` lets the worker do
everything that is due. Nothing here waits, sleeps or patches.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from chargehand.bootstrap.connections import (
    live_connections,
    pipeline_rules,
    receiving_connections,
)
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.settings import Settings
from chargehand.connectors.jira.client import JiraClient
from chargehand.connectors.jira.config import ApiToken, JiraConfig
from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.records import ActionRecord, ApprovalRecord, DecisionRecord, EventRecord
from chargehand.inbox.group_commit import GroupCommit
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.approving import DecidedApproval, approve, expire_approvals, reject
from chargehand.pipeline.connecting import connect
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.dispatching import Dispatcher
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.modes import set_mode
from chargehand.pipeline.polling import Polling
from chargehand.pipeline.working import Worker, WorkerParts
from chargehand.storage.changes import ChangeCheck
from chargehand.storage.inbox.writer import open_inbox_writer
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.testing.clock import FakeClock
from chargehand.testing.engine import InlineEngine
from chargehand.testing.jira import FakeJira, seed_demo
from chargehand.web.front import FrontDeps, build_front
from chargehand.web.pages import FrontStatus

SITE = "http://127.0.0.1:8089"
SECRET = "the-signing-secret-of-the-tests"
START = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
CONNECTION = ConnectionId("jira")
_MOST_ROUNDS = 50


@dataclass(frozen=True)
class Posted:
    """A comment a person wrote, and how the webhook about it was received."""

    id: str
    response: httpx.Response
    headers: Mapping[str, str]
    body: bytes


class House:
    """Everything a test talks to."""

    def __init__(self, settings: Settings, transport: Any = None) -> None:
        self.clock = FakeClock(START)
        self.settings = settings
        self.jira = FakeJira(clock=self.clock)
        self.bot = seed_demo(self.jira)
        self.clock.advance(60)
        self.stores: Stores = open_stores(settings)
        self.connections = self._connections(transport)
        self.engine = InlineEngine()
        self.worker = self._worker()
        self.engine.register(self.worker.task_bodies())
        self._inbox_writer = open_inbox_writer(self.stores.inbox_engine)
        self.front: httpx.AsyncClient

    @property
    def mention(self) -> str:
        return f"[~accountid:{self.bot.account_id}]"

    async def say(
        self, body: str, *, author: str = "Mei Tanaka", item: str = "PAY-7", **how: Any
    ) -> Posted:
        """A person comments, mentioning the bot where the text says @bot."""
        text = body.replace("@bot", self.mention)
        comment = self.jira.comment(item, author=author, body=text, **how)
        return await self.deliver(comment)

    async def edit(self, comment_id: str, body: str) -> Posted:
        comment = self.jira.edit_comment(comment_id, body=body.replace("@bot", self.mention))
        return await self.deliver(comment, event="comment_updated")

    async def delete(self, comment_id: str) -> Posted:
        comment = self.jira.delete_comment(comment_id)
        return await self.deliver(comment, event="comment_deleted")

    async def deliver(self, comment: Any, event: str = "comment_created") -> Posted:
        headers, body = self.jira.webhook_request(comment, event=event, secret=SECRET)
        response = await self.front.post("/webhooks/jira/jira", headers=headers, content=body)
        return Posted(comment.id, response, headers, body)

    async def settle(self) -> None:
        """Let the worker do everything that is due now."""
        for _ in range(_MOST_ROUNDS):
            before = len(self.engine.outcomes)
            closed = self._dispatcher.dispatch()
            await self.worker.starter.start_due()
            if not closed and len(self.engine.outcomes) == before:
                return
        raise AssertionError("the worker never came to rest")

    async def ask(self, body: str, **how: Any) -> Posted:
        """Say something and let it be answered."""
        posted = await self.say(body, **how)
        assert posted.response.status_code == 202, posted.response.text
        await self.settle()
        return posted

    async def poll(self) -> int:
        found = await self._polling.poll()
        await self.settle()
        return found

    async def wait(self, seconds: float) -> None:
        """Time passes, and the worker does what has become due."""
        self.clock.advance(seconds)
        now = self.clock.now()
        self.stores.database.write(lambda tx: expire_approvals(tx, now=now))
        await self.settle()

    def mode(self, mode: str, *, kind: str | None = None, project: str | None = None) -> None:
        """Switch a mode, a moment after everything so far."""
        self.clock.advance(1)
        now = self.clock.now()
        self.stores.database.write(
            lambda tx: set_mode(
                tx,
                Mode(mode),
                project=ProjectKey(project) if project else None,
                kind=ActionKind(kind) if kind else None,
                served={ProjectKey("PAY"), ProjectKey("HELP")},
                by="cli:tester",
                now=now,
            )
        )
        self.clock.advance(1)

    def approve(self, approval: ApprovalRecord, by: str = "cli:lead") -> DecidedApproval:
        now = self.clock.now()
        return self.stores.database.write(
            lambda tx: approve(tx, approval.id, by=by, via="cli", now=now)
        )

    def reject(self, approval: ApprovalRecord, by: str = "cli:lead") -> DecidedApproval:
        now = self.clock.now()
        return self.stores.database.write(
            lambda tx: reject(tx, approval.id, by=by, via="cli", reason="no", now=now)
        )

    # What is remembered, newest first.

    @property
    def decisions(self) -> tuple[DecisionRecord, ...]:
        return self.stores.database.read(lambda tx: tx.decisions.page(limit=200).items)

    @property
    def actions(self) -> tuple[ActionRecord, ...]:
        return self.stores.database.read(lambda tx: tx.actions.page(limit=200).items)

    @property
    def events(self) -> tuple[EventRecord, ...]:
        return self.stores.database.read(lambda tx: tx.events.page(limit=200).items)

    @property
    def asks(self) -> tuple[StoredAsk, ...]:
        return self.stores.database.read(lambda tx: tx.asks.page(limit=200).items)

    @property
    def approvals(self) -> tuple[ApprovalRecord, ...]:
        return self.stores.database.read(lambda tx: tx.approvals.page(limit=200).items)

    @property
    def notices(self) -> list[str]:
        found = self.stores.database.read(lambda tx: tx.notices.page(limit=200).items)
        return [notice.code for notice in found]

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Every change that was asked of Jira, oldest first."""
        return [(request.method, request.path) for request in self.jira.writes()]

    def _connections(self, transport: Any) -> dict[ConnectionId, LiveConnection]:
        built = live_connections(self.settings, clock=self.clock)
        configured = self.settings.connections[0]
        config = JiraConfig(
            connection_id=CONNECTION,
            site=configured.site,
            api_token=ApiToken(configured.api_token.get_secret_value()),
            projects=tuple(ProjectKey(key) for key in configured.projects),
            email=configured.email,
        )
        self.client = JiraClient(
            config, self.clock, transport=transport or self.jira.transport(), sleep=_no_sleep
        )
        live = built[CONNECTION]
        return {
            CONNECTION: LiveConnection(
                id=live.id,
                connector=live.connector,
                site=live.site,
                projects=live.projects,
                parser=live.parser,
                previewer=live.previewer,
                client=self.client,
                poll_interval=timedelta(seconds=60),
            )
        }

    def _worker(self) -> Worker:
        rules = pipeline_rules(self.settings)
        database, queue = self.stores.database, self.stores.queue
        connection = self.connections[CONNECTION]
        self._dispatcher = Dispatcher(
            queue, database, self.connections, rules=rules, clock=self.clock
        )
        self._polling = Polling(connection, database, self._store, clock=self.clock)
        self.executing = Executing(database, self.connections, rules=rules, clock=self.clock)
        return Worker(
            WorkerParts(
                database=database,
                engine=self.engine,
                dispatcher=self._dispatcher,
                answering=Answering(database, self.connections, rules=rules, clock=self.clock),
                executing=self.executing,
                pollings=(),
                connections=self.connections,
                changes=ChangeCheck(database.engine, queue),
                clock=self.clock,
            )
        )

    async def _store(self, deliveries: Any) -> None:
        from chargehand.domain.ids import DeliveryId
        from chargehand.kit.ids import new_id

        now = self.clock.now()
        self._inbox_writer.store([(DeliveryId(new_id("dlv", now)), one) for one in deliveries])


async def _no_sleep(_seconds: float) -> None:
    return


@asynccontextmanager
async def open_house(settings: Settings, transport: Any = None) -> AsyncIterator[House]:
    """A house that knows who the bot is, with its front open."""
    house = House(settings, transport)
    inbox = GroupCommit(open_inbox_writer(house.stores.inbox_engine).store, clock=house.clock)
    deps = FrontDeps(
        connections=receiving_connections(settings),
        inbox=inbox,
        clock=house.clock,
        version="test",
        probe=_nothing_to_probe,
        status=_no_status,
        describe=dict,
    )
    app = build_front(deps)
    try:
        async with app.router.lifespan_context(app):
            transport_to_front = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(
                transport=transport_to_front, base_url="http://front"
            ) as client:
                house.front = client
                assert await connect(
                    house.connections[CONNECTION], house.stores.database, clock=house.clock
                )
                house.clock.advance(1)
                yield house
    finally:
        await house.client.aclose()
        house.stores.close()


async def _nothing_to_probe() -> tuple[()]:
    return ()


async def _no_status() -> FrontStatus:
    return FrontStatus()


def house_settings(data_dir: Path, **changes: Any) -> Settings:
    """Settings of a house on a fake Jira."""
    connection = {
        "site": SITE,
        "email": "chargehand@example.com",
        "api_token": "fake-api-token-of-chargehand",
        "projects": ["PAY", "HELP"],
        "intake": "both",
        "webhook_secrets": [SECRET],
    }
    storage = {"data_dir": data_dir, **changes.pop("storage", {})}
    return Settings(storage=storage, connections=[connection], **changes)
