"""Everything the worker is made of, put together in one place."""

import os

from chargehand.bootstrap.duty_parts import Basis, duty_parts
from chargehand.engine.port import TaskEngine
from chargehand.pipeline.answering import Answering
from chargehand.pipeline.chat_views import ChatViews
from chargehand.pipeline.dispatching import Dispatcher
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.pacing import Pacing
from chargehand.pipeline.sharing import Share
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.working import WorkerParts
from chargehand.pipeline.working_signs import WorkingSigns
from chargehand.storage.changes import ChangeCheck


def worker_parts(
    basis: Basis, engine: TaskEngine, answering: Answering, spending: Spending, share: Share
) -> WorkerParts:
    """The parts of a worker; where no chat is connected those for chats are left out."""
    stores, connections, clock = basis.stores, basis.connections, basis.clock
    database, rules = stores.database, basis.rules
    pacing = Pacing(connections, clock, share)
    views = signs = None
    if basis.has_chat:
        views = ChatViews(database, connections, rules=rules, clock=clock)
        signs = WorkingSigns(database, connections, rules=rules, clock=clock)
    return WorkerParts(
        database=database,
        engine=engine,
        dispatcher=Dispatcher(stores.queue, database, connections, rules=rules, clock=clock),
        answering=answering,
        executing=Executing(database, connections, rules=rules, clock=clock, pacing=pacing),
        changes=ChangeCheck(database.engine, stores.queue),
        clock=clock,
        duties=duty_parts(basis, spending, pacing, share, worker_pid=os.getpid()),
        share=share,
        views=views,
        signs=signs,
    )
