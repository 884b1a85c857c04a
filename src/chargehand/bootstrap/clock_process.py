"""Runs a clock: its duties and nothing else, with neither the task engine nor any model."""

import uvloop

from chargehand import __version__
from chargehand.bootstrap.clocks import choose_clock
from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.connections import live_connections
from chargehand.bootstrap.duty_parts import Basis, duty_parts, start_beside
from chargehand.bootstrap.errors import ClockUnwanted
from chargehand.bootstrap.forms import open_form_desk
from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.running import Place, Stop, keep_what_was_loaded, taken_place
from chargehand.config.settings import Settings
from chargehand.domain.process import ProcessRole
from chargehand.logs.log import get_logger
from chargehand.pipeline.duties import Duties, NothingBeside
from chargehand.pipeline.pacing import Pacing
from chargehand.pipeline.rounds import Rounds
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.vendor_requests import VendorRequests

_log = get_logger()


def run_clock(settings: Settings, options: ProcessOptions) -> int:
    """Do what has its time until told to stop; the exit code.

    Raises: ClockUnwanted on SQLite, AnotherWorkerRuns and what opening the stores raises.
    """
    clock = choose_clock(settings, options.clock_from)
    with taken_place(ProcessRole.CLOCK, settings, clock=clock) as place:
        uvloop.run(_tick(settings, place, options))
    return 0


async def _tick(settings: Settings, place: Place, options: ProcessOptions) -> None:
    leasing = place.open_leasing(None)
    if leasing is None:
        raise ClockUnwanted
    stores, clock = place.stores, place.clock
    forms = open_form_desk(settings, stores.database, clock)
    requests = VendorRequests()
    connections = live_connections(settings, clock=clock, forms=forms, observer_of=requests.of)
    basis = Basis(settings, stores, connections, requests, clock)
    spending = Spending(stores.database, rules=budget_rules(settings), clock=clock)
    pacing = Pacing(connections, clock, leasing)
    parts = duty_parts(basis, spending, pacing, leasing, worker_pid=None)
    duties = Duties(parts, Rounds(), beside=NothingBeside())
    stop = Stop(duties, leasing)
    stop.listen(options)
    await leasing.begin()
    stop.keep_lease()
    keep_what_was_loaded()
    beside = start_beside(basis, options, leasing)
    _log.info("clock.started", version=__version__, connections=sorted(connections))
    try:
        await duties.run()
    finally:
        for task in beside:
            task.cancel()
        await stop.hand_back()
        for connection in connections.values():
            await connection.client.aclose()
    _log.info("clock.stopped")
