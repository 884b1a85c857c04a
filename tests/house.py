"""The whole house in one process: real front, real databases, real pipeline; a fake Jira and clock.

`say` is a person who comments and the signed webhook that follows; `settle` lets the worker do
everything that is due. Nothing here waits, sleeps or patches. When a house is closed it proves that
every write it sent was allowed and accounted for, see `accounting.py`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from chargehand.audit.chain import Verification
from chargehand.bootstrap.commands import command_deps
from chargehand.bootstrap.configured import budget_rules, pipeline_rules
from chargehand.bootstrap.connections import live_connections
from chargehand.bootstrap.forms import open_form_desk
from chargehand.bootstrap.jira import open_client
from chargehand.bootstrap.models import LateModelDoor, open_models
from chargehand.bootstrap.receiving import receiving_connections
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.ids import ConnectionId, DeliveryId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.domain.records import (
    ActionRecord,
    ApprovalRecord,
    DecisionRecord,
    DeliveryRecord,
    EffectRecord,
    EventRecord,
    NoticeRecord,
)
from chargehand.inbox.group_commit import GroupCommit
from chargehand.inbox.ports import DeliveryQueue
from chargehand.kit.ids import new_id
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.approving import DecidedApproval, approve, edit, expire_approvals, reject
from chargehand.pipeline.auditing import verify_audit
from chargehand.pipeline.causing import cause_of_operator
from chargehand.pipeline.chat_views import ChatViews
from chargehand.pipeline.connecting import connect
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.dispatching import Dispatcher
from chargehand.pipeline.duties import DutyParts
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.late_asks import dismiss_ask, release_ask
from chargehand.pipeline.modes import policy_in_force, set_mode
from chargehand.pipeline.polling import Polling
from chargehand.pipeline.pruning import Pruning
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.tracing import Trace, trace
from chargehand.pipeline.undoing import undo_action
from chargehand.pipeline.vendor_requests import VendorRequests
from chargehand.pipeline.working import Worker, WorkerParts
from chargehand.pipeline.working_signs import WorkingSigns
from chargehand.plugins.connector import EventParser
from chargehand.plugins.limits import LimitBoard
from chargehand.plugins.vendor_line import Surroundings
from chargehand.policy.in_force import as_document, policy_of
from chargehand.storage.changes import ChangeCheck
from chargehand.storage.inbox.writer import open_inbox_writer
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.testing.budget import PettyCash
from chargehand.testing.clock import FakeClock
from chargehand.testing.engine import InlineEngine
from chargehand.testing.jira import FakeJira, seed_demo
from chargehand.testing.jira.records import Comment, Person
from chargehand.testing.jira_data_center import FakeDataCenter
from chargehand.web.front import FrontDeps, build_front
from chargehand.web.pages import FrontStatus
from tests.accounting import assert_accounted
from tests.replaying import assert_replayed
from tests.wire import ContractCheck, Killed, Wire

SITE = "http://127.0.0.1:8089"
SECRET = "the-signing-secret-of-the-tests"
START = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
_SIGN_INS: Mapping[str, Mapping[str, str]] = {
    "cloud": {"site": SITE, "email": "chargehand@example.com"},
    "data_center": {
        "deployment": "data_center",
        "site": f"{SITE}/jira",
        "user_name": "chargehand",
        "account_id": "JIRAUSER1090",
    },
}
CONNECTION = ConnectionId("jira")
SERVED = frozenset({ProjectKey("PAY"), ProjectKey("HELP")})
_MOST_ROUNDS = 60
_A_MOMENT_S = 0.01


@dataclass(frozen=True)
class Posted:
    """A comment a person wrote, and how the webhook about it was received."""

    id: str
    response: httpx.Response
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Said:
    """One comment of a thread as people see it.

    Shape: `mentions` are the names of those it notifies; `visibility` reads everyone, internal,
    or role or group with its name; `action_id` is the action it is marked with.
    """

    id: str
    author: str
    text: str
    mentions: tuple[str, ...]
    visibility: str
    action_id: str
    is_ours: bool


@dataclass(frozen=True)
class Doubles:
    """What a test puts in the place of a real part."""

    contract: ContractCheck | None = None
    wrap_queue: Callable[[DeliveryQueue], DeliveryQueue] = field(default=lambda queue: queue)
    wrap_parser: Callable[[EventParser], EventParser] = field(default=lambda parser: parser)
    cash: PettyCash = field(default_factory=PettyCash)


class House:
    """Everything a test talks to."""

    def __init__(self, settings: Settings, doubles: Doubles) -> None:
        self.clock = FakeClock(START)
        self.settings = settings
        self.doubles = doubles
        (configured,) = settings.trackers
        self.jira = (
            FakeDataCenter(clock=self.clock, site_url=configured.site, sleep=self._let_pass)
            if configured.deployment == "data_center"
            else FakeJira(clock=self.clock, sleep=self._let_pass)
        )
        self.bot = seed_demo(self.jira)
        self.clock.advance(60)
        self.stores: Stores = open_stores(settings)
        self.wire = Wire(self.jira.transport(), doubles.contract, self._mode_in_force)
        self._inbox_writer = open_inbox_writer(self.stores.inbox_engine)
        self._by_people: set[str] = set()
        self.requests = VendorRequests()
        self.front: httpx.AsyncClient
        self._door: LateModelDoor | None = None
        self.furnish()
        self.start()

    def furnish(self) -> None:
        """What else stands in the house before its worker starts."""

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        """Every connection of the house."""
        return {CONNECTION: self._connect()}

    def start(self, engine: InlineEngine | None = None) -> None:
        """A worker that knows only what the databases hold, as after a start of the process."""
        connections = self.connect_all()
        self.connections = connections
        self.connection = connections[CONNECTION]
        self.engine = engine or InlineEngine()
        self.cash = self.doubles.cash
        database, clock = self.stores.database, self.clock
        rules = pipeline_rules(self.settings)
        opened = open_models(self.settings, database, self.cash, clock=clock)
        models, self._door = opened or (None, None)
        self.queue = self.doubles.wrap_queue(self.stores.queue)
        self.dispatcher = Dispatcher(self.queue, database, connections, rules=rules, clock=clock)
        self.pruning = Pruning(database, self.queue, rules.retention, clock)
        self.polling = Polling(self.connection, database, self._store, clock=clock)
        self.views = ChatViews(database, connections, rules=rules, clock=clock)
        self.signs = WorkingSigns(database, connections, rules=rules, clock=clock)
        self.answering = Answering(
            database,
            connections,
            rules=rules,
            clock=clock,
            commands=command_deps(self.settings),
            models=models,
        )
        self.executing = Executing(database, connections, rules=rules, clock=clock)
        self.worker = Worker(
            WorkerParts(
                database=database,
                engine=self.engine,
                dispatcher=self.dispatcher,
                answering=self.answering,
                executing=self.executing,
                changes=ChangeCheck(database.engine, self.queue),
                clock=clock,
                duties=DutyParts(
                    database=database,
                    spending=Spending(database, rules=budget_rules(self.settings), clock=clock),
                    pruning=self.pruning,
                    clock=clock,
                    connections=connections,
                    pollings={CONNECTION: self.polling},
                ),
            )
        )
        self.engine.register(self.worker.task_bodies())

    # People at work in Jira

    @property
    def mention(self) -> str:
        return self.mention_of(self.bot)

    def mention_of(self, person: Person) -> str:
        """How a person is mentioned in the site's wiki markup."""
        return f"[~{person.username or f'accountid:{person.account_id}'}]"

    async def say(
        self, body: str, *, author: str = "Mei Tanaka", item: str = "PAY-7", **how: Any
    ) -> Posted:
        """A person comments, mentioning the bot where the text says @bot."""
        return await self.deliver(self.write(body, author=author, item=item, **how))

    def write(
        self, body: str, *, author: str = "Mei Tanaka", item: str = "PAY-7", **how: Any
    ) -> Comment:
        """A comment nobody told us of yet."""
        self.clock.advance(1)
        text = body.replace("@bot", self.mention)
        comment = self.jira.comment(item, author=author, body=text, **how)
        self._by_people.add(comment.id)
        return comment

    async def edit(self, comment_id: str, body: str) -> Posted:
        self.clock.advance(1)
        comment = self.jira.edit_comment(comment_id, body=body.replace("@bot", self.mention))
        return await self.deliver(comment, event="comment_updated")

    async def delete(self, comment_id: str) -> Posted:
        self.clock.advance(1)
        comment = self.jira.state.find_comment(comment_id)
        assert comment is not None
        self.jira.delete_comment(comment_id)
        return await self.deliver(comment, event="comment_deleted")

    async def deliver(self, comment: Comment, event: str = "comment_created") -> Posted:
        # Ids sort by time, so what is received one after the other is also listed so.
        self.clock.advance(_A_MOMENT_S)
        headers, body = self.jira.webhook_request(comment, event=event, secret=SECRET)
        response = await self.post(headers, body)
        return Posted(comment.id, response, headers, body)

    async def post(self, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        return await self.front.post("/webhooks/jira/jira", headers=headers, content=body)

    async def ask(self, body: str, **how: Any) -> Posted:
        """Say something and let it be answered."""
        posted = await self.say(body, **how)
        assert posted.response.status_code == 202, posted.response.text
        await self.settle()
        return posted

    # The worker

    async def settle(self) -> None:
        """Let the worker do everything that is due now."""
        for _ in range(_MOST_ROUNDS):
            before = len(self.engine.outcomes)
            dealt_with = self.dispatcher.dispatch()
            await self.views.refresh()
            await self.worker.starter.start_due()
            proposed = await self.signs.look()
            if not dealt_with and not proposed and len(self.engine.outcomes) == before:
                return
        raise AssertionError("the worker never came to rest")

    async def settle_until_killed(self) -> None:
        """Let the worker run into the death a test ordered, and start another one."""
        is_dead = False
        try:
            await self.settle()
        except* Killed:
            is_dead = True
        assert is_dead, "the worker survived"
        await self.connection.client.aclose()
        self.start()

    async def poll(self) -> int:
        self.clock.advance(_A_MOMENT_S)
        found = await self.polling.poll()
        await self.settle()
        return found

    async def wait(self, seconds: float) -> None:
        """Time passes, and the worker does what has become due."""
        self.clock.advance(seconds)
        now = self.clock.now()
        self.stores.database.write(lambda tx: expire_approvals(tx, now=now))
        await self.settle()

    # The operator

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
                served=SERVED,
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

    def reword(self, approval: ApprovalRecord, text: str) -> DecidedApproval:
        self.clock.advance(1)
        now = self.clock.now()
        return self.stores.database.write(
            lambda tx: edit(
                tx,
                approval.id,
                text=text,
                previewer=self.connection.previewer,
                by="cli:lead",
                via="cli",
                lasts=pipeline_rules(self.settings).approval_expires_after,
                now=now,
            )
        )

    def undo(self, action_id: str, by: str = "cli:lead") -> ActionRecord:
        """Have an action undone; the action that is proposed for it."""
        self.clock.advance(1)
        now = self.clock.now()
        return self.stores.database.write(
            lambda tx: undo_action(
                tx,
                action_id,
                previewers={one.id: one.previewer for one in self.connections.values()},
                by=by,
                via="cli",
                cause=cause_of_operator(by),
                lasts=pipeline_rules(self.settings).approval_expires_after,
                now=now,
            )
        )

    async def release(self, ask: StoredAsk) -> None:
        now = self.clock.now()
        self.stores.database.write(
            lambda tx: release_ask(tx, ask.ask.id, by="cli:operator", now=now)
        )
        await self.settle()

    async def dismiss(self, ask: StoredAsk) -> None:
        now = self.clock.now()
        self.stores.database.write(
            lambda tx: dismiss_ask(tx, ask.ask.id, by="cli:operator", now=now)
        )
        await self.settle()

    def sql(self, statement: str, **values: object) -> None:
        """Change the database behind everybody's back."""
        with self.stores.database.engine.connect() as connection, connection.begin():
            connection.execute(text(statement), values)

    def sql_inbox(self, statement: str, **values: object) -> None:
        """Change the inbox behind everybody's back."""
        with self.stores.inbox_engine.connect() as connection, connection.begin():
            connection.execute(text(statement), values)

    # What is remembered, newest first

    @property
    def deliveries(self) -> tuple[DeliveryRecord, ...]:
        return self.stores.database.read(lambda tx: tx.events.page_of_deliveries(limit=200).items)

    @property
    def decisions(self) -> tuple[DecisionRecord, ...]:
        found = self.stores.database.read(lambda tx: tx.decisions.page(limit=200).items)
        return tuple(sorted(found, key=lambda one: one.decided_at, reverse=True))

    @property
    def actions(self) -> tuple[ActionRecord, ...]:
        found = self.stores.database.read(lambda tx: tx.actions.page(limit=200).items)
        return tuple(sorted(found, key=lambda one: one.created_at, reverse=True))

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
    def told(self) -> tuple[NoticeRecord, ...]:
        return self.stores.database.read(lambda tx: tx.notices.page(limit=200).items)

    @property
    def notices(self) -> list[str]:
        """The codes of what the operator was told, newest first."""
        return [notice.code for notice in self.told]

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        """Verdict and reason of every decision, oldest first."""
        return [(one.verdict.value, one.reason.value) for one in reversed(self.decisions)]

    @property
    def states(self) -> list[tuple[str, str]]:
        """Kind and state of every action, oldest first."""
        return [(one.kind.value, one.state.value) for one in reversed(self.actions)]

    @property
    def verification(self) -> Verification:
        checkpoint = self.stores.checkpoint
        return self.stores.database.read(lambda tx: verify_audit(tx, checkpoint))

    @property
    def modes_ever(self) -> set[Mode]:
        """Every mode any policy version gave anything."""
        history = self.stores.database.read(lambda tx: tx.policies.history())
        policies = [policy_of(one.version, one.document) for one in history]
        given = {mode for one in policies for mode in (one.default, *(r.mode for r in one.rules))}
        documents = [as_document(one) for one in policies]
        sections = [
            part for one in documents for part in (one.organization, *one.projects.values())
        ]
        return given | {rule.mode for section in sections for rule in section.rules}

    def effect(self, action: ActionRecord) -> EffectRecord | None:
        found = self.stores.database.read(lambda tx: tx.effects.of_action(action.id))
        return found.record if found is not None else None

    def trace(self, identifier: str) -> Trace:
        return self.stores.database.read(lambda tx: trace(tx, identifier))

    # What Jira holds

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Every change that was asked of Jira, oldest first."""
        return [(request.method, request.path) for request in self.jira.writes()]

    def thread(self, item: str = "PAY-7") -> list[Said]:
        """The comments of a work item, oldest first."""
        return [self._said(comment) for comment in self.jira.state.comments_of(item)]

    def replies(self, item: str = "PAY-7") -> list[Said]:
        """The bot's own comments on a work item, oldest first."""
        return [said for said in self.thread(item) if said.is_ours]

    async def aclose(self) -> None:
        if self._door is not None:
            await self._door.aclose()
        for connection in self.connections.values():
            await connection.client.aclose()
        self._inbox_writer.close()
        self.stores.close()

    def _said(self, comment: Comment) -> Said:
        names = self.jira.state.names()
        shown = comment.wiki
        for person in self.jira.state.people.values():
            shown = shown.replace(self.mention_of(person), f"@{person.name}")
        mark = comment.properties.get("chargehand.action", {})
        return Said(
            id=comment.id,
            author=names[comment.author],
            text=shown,
            mentions=tuple(names[one] for one in _mentioned(comment.body)),
            visibility=_visibility(comment),
            action_id=mark.get("action_id", ""),
            is_ours=comment.author == self.bot.account_id and comment.id not in self._by_people,
        )

    def _connect(self) -> LiveConnection:
        (configured,) = self.settings.trackers
        limits = LimitBoard(self.clock)
        client = open_client(
            configured,
            Surroundings(
                self.clock,
                self.wire,
                _no_sleep,
                observer=self.requests.of(configured.connector),
                limits=limits,
            ),
        )
        self.request_timeout_s = configured.request_timeout.total_seconds()
        live = _live_connection(configured.deployment)
        return replace(
            live,
            client=client,
            facts=client,
            accounts=client,
            parser=self.doubles.wrap_parser(live.parser),
            limits=limits,
        )

    def _mode_in_force(self, project: ProjectKey, kind: ActionKind) -> Mode:
        policy = self.stores.database.read(policy_in_force)
        return policy.mode_for(project, kind)

    async def _let_pass(self, seconds: float) -> None:
        """A delay inside Jira: the clock moves, and who waits too long has hung up."""
        if seconds > self.request_timeout_s:
            self.clock.advance(self.request_timeout_s)
            message = "the client gave up waiting"
            raise httpx.ReadTimeout(message)
        self.clock.advance(seconds)

    async def _store(self, deliveries: tuple[VerifiedDelivery, ...]) -> None:
        now = self.clock.now()
        self._inbox_writer.store([(DeliveryId(new_id("dlv", now)), one) for one in deliveries])


def _mentioned(node: Any) -> list[str]:
    if node.get("type") == "mention":
        return [node["attrs"]["id"]]
    return [one for child in node.get("content", ()) for one in _mentioned(child)]


def _visibility(comment: Comment) -> str:
    if comment.visibility is not None:
        return f"{comment.visibility.type} {comment.visibility.value}"
    return "everyone" if comment.public else "internal"


@cache
def _live_connection(deployment: str) -> LiveConnection:
    """The connection of every house but for its client; making one reads all certificates."""
    settings = house_settings(Path("unused"), site=deployment)
    return live_connections(settings, clock=FakeClock(START))[CONNECTION]


async def _no_sleep(_seconds: float) -> None:
    return


@asynccontextmanager
async def open_house(
    settings: Settings,
    doubles: Doubles,
    *,
    kind: type[House] = House,
    check: Callable[[House], None] = assert_accounted,
) -> AsyncIterator[House]:
    """A house that knows who the bot is, with its front open."""
    house = kind(settings, doubles)
    writer = open_inbox_writer(house.stores.inbox_engine)
    inbox = GroupCommit(writer.store, clock=house.clock)
    deps = FrontDeps(
        connections=receiving_connections(settings),
        inbox=inbox,
        clock=house.clock,
        version="test",
        probe=_nothing_to_probe,
        status=_no_status,
        describe=_no_description,
        forms=open_form_desk(settings, house.stores.database, house.clock),
    )
    to_front = httpx.ASGITransport(app=build_front(deps))
    # The front's own start-up also looks through all memory for garbage, which takes long here.
    inbox.start()
    try:
        async with httpx.AsyncClient(transport=to_front, base_url="http://front") as client:
            house.front = client
            for connection in house.connections.values():
                assert await connect(connection, house.stores.database, clock=house.clock)
            house.clock.advance(1)
            yield house
            check(house)
            assert_replayed(house)
    finally:
        await inbox.stop()
        writer.close()
        await house.aclose()


async def _nothing_to_probe() -> tuple[()]:
    return ()


async def _no_description() -> JSONObject:
    return {}


async def _no_status() -> FrontStatus:
    return FrontStatus()


def house_settings(data_dir: Path, site: str = "cloud", **changes: Any) -> Settings:
    """Settings of a house on a fake Jira, of Cloud or of Data Center."""
    connection = {
        **_SIGN_INS[site],
        "api_token": "fake-api-token-of-chargehand",
        "projects": ["PAY", "HELP"],
        "intake": "both",
        "webhook_secrets": [SECRET],
        **changes.pop("connection", {}),
    }
    storage = {"data_dir": data_dir, **changes.pop("storage", {})}
    chats = changes.pop("chats", [])
    return Settings(storage=storage, connections=[connection, *chats], **changes)
