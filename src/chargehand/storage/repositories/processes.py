"""Which processes share this database, and how each was last heard of."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete

from chargehand.domain.ids import ProcessId
from chargehand.domain.process import LIVE_STATES, ProcessRecord, ProcessRole, ProcessState
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_processes import processes

_t = processes.c
_LIVE = sorted(state.value for state in LIVE_STATES)


class ProcessReader(Repository):
    """Looks processes up."""

    def all(self) -> Sequence[ProcessRecord]:
        """Every process that is remembered, in the order they started."""
        rows = self._rows(self._select(processes).order_by(_t.process_id))
        return [_process(row) for row in rows]

    def find(self, process_id: ProcessId) -> ProcessRecord | None:
        """One process; None when it is not remembered."""
        row = self._one_by(_t.process_id, process_id)
        return _process(row) if row is not None else None


class ProcessWriter(ProcessReader):
    """Keeps what processes tell of themselves, and of each other."""

    def add(self, process: ProcessRecord) -> None:
        """Remember a process that begins."""
        self._insert(
            processes,
            {
                "process_id": process.id,
                "role": process.role.value,
                "host": process.host[:255],
                "pid": process.pid,
                "version": process.version,
                "state": process.state.value,
                "beats": process.beats,
                "started_at": to_micros(process.started_at),
                "seen_at": to_micros(process.seen_at),
                "state_at": to_micros(process.state_at),
            },
        )

    def beat(self, process_id: ProcessId, *, now: datetime) -> bool:
        """Note that a process lives; False when it may not go on."""
        beating = (
            self._update(processes)
            .where(_t.process_id == process_id, _t.state.in_(_LIVE))
            .values(beats=_t.beats + 1, seen_at=to_micros(now))
        )
        return self._connection.execute(beating).rowcount == 1

    def move(self, process_id: ProcessId, state: ProcessState, *, now: datetime) -> bool:
        """Put a live process into a state; False when somebody else ended it before."""
        moving = (
            self._update(processes)
            .where(_t.process_id == process_id, _t.state.in_(_LIVE))
            .values(state=state.value, state_at=to_micros(now))
        )
        return self._connection.execute(moving).rowcount == 1

    def forget_unseen_since(self, moment: datetime) -> None:
        """Forget the processes nobody has heard of since a moment."""
        self._connection.execute(
            delete(processes).where(
                _t.organization_id == self._organization_id, _t.seen_at < to_micros(moment)
            )
        )


def _process(row: AnyRow) -> ProcessRecord:
    return ProcessRecord(
        id=ProcessId(row.process_id),
        role=ProcessRole(row.role),
        host=row.host,
        pid=row.pid,
        version=row.version,
        state=ProcessState(row.state),
        beats=int(row.beats),
        started_at=from_micros(row.started_at),
        seen_at=from_micros(row.seen_at),
        state_at=from_micros(row.state_at),
    )
