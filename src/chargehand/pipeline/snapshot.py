"""What the figures of the whole service are made of, seen at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehand.budgets.caps import BudgetRules
from chargehand.domain.process import ProcessRole
from chargehand.domain.records import ConnectionRecord, Counts
from chargehand.domain.switches import StopRecord
from chargehand.inbox.ports import Backlog
from chargehand.pipeline.expiring import SECRET_EXPIRES_AT
from chargehand.pipeline.guarding import guards_up
from chargehand.pipeline.looking import View
from chargehand.pipeline.processes import ProcessLine, list_processes
from chargehand.pipeline.restraint_figures import (
    Restraint,
    look_at_restraint,
)
from chargehand.pipeline.vendor_requests import (
    VENDOR_REQUEST_MICROS,
    VENDOR_REQUEST_SECONDS,
    VENDOR_REQUESTS,
    Tally,
)
from chargehand.pipeline.watching import (
    ACTIONS,
    CLOCK_OFFSET_MS,
    DEAD_AFTER,
    DECISIONS,
    RECORDS,
    WORKER_BEAT,
    traffic_until,
)
from chargehand.storage.repositories.observing import Observation
from chargehand.storage.repositories.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the figures are made of, seen at one moment.

    Shape: tallies are by word and detail; the disk is that of this process's data folder.
    """

    now: datetime
    version: str
    backlog: Backlog
    traffic: Sequence[Traffic]
    decisions: Tally
    actions: Tally
    records: Tally
    vendor_requests: Tally
    vendor_request_seconds: Tally
    vendor_request_micros: Tally
    open_actions: Tally
    open_work: Counts
    oldest_approval_at: datetime | None
    oldest_due: Mapping[str, datetime]
    workers_up: int
    clocks_up: int
    notices: Counts
    connections: Sequence[ConnectionRecord]
    worker_heard_at: datetime | None
    clock_offsets_ms: Mapping[str, Observation]
    guards_up: Sequence[tuple[str, str]]
    secrets_end_at: Mapping[str, Observation]
    stops: Sequence[StopRecord]
    restraint: Restraint
    main_bytes: int
    disk_free_bytes: int
    disk_reserve_bytes: int


def take_snapshot(
    tx: View,
    backlog: Backlog,
    *,
    budget_rules: BudgetRules,
    version: str,
    disk_free_bytes: int,
    disk_reserve_bytes: int,
    now: datetime,
) -> Snapshot:
    """What the figures are made of now; `backlog` was read from the other database before."""
    processes, beat = list_processes(tx, now=now), tx.observations.find(WORKER_BEAT)
    return Snapshot(
        now=now,
        version=version,
        backlog=backlog,
        traffic=[*tx.traffic.kept(), *tx.traffic.counted(traffic_until(tx))],
        decisions=tx.observations.tallied(DECISIONS),
        actions=tx.observations.tallied(ACTIONS),
        records=tx.observations.tallied(RECORDS),
        vendor_requests=tx.observations.tallied(VENDOR_REQUESTS),
        vendor_request_seconds=tx.observations.tallied(VENDOR_REQUEST_SECONDS),
        vendor_request_micros=tx.observations.tallied(VENDOR_REQUEST_MICROS),
        open_actions=tx.figures.open_actions(),
        open_work=tx.stats.open_work(),
        oldest_approval_at=tx.figures.oldest_approval_at(),
        oldest_due=tx.figures.oldest_due(now=now),
        # The worker on SQLite only notes its beat.
        workers_up=_up(processes, ProcessRole.WORKER) or int(is_worker_alive(beat, now)),
        clocks_up=_up(processes, ProcessRole.CLOCK),
        notices=tx.figures.notices_by_severity(),
        connections=tx.connections.all(),
        worker_heard_at=_worker_heard_at(tx, beat),
        clock_offsets_ms=tx.observations.all_of(CLOCK_OFFSET_MS),
        guards_up=guards_up(tx.observations.all_of),
        secrets_end_at=tx.observations.all_of(SECRET_EXPIRES_AT),
        stops=tx.stops.in_force(),
        restraint=look_at_restraint(tx, budget_rules, now=now),
        main_bytes=tx.figures.size_bytes(),
        disk_free_bytes=disk_free_bytes,
        disk_reserve_bytes=disk_reserve_bytes,
    )


def is_worker_alive(beat: Observation | None, now: datetime) -> bool:
    """Whether a worker was heard of lately."""
    return beat is not None and now - beat.observed_at <= DEAD_AFTER


def _up(processes: Sequence[ProcessLine], role: ProcessRole) -> int:
    """How many processes of a role were heard of lately."""
    return sum(one.is_up and one.role is role for one in processes)


def _worker_heard_at(tx: View, noted: Observation | None) -> datetime | None:
    """When a worker was last heard of: by its beat, or by what it notes while it has the duty."""
    heard = [one.seen_at for one in tx.processes.all() if one.role is ProcessRole.WORKER]
    return max([*heard, *([noted.observed_at] if noted is not None else [])], default=None)
