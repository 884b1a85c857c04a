"""Everything the duties are made of, put together in one place, for workers and clocks."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chargehand.bootstrap.configured import guard_rules, pipeline_rules, working_hours
from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.scheduled_backups import open_schedule
from chargehand.bootstrap.stores import Stores
from chargehand.config.settings import Settings
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import ConnectionId, DeliveryId
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id
from chargehand.logs.log import get_logger
from chargehand.pipeline.account_checks import AccountChecks
from chargehand.pipeline.address_matching import AddressMatching
from chargehand.pipeline.approval_reminding import ApprovalReminding
from chargehand.pipeline.backing_up import BackupSchedule
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.duties import DutyParts
from chargehand.pipeline.guarding import Guards
from chargehand.pipeline.listening import Listening
from chargehand.pipeline.pacing import Pacing
from chargehand.pipeline.polling import Polling
from chargehand.pipeline.pruning import Pruning
from chargehand.pipeline.reminding import Reminding
from chargehand.pipeline.sharing import BACKUP, TRACING, Share
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.subscribers import Subscribers
from chargehand.pipeline.telling import Telling
from chargehand.pipeline.vendor_requests import VendorRequests, keep_counted
from chargehand.pipeline.watching import Watching
from chargehand.plugins.connector import StoreDeliveries

if TYPE_CHECKING:
    # Loaded only where a collector is configured.
    from chargehand.pipeline.spans import SpanExport

# What becomes wrong slowly may be told a minute later; looking costs more than watching.
_ROUNDS_A_GUARD: Final = 4
_SPANS_EVERY_S: Final = 5.0
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Basis:
    """What nearly every part of a worker or a clock stands on."""

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


def duty_parts(
    basis: Basis, spending: Spending, pacing: Pacing, share: Share, *, worker_pid: int | None
) -> DutyParts:
    """The parts of what has its time; where no chat is connected those for chats are left out.

    Shape: `worker_pid` is the process that the duties show to be alive; None in a clock.
    """
    stores, connections, clock = basis.stores, basis.connections, basis.clock
    database, rules = stores.database, basis.rules
    store = _storing(stores, clock)
    hours = working_hours(basis.settings)
    tell_subscribers = None
    if basis.has_chat:
        tell_subscribers = Subscribers(
            database, connections, rules=rules, hours=hours, clock=clock
        ).tell
    return DutyParts(
        database=database,
        spending=spending,
        pruning=Pruning(database, stores.queue, rules.retention, clock),
        clock=clock,
        connections=connections,
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
        watch=_watching(basis, worker_pid),
        count=_counting(basis),
        tell=_telling(basis),
        outgoing=_outgoing(basis),
        remind=Reminding(database, store, clock=clock).fire,
        subscribers=tell_subscribers,
        approvals=ApprovalReminding(
            database, connections, rules=rules, hours=hours, clock=clock
        ).remind,
        accounts=AccountChecks(database, connections, clock=clock),
        addresses=AddressMatching(database, connections, clock=clock),
        pacing=pacing,
        share=share,
    )


def start_beside(basis: Basis, options: ProcessOptions, share: Share) -> "list[asyncio.Task[None]]":
    """The duties with loops of their own, where they are configured."""
    settings, stores, clock = basis.settings, basis.stores, basis.clock
    started = []
    spans = _span_export(settings, stores, clock)
    if spans is not None:
        started.append(asyncio.create_task(_send_spans(spans, share)))
    schedule = open_schedule(settings, stores, options, clock=clock)
    if schedule is not None:
        started.append(asyncio.create_task(_back_up(schedule, share)))
    return started


def _watching(basis: Basis, worker_pid: int | None) -> Callable[[], Awaitable[None]]:
    """What looks after the databases and the intake now and then."""
    stores, clock = basis.stores, basis.clock
    watching = Watching(
        stores.database, stores.queue, basis.connections, worker_pid=worker_pid, clock=clock
    )
    guards = Guards(stores.database, guard_rules(basis.settings), clock=clock)
    rounds = itertools.count()

    async def watch() -> None:
        backlog = await asyncio.to_thread(watching.watch)
        if next(rounds) % _ROUNDS_A_GUARD == 0:
            await asyncio.to_thread(guards.look, backlog)

    return watch


def _counting(basis: Basis) -> Callable[[], Awaitable[None]]:
    """What keeps the requests to vendors that this process made."""

    async def count() -> None:
        await asyncio.to_thread(keep_counted, basis.requests, basis.stores.database)

    return count


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


async def _back_up(schedule: BackupSchedule, share: Share) -> None:
    """Outlives the failures of a single look, as every loop of the worker does."""
    while True:
        try:
            await schedule.run(lambda: share.has(BACKUP))
        except ChargehandError as error:
            _log.warning("backup.schedule_failed", detail=str(error))


def _span_export(settings: Settings, stores: Stores, clock: Clock) -> "SpanExport | None":
    """What sends spans to a collector; None where no collector is configured."""
    url, headers = settings.tracing.otlp_url, settings.tracing.headers
    if url is None:
        return None
    # lazy: hardly anybody needs it, and the library for HTTP is a megabyte.
    from chargehand.bootstrap.otlp import OTLPSink, read_headers
    from chargehand.bootstrap.trust import read_certificates
    from chargehand.pipeline.spans import SpanExport

    sink = OTLPSink(
        url,
        headers=read_headers(headers.get_secret_value()) if headers is not None else {},
        trusted=read_certificates(settings.network.ca_file),
    )
    return SpanExport(stores.database, sink, clock=clock)


async def _send_spans(spans: "SpanExport", share: Share) -> None:
    """Outlives the failures of a single sending, as every loop of the worker does."""
    while True:
        try:
            # Two that follow the same chain would tell of everything twice.
            while await share.has(TRACING) and await asyncio.to_thread(spans.send_new):
                pass
        except ChargehandError as error:
            _log.warning("tracing.round_failed", detail=str(error))
        await asyncio.sleep(_SPANS_EVERY_S)
