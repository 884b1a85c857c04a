"""Everything the worker is made of, put together in one place."""

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.bootstrap.configured import guard_rules, pipeline_rules, working_hours
from chargehand.bootstrap.stores import Stores
from chargehand.config.settings import Settings
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.ids import ConnectionId, DeliveryId
from chargehand.engine.port import TaskEngine
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id
from chargehand.pipeline.account_checks import AccountChecks
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.approval_reminding import ApprovalReminding
from chargehand.pipeline.chat_views import ChatViews
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.dispatching import Dispatcher
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.guarding import Guards
from chargehand.pipeline.listening import Listening
from chargehand.pipeline.pacing import Pacing
from chargehand.pipeline.polling import Polling
from chargehand.pipeline.pruning import Pruning
from chargehand.pipeline.reminding import Reminding
from chargehand.pipeline.sharing import Share
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.subscribers import Subscribers
from chargehand.pipeline.telling import Telling
from chargehand.pipeline.vendor_requests import VendorRequests
from chargehand.pipeline.watching import Watching
from chargehand.pipeline.working import WorkerParts
from chargehand.pipeline.working_signs import WorkingSigns
from chargehand.plugins.connector import StoreDeliveries
from chargehand.storage.changes import ChangeCheck

# What becomes wrong slowly may be told a minute later; looking costs more than watching.
_ROUNDS_A_GUARD: Final = 4


@dataclass(frozen=True, slots=True)
class Basis:
    """What nearly every part of the worker stands on."""

    settings: Settings
    stores: Stores
    connections: Mapping[ConnectionId, LiveConnection]
    requests: VendorRequests
    clock: Clock

    @property
    def rules(self) -> PipelineRules:
        """How the pipeline is configured."""
        return pipeline_rules(self.settings)

    @property
    def has_chat(self) -> bool:
        """Whether a chat is connected: trackers alone know facts."""
        return any(one.facts is None for one in self.connections.values())


def worker_parts(
    basis: Basis, engine: TaskEngine, answering: Answering, spending: Spending, share: Share
) -> WorkerParts:
    """The parts of a worker; where no chat is connected those for chats are left out."""
    stores, connections, clock = basis.stores, basis.connections, basis.clock
    database, rules = stores.database, basis.rules
    store = _storing(stores, clock)
    pacing = Pacing(connections, clock, share)
    hours = working_hours(basis.settings)
    views = signs = tell_subscribers = None
    if basis.has_chat:
        views = ChatViews(database, connections, rules=rules, clock=clock)
        signs = WorkingSigns(database, connections, rules=rules, clock=clock)
        tell_subscribers = Subscribers(
            database, connections, rules=rules, hours=hours, clock=clock
        ).tell
    return WorkerParts(
        database=database,
        engine=engine,
        dispatcher=Dispatcher(stores.queue, database, connections, rules=rules, clock=clock),
        answering=answering,
        executing=Executing(database, connections, rules=rules, clock=clock, pacing=pacing),
        spending=spending,
        pollings={
            one.id: Polling(one, database, store, clock=clock)
            for one in connections.values()
            if one.poll_interval is not None
        },
        listenings={
            one.id: Listening(one, one.listener, database, store, clock=clock)
            for one in connections.values()
            if one.listener is not None
        },
        views=views,
        signs=signs,
        connections=connections,
        changes=ChangeCheck(database.engine, stores.queue),
        pruning=Pruning(database, stores.queue, rules.retention, clock),
        clock=clock,
        watch=_watching(basis),
        tell=_telling(basis),
        outgoing=_outgoing(basis),
        remind=Reminding(database, store, clock=clock).fire,
        subscribers=tell_subscribers,
        approvals=ApprovalReminding(
            database, connections, rules=rules, hours=hours, clock=clock
        ).remind,
        share=share,
        pacing=pacing,
        accounts=AccountChecks(database, connections, clock=clock),
    )


def _watching(basis: Basis) -> Callable[[], Awaitable[None]]:
    """What looks after the databases and the intake now and then."""
    stores, clock = basis.stores, basis.clock
    watching = Watching(
        stores.database,
        stores.queue,
        basis.connections,
        basis.requests,
        process_id=os.getpid(),
        clock=clock,
    )
    guards = Guards(stores.database, guard_rules(basis.settings), clock=clock)
    rounds = itertools.count()

    async def watch() -> None:
        backlog = await asyncio.to_thread(watching.watch)
        if next(rounds) % _ROUNDS_A_GUARD == 0:
            await asyncio.to_thread(guards.look, backlog)

    return watch


def _telling(basis: Basis) -> Callable[[], Awaitable[None]] | None:
    """What sends notices outside; None where no channel is configured."""
    settings = basis.settings
    if not settings.notices.email_to and settings.notices.webhook_url is None:
        return None
    # lazy: the libraries for mail and HTTP are a megabyte that most workers never need.
    from chargehand.bootstrap.channels import least_severity, notice_channels

    channels = notice_channels(settings.notices, ca_file=settings.network.ca_file)
    least = least_severity(settings.notices)
    return Telling(basis.stores.database, channels, least=least, clock=basis.clock).tell


def _outgoing(basis: Basis) -> Callable[[], Awaitable[None]] | None:
    """What tells other programs; None where no outgoing webhook is configured."""
    settings = basis.settings
    if not settings.outgoing_webhooks:
        return None
    # lazy: hardly anybody needs it, and the wire it opens is a megabyte.
    from chargehand.bootstrap.outgoing import OutgoingSender, outgoing_webhooks
    from chargehand.pipeline.outgoing import Outgoing

    webhooks, sender = outgoing_webhooks(settings), OutgoingSender(settings)
    return Outgoing(basis.stores.database, webhooks, sender, clock=basis.clock).tell


def _storing(stores: Stores, clock: Clock) -> StoreDeliveries:
    """Polled deliveries enter the inbox like any other, one transaction a page."""
    store_batch = stores.open_inbox()

    async def store(deliveries: tuple[VerifiedDelivery, ...]) -> None:
        batch = [(DeliveryId(new_id("dlv", clock.now())), one) for one in deliveries]
        await asyncio.to_thread(store_batch, batch)

    return store
