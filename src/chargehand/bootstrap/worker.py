"""Runs the worker: dispatcher, durable tasks, polling; the only process that starts the engine."""

import asyncio
import contextlib
import gc
import signal
from typing import TYPE_CHECKING

import uvloop

from chargehand import __version__
from chargehand.bootstrap.clocks import choose_clock
from chargehand.bootstrap.commands import command_deps
from chargehand.bootstrap.configured import (
    budget_rules,
    pipeline_rules,
)
from chargehand.bootstrap.connections import live_connections
from chargehand.bootstrap.databases import database_url
from chargehand.bootstrap.forms import open_form_desk
from chargehand.bootstrap.leases import HeldLease, end_without_lease, take_lease
from chargehand.bootstrap.lifeline import watch_lifeline
from chargehand.bootstrap.locks import FolderLock
from chargehand.bootstrap.models import LateModelDoor, open_models
from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.scheduled_backups import open_schedule
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.bootstrap.worker_parts import Basis, worker_parts
from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError
from chargehand.engine.dbos_engine.engine import DBOSEngine
from chargehand.inbox.nudge import NudgeListener
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.backing_up import BackupSchedule
from chargehand.pipeline.holding import RESUME
from chargehand.pipeline.leasing import Leasing
from chargehand.pipeline.sharing import BACKUP, LAUNCH, TRACING, Alone, Share
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.vendor_requests import VendorRequests
from chargehand.pipeline.working import Worker
from chargehand.storage.engines import open_durable_engine

if TYPE_CHECKING:
    # Loaded only where a collector is configured.
    from chargehand.pipeline.spans import SpanExport

# Raised by hand, and only when tasks under way could not go on with the new bodies.
_APPLICATION_VERSION = "1"
_EXECUTOR = "worker-1"
_DRAIN_S = 10.0
_LISTEN_S = 3600.0
_SPANS_EVERY_S = 5.0
_log = get_logger()


def run_worker(settings: Settings, options: ProcessOptions) -> int:
    """Work until told to stop; the exit code.

    Raises: AnotherWorkerRuns and what opening the stores raises.
    """
    clock = choose_clock(settings, options.clock_from)
    stores = open_stores(settings)
    folder_lock = FolderLock(settings.storage.data_dir / "worker.lock")
    folder_lock.take()
    held: HeldLease | None = None
    try:
        held = take_lease(settings, stores, clock=clock)
        uvloop.run(_work(settings, stores, options, clock, held=held))
    finally:
        if held is not None:
            held.lease.close()
        folder_lock.release()
        stores.close()
    return 0


async def _work(
    settings: Settings,
    stores: Stores,
    options: ProcessOptions,
    clock: Clock,
    *,
    held: HeldLease | None,
) -> None:
    spending = Spending(stores.database, rules=budget_rules(settings), clock=clock)
    # What can be wrong with models is found before anything runs that would have to be ended.
    models, door = open_models(settings, stores.database, spending, clock=clock) or (None, None)
    durable = open_durable_engine(database_url(settings))
    engine = DBOSEngine(
        engine=durable, executor_id=_executor(held), application_version=_APPLICATION_VERSION
    )
    leasing = _open_leasing(stores, engine, held, clock=clock)
    share: Share = leasing or Alone()
    forms = open_form_desk(settings, stores.database, clock)
    requests = VendorRequests()
    connections = live_connections(settings, clock=clock, forms=forms, observer_of=requests.of)
    answering = Answering(
        stores.database,
        connections,
        rules=pipeline_rules(settings),
        clock=clock,
        commands=command_deps(settings),
        models=models,
    )
    basis = Basis(settings, stores, connections, requests, clock)
    worker = Worker(worker_parts(basis, engine, answering, spending, share))
    listener = NudgeListener(options.nudge_fd) if options.nudge_fd else None
    engine.register(worker.task_bodies())
    stop = _Stop(worker, leasing)
    stop.listen(options)
    await _launch(engine, leasing)
    stop.keep_lease()
    _keep_what_was_loaded()
    beside = _start_beside(settings, stores, options, share, clock=clock)
    if listener is not None:
        beside.append(asyncio.create_task(_hear(listener, worker)))
    if door is not None:
        beside.append(asyncio.create_task(_warm_up(door)))
    await _warn_when_held(stores)
    _log.info("worker.started", version=__version__, connections=sorted(connections))
    try:
        await worker.run()
        await engine.drain(_DRAIN_S)
    finally:
        for task in beside:
            task.cancel()
        await engine.close()
        if door is not None:
            await door.aclose()
        await _let_settle(spending)
        await stop.hand_back()
        for connection in connections.values():
            await connection.client.aclose()
        durable.dispose()
    _log.info("worker.stopped")


