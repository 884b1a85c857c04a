"""One organization written through the real repositories, and the API on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp

from chargehand.approvals.digest import action_digest
from chargehand.audit.tags import AuditTag
from chargehand.bootstrap.stores import Stores, database_url, migrate_stores, open_stores
from chargehand.budgets.caps import BudgetRules
from chargehand.config.settings import Settings
from chargehand.connectors.jira.preview import JiraPreviewer
from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ask import Ask, AskState
from chargehand.domain.audience import audience_of_work_item
from chargehand.domain.decision import Decision, Reason, Source, Verdict
from chargehand.domain.delivery import DeliverySource, Lane, StoredDelivery, VerifiedDelivery
from chargehand.domain.event import EVERYONE, Actor, ActorKind, Event, EventKind
from chargehand.domain.ids import (
    AccountId,
    ActionId,
    ApprovalId,
    AskId,
    ConnectionId,
    DecisionId,
    DeliveryId,
    EffectId,
    EventId,
    OrganizationId,
    ProjectKey,
    WorkItemKey,
)
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.domain.json import JSONObject
from chargehand.domain.member import Member, Role
from chargehand.domain.policy import Cause
from chargehand.domain.records import EffectState
from chargehand.kit.calendar import WorkingHours
from chargehand.kit.ids import derive_id, new_id
from chargehand.pipeline.caller import CommandDeps
from chargehand.pipeline.connection import PipelineRules
from chargehand.pipeline.connection_health import KnownConnection
from chargehand.pipeline.keys import create_key
from chargehand.pipeline.members import add_member
from chargehand.pipeline.proposing import open_approval
from chargehand.plugins.secret import FoundSecret
from chargehand.storage.database import Database
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.repositories.effects import IntendedSend
from chargehand.storage.transaction import Writing
from chargehand.testing.clock import FakeClock
from chargehand.web.api.app import API, APIDeps, build_api
from chargehand.web.api.request_rate import RequestRate
from chargehand.web.edge import Edge
from chargehand.web.errors import error_answers

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SITE = ConnectionId("acme")
PAY = ProjectKey("PAY")
OPS = ProjectKey("OPS")
RULES = PipelineRules(
    answer_within=timedelta(hours=2), approval_expires_after=timedelta(days=3), team_zone="UTC"
)
KNOWN = KnownConnection(
    id=SITE,
    connector="jira",
    site="https://acme.example",
    sources=("webhook", "poll"),
    polled_every=timedelta(seconds=60),
    is_proof_set=True,
    secrets=(
        FoundSecret("connections.acme.api_token", "file:token", datetime(2026, 11, 25, tzinfo=UTC)),
    ),
)
BUDGET_RULES = BudgetRules(zone=UTC, organization_day_micro_usd=10_000_000)
ANA = Actor(
    account_id=AccountId("712020:ana"), name="Ana Ruiz", kind=ActorKind.PERSON, time_zone=None
)


@dataclass(frozen=True)
class Told:
    """The ids of everything one comment led to."""

    delivery_id: DeliveryId
    event_id: EventId
    ask_id: AskId
    decision_id: DecisionId
    action_id: ActionId
    approval_id: ApprovalId


class LentAPI:
    """An API built once and lent to one world after another: building it takes longer than most
    tests, and its routes look at what they are made of when they are asked."""

    _idle: ClassVar[list["LentAPI"]] = []

    def __init__(self, deps: APIDeps) -> None:
        self._deps = deps
        self.app = build_api(cast("APIDeps", self))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._deps, name)

    @classmethod
    def lend(cls, deps: APIDeps) -> "LentAPI":
        """One that nobody has now."""
        if not cls._idle:
            return cls(deps)
        lent = cls._idle.pop()
        lent._deps = deps
        return lent

    def give_back(self) -> None:
        self._idle.append(self)


@dataclass
class World:
    """One organization in a real database, with the API on it."""

    stores: Stores
    settings: Settings
    clock: FakeClock
    database: Database
    previewers: dict[ConnectionId, JiraPreviewer] = field(
        default_factory=lambda: {SITE: JiraPreviewer()}
    )
    others: list[Database] = field(default_factory=list)
    lent: list[LentAPI] = field(default_factory=list)
    _secrets: dict[str, str] = field(default_factory=dict)

    def deps(self) -> APIDeps:
        return APIDeps(
            database=self.database,
            queue=self.stores.queue,
            checkpoint=self.stores.checkpoint,
            previewers=self.previewers,
            connectors={SITE: "jira"},
            served_projects=frozenset({PAY, OPS}),
            commands=CommandDeps(
                served=frozenset({PAY, OPS}),
                previewers=self.previewers,
                rules=RULES,
                hours=WorkingHours(ZoneInfo("UTC")),
            ),
            rules=RULES,
            budget_rules=BUDGET_RULES,
            clock=self.clock,
            version="0.0.test",
            known=(KNOWN,),
            # Hundreds of tests share a world in which no time passes.
            rate=RequestRate(0),
        )

    def app(self, deps: APIDeps | None = None) -> Starlette:
        """The API where the front mounts it, behind the front's edge."""
        return _mounted(self.lend(deps or self.deps()))

    def lend(self, deps: APIDeps) -> API:
        """The API alone, given back when this world is closed."""
        lent = LentAPI.lend(deps)
        self.lent.append(lent)
        return lent.app

    def key(self, name: str = "ci") -> str:
        now = self.clock.now()
        if name not in self._secrets:
            made = self.database.write(lambda tx: create_key(tx, name, by="cli", now=now))
            self._secrets[name] = made.secret
        return self._secrets[name]

    @asynccontextmanager
    async def client(
        self, *, key: str | None = None, deps: APIDeps | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A caller with a key of its own; an empty key sends none."""
        secret = self.key() if key is None else key
        lent = LentAPI.lend(deps or self.deps())
        async with calling(_mounted(lent.app), secret) as client:
            yield client
        lent.give_back()

    def beside(self, organization: str) -> "World":
        """Another organization in the same database."""
        database = Database(
            database_url(self.settings),
            checkpoint=self.stores.checkpoint,
            organization_id=OrganizationId(organization),
        )
        self.others.append(database)
        return World(self.stores, self.settings, self.clock, database)

    def close(self) -> None:
        for database in self.others:
            database.close()
        self.stores.close()
        for lent in self.lent:
            lent.give_back()
        self.lent.clear()

    def comment(
        self,
        text: str = "status?",
        *,
        ask_state: AskState = AskState.DECIDED,
        mode: Mode = Mode.APPROVE,
        kind: ActionKind = ActionKind.JIRA_ADD_COMMENT,
        project: ProjectKey = PAY,
    ) -> Told:
        """A comment that was asked, decided and proposed an answer to."""
        self.clock.advance(1)
        now = self.clock.now()
        return self.database.write(
            lambda tx: _write(
                tx, text, ask_state=ask_state, mode=mode, kind=kind, project=project, now=now
            )
        )

    def member(
        self, name: str = "Ana Ruiz", email: str = "", *, role: Role = Role.VIEWER
    ) -> Member:
        """Somebody of the team."""
        self.clock.advance(1)
        now, roles = self.clock.now(), ((None, role),)
        return self.database.write(
            lambda tx: add_member(tx, name, email=email, roles=roles, by="cli", now=now)
        )

    def silence(self) -> DecisionId:
        """An event that asked for nothing."""
        self.clock.advance(1)
        now = self.clock.now()

        def work(tx: Writing) -> DecisionId:
            event_id, _, event = _write_event(tx, "hello", PAY, now=now)
            decision_id = DecisionId(derive_id("dec", event_id, 0))
            decision = Decision(
                Verdict.SILENT, Reason.NOT_MENTIONED, audience_of_work_item("PAY-1", EVERYONE)
            )
            tx.decisions.add_for_event(
                decision_id, decision, event_id, event, policy_version=1, now=now
            )
            return decision_id

        return self.database.write(work)

    def done(self, action_id: ActionId) -> EffectId:
        """An action that was sent."""
        now = self.clock.now()
        effect_id = EffectId(derive_id("eff", action_id))

        def work(tx: Writing) -> None:
            action = tx.actions.find(action_id)
            assert action is not None
            tx.effects.intend([IntendedSend(effect_id, action, settle_at=now)], now=now)
            url = "https://acme.example/browse/PAY-1?focusedCommentId=9"
            tx.effects.settle(action_id, EffectState.DONE, now=now, external_id="9", url=url)
            tx.actions.move(
                action_id, ActionState.EXECUTED, now=now, result={"external_id": "9", "url": url}
            )

        self.database.write(work)
        return effect_id


def _mounted(api: API) -> Starlette:
    return Starlette(
        routes=[Mount("/v1", app=api)],
        middleware=[Middleware(Edge)],
        exception_handlers=error_answers(),
    )


@asynccontextmanager
async def calling(app: ASGIApp, secret: str) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of an application; an empty secret sends no key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://chargehand.test",
        headers={"authorization": f"Bearer {secret}"} if secret else {},
    ) as client:
        yield client


def open_world(
    folder: Path, database_url: str | None = None, *, is_migrated: bool = False
) -> World:
    """A fresh organization on SQLite or a PostgreSQL database."""
    clock = FakeClock(NOW)
    settings = Settings(storage={"data_dir": folder, "database_url": database_url})
    if not is_migrated:
        migrate_stores(settings, clock=clock)
    stores = open_stores(settings)
    return World(stores, settings, clock, stores.database)


def _write_event(
    tx: Writing, text: str, project: ProjectKey, *, now: datetime
) -> tuple[EventId, StoredDelivery, Event]:
    delivery_id = DeliveryId(new_id("dlv", now))
    stored = StoredDelivery(
        delivery_id,
        VerifiedDelivery(
            connection_id=SITE,
            connector="jira",
            delivery_key=f"key-{delivery_id}",
            source=DeliverySource.WEBHOOK,
            lane=Lane.INTERACTIVE,
            received_at=now,
            body=text.encode(),
            headers={},
        ),
    )
    event = Event(
        kind=EventKind.COMMENT_CREATED,
        event_key=f"{SITE}:comment:{delivery_id}:created",
        connector="jira",
        connection_id=SITE,
        occurred_at=now,
        actor=ANA,
        project=project,
        work_item=WorkItemKey(f"{project}-1"),
        text=text,
        data={"comment_id": "10042"},
    )
    event_id = EventId(derive_id("evt", delivery_id))
    tx.events.add(event_id, event, stored, now=now)
    tx.events.add_delivery(stored, event_id, duplicate_of=None, now=now)
    return event_id, stored, event


def _write(
    tx: Writing,
    text: str,
    *,
    ask_state: AskState,
    mode: Mode,
    kind: ActionKind,
    project: ProjectKey,
    now: datetime,
) -> Told:
    event_id, stored, event = _write_event(tx, text, project, now=now)
    stored_ask = _write_ask(tx, event_id, event, state=ask_state, now=now)
    action = _action(kind, project)
    decision_id = _write_decision(tx, stored_ask, action, now=now)
    action_id = ActionId(derive_id("act", decision_id, 0))
    digest = action_digest(tx.organization_id, action)
    tx.actions.add(
        action_id,
        action,
        decision_id=decision_id,
        ask_id=stored_ask.ask.id,
        digest=digest,
        mode=mode,
        state=ActionState.WAITING if mode is Mode.APPROVE else ActionState.SIMULATED,
        policy_version=1,
        cause=Cause(),
        now=now,
    )
    approval_id = ApprovalId("")
    if mode is Mode.APPROVE:
        lasts = RULES.approval_expires_after
        approval_id = open_approval(tx, action_id, digest=digest, lasts=lasts, now=now)
    return Told(stored.id, event_id, stored_ask.ask.id, decision_id, action_id, approval_id)


def _write_ask(
    tx: Writing, event_id: EventId, event: Event, *, state: AskState, now: datetime
) -> StoredAsk:
    assert event.project is not None
    assert event.work_item is not None
    ask = Ask(
        id=AskId(derive_id("ask", event_id)),
        ask_key=event.event_key,
        revision=1,
        event_id=event_id,
        connection_id=SITE,
        project=event.project,
        work_item=event.work_item,
        comment_id="10042",
        asker=ANA,
        visibility=EVERYONE,
        asked_at=event.occurred_at,
        text=event.text or "",
        intents=(Intent(IntentKind.STATUS, IntentForm.QUESTION),),
        state=state,
    )
    tx.asks.add(ask, must_check_own_mark=False, now=now)
    stored = tx.asks.find(ask.id)
    assert stored is not None
    return stored


def _write_decision(
    tx: Writing, stored: StoredAsk, action: ProposedAction, *, now: datetime
) -> DecisionId:
    ask = stored.ask
    decision = Decision(
        Verdict.RESPOND,
        Reason.ANSWERED_FROM_FACTS,
        audience_of_work_item(ask.work_item, EVERYONE),
        response="**In Progress**, assigned to Ana Ruiz.",
        sources=(Source("PAY-1", "https://acme.example/browse/PAY-1"),),
        actions=(action,),
        withheld=("linked_items_elsewhere:2",),
    )
    decision_id = DecisionId(derive_id("dec", ask.id, 1))
    tx.decisions.add_for_ask(
        decision_id, decision, stored, answer_digest="", policy_version=1, now=now
    )
    body = {"event_id": ask.event_id}
    tx.audit.append(AuditTag.WORKER_DECISION_RECORDED, decision_id, body, now=now)
    return decision_id


def _action(kind: ActionKind, project: ProjectKey) -> ProposedAction:
    params: JSONObject
    base: JSONObject
    if kind is ActionKind.JIRA_ADD_LABELS:
        params, base = {"labels": ["api"]}, {"labels": []}
    else:
        params = {
            "markdown": "**In Progress**, assigned to Ana Ruiz.",
            "more": "- moved on Monday",
            "more_title": "More about PAY-1",
            "visibility": {"kind": "everyone"},
        }
        base = {"comment_id": "10042", "asked_at_ms": 1_790_000_000_000}
    action = ProposedAction(
        kind=kind,
        connection_id=SITE,
        project=project,
        target=f"{project}-1",
        params=params,
        base=base,
        preview="",
    )
    return replace(action, preview=JiraPreviewer().preview(action))
