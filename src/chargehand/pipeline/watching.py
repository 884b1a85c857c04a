"""What the worker notes down for whoever watches it: that it lives, and what it counted.

The worker has no port, so the front tells of it from here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import ActionId, ConnectionId
from chargehand.domain.records import AuditRecord
from chargehand.inbox.ports import Backlog, DeliveryQueue
from chargehand.kit.clock import EPOCH, Clock, from_micros, to_micros
from chargehand.pipeline.connection import LiveConnection
from chargehand.storage.database import Database
from chargehand.storage.repositories.traffic import HOUR, ID_LAG, Traffic
from chargehand.storage.transaction import Reading, Writing

# A worker that was not heard of for this long is not there, or can not write.
DEAD_AFTER: Final = timedelta(seconds=60)
WORKER_BEAT: Final = "worker_beat"
CLOCK_OFFSET_MS: Final = "clock_offset_ms"
DECISIONS: Final = "decisions"
ACTIONS: Final = "actions"
RECORDS: Final = "records"
_TALLIED_SEQ: Final = "tallied_seq"
_TRAFFIC_UNTIL: Final = "traffic_until"
# A write transaction should be short, and what was never counted before may be much.
_RECORDS_AT_ONCE: Final = 1000
_ROUNDS_AT_ONCE: Final = 10
_HOURS_AT_ONCE: Final = 24
_CHANGES_AT_ONCE: Final = 2000

# What a record about an action says of it.
_OUTCOMES: Final = {
    AuditTag.WORKER_ACTION_PROPOSED.value: "proposed",
    AuditTag.WORKER_ACTION_SIMULATED.value: "simulated",
    AuditTag.WORKER_ACTION_OUTDATED.value: "outdated",
    AuditTag.WORKER_ACTION_FAILED.value: "failed",
    AuditTag.WORKER_EFFECT_DONE.value: "executed",
    AuditTag.WORKER_EFFECT_REFUSED.value: "overtaken",
    AuditTag.WORKER_EFFECT_UNKNOWN.value: "unknown",
}


class Watching:
    """Notes what is seen; every call may be repeated, and all of it can be lost without harm.

    Shape: `worker_pid` is None in a clock, which must not make a worker look alive.
    """

    def __init__(
        self,
        database: Database,
        queue: DeliveryQueue,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        worker_pid: int | None,
        clock: Clock,
    ) -> None:
        self._database = database
        self._queue = queue
        self._connections = connections
        self._worker_pid = worker_pid
        self._clock = clock

    def watch(self) -> Backlog:
        """Note that the worker lives, count what is new; what waits in the inbox.

        Raises: Retryable when a store is away.
        """
        now = self._clock.now()
        self._database.write(lambda tx: self._note(tx, now))
        for _ in range(_ROUNDS_AT_ONCE):
            if not self._tally():
                break
        for _ in range(0 if self._database.is_sqlite else _ROUNDS_AT_ONCE):
            if self._database.write(lambda tx: tx.stats.fold(limit=_CHANGES_AT_ONCE)) == 0:
                break
        backlog = self._queue.backlog()
        for _ in range(_HOURS_AT_ONCE):
            if not self._keep_traffic(backlog, now):
                break
        return backlog

    def _note(self, tx: Writing, now: datetime) -> None:
        if self._worker_pid is not None:
            tx.observations.note(WORKER_BEAT, "", self._worker_pid, now=now)
        for connection in self._connections.values():
            offset_s = connection.client.clock_offset_s
            if offset_s is not None:
                offset_ms = round(offset_s * 1000)
                tx.observations.note(CLOCK_OFFSET_MS, connection.id, offset_ms, now=now)

    def _keep_traffic(self, backlog: Backlog, now: datetime) -> bool:
        """Keep the next hour that is over, counted before the write; False when none is left."""
        finished = self._database.read(lambda tx: _finished_hour(tx, backlog, now))
        if finished is None:
            return False

        def work(tx: Writing) -> None:
            tx.traffic.keep(finished.hour, finished.traffic)
            tx.observations.note(_TRAFFIC_UNTIL, "", to_micros(finished.until), now=now)

        self._database.write(work)
        return True

    def _tally(self) -> bool:
        """Count the next records of the audit chain; False when none is left."""
        after_seq, records = self._database.read(_untallied)
        if not records:
            return False
        action_ids = [ActionId(one.subject_id) for one in records if one.tag in _OUTCOMES]
        found = self._database.read(lambda tx: tx.actions.find_many(action_ids))
        kinds = {action.id: action.kind.value for action in found.values()}
        counted = _count(records, kinds)
        now = self._clock.now()

        def work(tx: Writing) -> None:
            if _tallied_seq(tx) != after_seq:
                return
            for name, numbers in counted.items():
                tx.observations.add_to_tally(name, numbers)
            tx.observations.note(_TALLIED_SEQ, "", records[-1].seq, now=now)

        self._database.write(work)
        return len(records) == _RECORDS_AT_ONCE


@dataclass(frozen=True, slots=True)
class _Finished:
    """What a finished hour brought; everything before `until` is then counted for good."""

    until: datetime
    hour: datetime
    traffic: Sequence[Traffic]


def traffic_until(tx: Reading | Writing) -> datetime:
    """The end of the last hour whose traffic was counted for good."""
    known = tx.observations.find(_TRAFFIC_UNTIL)
    return EPOCH if known is None else from_micros(known.value)


def _finished_hour(tx: Reading, backlog: Backlog, now: datetime) -> "_Finished | None":
    """The next hour that is over, as far as everything received in it was dispatched."""
    settled = _whole_hour(min([now, *backlog.oldest_at.values()]) - ID_LAG)
    counted_until = traffic_until(tx)
    begins = tx.traffic.first_delivery_at(counted_until)
    # A delivery whose id was late belongs to the hour before, which was counted already.
    hour = max(_whole_hour(begins) if begins is not None else settled, counted_until)
    if hour < settled:
        return _Finished(hour + HOUR, hour, tx.traffic.counted(hour, hour + HOUR))
    # Nothing arrived up to here, so there is nothing to count.
    return _Finished(settled, settled, ()) if settled > counted_until else None


def _untallied(tx: Reading) -> tuple[int, list[AuditRecord]]:
    after_seq = _tallied_seq(tx)
    return after_seq, list(islice(tx.audit.walk(after_seq=after_seq), _RECORDS_AT_ONCE))


def _tallied_seq(tx: Reading | Writing) -> int:
    known = tx.observations.find(_TALLIED_SEQ)
    return 0 if known is None else known.value


def _count(
    records: list[AuditRecord], kinds: Mapping[ActionId, str]
) -> Mapping[str, Counter[tuple[str, str]]]:
    counted: dict[str, Counter[tuple[str, str]]] = {
        name: Counter() for name in (RECORDS, DECISIONS, ACTIONS)
    }
    for record in records:
        counted[RECORDS][record.tag, ""] += 1
        if record.tag == AuditTag.WORKER_DECISION_RECORDED.value:
            body = msgspec.json.decode(record.body)
            counted[DECISIONS][str(body["verdict"]), str(body["reason"])] += 1
        elif record.tag in _OUTCOMES:
            kind = kinds.get(ActionId(record.subject_id), "")
            counted[ACTIONS][kind, _OUTCOMES[record.tag]] += 1
    return counted


def _whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
