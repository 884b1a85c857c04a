"""Runs the worker: dispatcher, durable tasks, duties; the only process that starts the engine."""

import asyncio
import contextlib

import uvloop

from chargehand import __version__
from chargehand.bootstrap.clocks import choose_clock
from chargehand.bootstrap.commands import command_deps
from chargehand.bootstrap.configured import budget_rules, pipeline_rules
from chargehand.bootstrap.connections import live_connections
from chargehand.bootstrap.databases import database_url
from chargehand.bootstrap.duty_parts import Basis, start_beside
from chargehand.bootstrap.forms import open_form_desk
from chargehand.bootstrap.leases import HeldLease
from chargehand.bootstrap.models import LateModelDoor, open_models
from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.running import Place, Stop, keep_what_was_loaded, taken_place
from chargehand.bootstrap.stores import Stores
from chargehand.bootstrap.worker_parts import worker_parts
from chargehand.config.settings import Settings
from chargehand.domain.process import ProcessRole
from chargehand.engine.dbos_engine.engine import DBOSEngine
from chargehand.inbox.nudge import NudgeListener
from chargehand.logs.log import get_logger
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.holding import RESUME
from chargehand.pipeline.leasing import Leasing
from chargehand.pipeline.sharing import LAUNCH, Alone, Share
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.vendor_requests import VendorRequests
from chargehand.pipeline.working import Worker
from chargehand.storage.engines import open_durable_engine

# Raised by hand, and only when tasks under way could not go on with the new bodies.
_APPLICATION_VERSION = "1"
_EXECUTOR = "worker-1"
_DRAIN_S = 10.0
_LISTEN_S = 3600.0
_log = get_logger()


def run_worker(settings: Settings, options: ProcessOptions) -> int:
    """Work until told to stop; the exit code.

    Raises: AnotherWorkerRuns and what opening the stores raises.
    """
    clock = choose_clock(settings, options.clock_from)
    with taken_place(ProcessRole.WORKER, settings, clock=clock) as place:
        uvloop.run(_work(settings, place, options))
    return 0


async def _work(settings: Settings, place: Place, options: ProcessOptions) -> None:
    stores, clock, held = place.stores, place.clock, place.held
    spending = Spending(stores.database, rules=budget_rules(settings), clock=clock)
    # What can be wrong with models is found before anything runs that would have to be ended.
    models, door = open_models(settings, stores.database, spending, clock=clock) or (None, None)
    durable = open_durable_engine(database_url(settings))
    engine = DBOSEngine(
        engine=durable, executor_id=_executor(held), application_version=_APPLICATION_VERSION
    )
    leasing = place.open_leasing(engine)
    share: Share = leasing or Alone()
    requests = VendorRequests()
    connections = live_connections(
        settings,
        clock=clock,
        forms=open_form_desk(settings, stores.database, clock),
        observer_of=requests.of,
    )
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
    stop = Stop(worker, leasing)
    stop.listen(options)
    await _launch(engine, leasing)
    stop.keep_lease()
    keep_what_was_loaded()
    beside = start_beside(basis, options, share)
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


async def _warn_when_held(stores: Stores) -> None:
    hold = await stores.database.aread(lambda tx: tx.holds.current())
    if hold is not None:
        _log.warning("worker.held_after_restore", hold_id=hold.id, cure=RESUME)


async def _launch(engine: DBOSEngine, leasing: Leasing | None) -> None:
    if leasing is None:
        await engine.launch()
        return
    async with leasing.alone(LAUNCH):
        await engine.launch()
    await leasing.begin()


async def _warm_up(door: LateModelDoor) -> None:
    """Load the models' libraries before the first question needs them."""
    await door.warm_up()
    keep_what_was_loaded()


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
                worker.deliveries_stored()
    finally:
        listener.stop()