def _executor(held: HeldLease | None) -> str:
    return _EXECUTOR if held is None else held.process.id


def _start_beside(
    settings: Settings, stores: Stores, options: ProcessOptions, share: Share, *, clock: Clock
) -> "list[asyncio.Task[None]]":
    """What goes on beside the work, where it is configured."""
    started = []
    spans = _span_export(settings, stores, clock)
    if spans is not None:
        started.append(asyncio.create_task(_send_spans(spans, share)))
    schedule = open_schedule(settings, stores, options, clock=clock)
    if schedule is not None:
        started.append(asyncio.create_task(_back_up(schedule, share)))
    return started


async def _warn_when_held(stores: Stores) -> None:
    hold = await stores.database.aread(lambda tx: tx.holds.current())
    if hold is not None:
        _log.warning("worker.held_after_restore", hold_id=hold.id, cure=RESUME)


class _Stop:
    """What is called to end the worker; the others hear of it at once."""

    def __init__(self, worker: Worker, leasing: Leasing | None) -> None:
        self._worker = worker
        self._leasing = leasing
        self._draining: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    def listen(self, options: ProcessOptions) -> None:
        """Stop on a signal, and when the supervisor is gone."""
        watch_lifeline(options, self)
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self)

    def keep_lease(self) -> None:
        """Keep the lease until it is handed back."""
        if self._leasing is not None:
            self._keeping = asyncio.create_task(self._leasing.keep())
            self._keeping.add_done_callback(_end_if_broken)

    def __call__(self) -> None:
        self._worker.stop()
        if self._leasing is not None and self._draining is None:
            self._draining = asyncio.create_task(self._leasing.drain())

    async def hand_back(self) -> None:
        """Leave what is unfinished to the others; after everything was written down."""
        if self._draining is not None:
            with contextlib.suppress(ChargehandError):
                await self._draining
        if self._keeping is not None and self._leasing is not None:
            self._keeping.cancel()
            await self._leasing.end()


def _end_if_broken(keeping: "asyncio.Task[None]") -> None:
    """A worker whose lease nobody keeps must not go on as if it had one."""
    error = None if keeping.cancelled() else keeping.exception()
    if error is not None:
        end_without_lease(f"keeping its lease failed ({type(error).__name__})")


def _open_leasing(
    stores: Stores, engine: DBOSEngine, held: HeldLease | None, *, clock: Clock
) -> Leasing | None:
    if held is None:
        return None
    return Leasing(
        held.lease,
        held.process.id,
        stores.database,
        engine,
        clock=clock,
        lost=end_without_lease,
    )


async def _launch(engine: DBOSEngine, leasing: Leasing | None) -> None:
    if leasing is None:
        await engine.launch()
        return
    async with leasing.alone(LAUNCH):
        await engine.launch()
    await leasing.begin()


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


def _keep_what_was_loaded() -> None:
    # What was loaded stays for ever; looking through it for garbage would stop every task for a
    # fifth of a second, again and again under load.
    gc.collect()
    gc.freeze()
    gc.enable()


async def _warm_up(door: LateModelDoor) -> None:
    """Load the models' libraries before the first question needs them."""
    await door.warm_up()
    _keep_what_was_loaded()


async def _let_settle(spending: Spending) -> None:
    """Write down what is still to be settled; what a store that is away holds up expires."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            await spending.idle()


async def _hear(listener: NudgeListener, worker: Worker) -> None:
    listener.start()
    try:
        while True:
            if await listener.wait(timeout_s=_LISTEN_S):
                worker.nudge()
    finally:
        listener.stop()
