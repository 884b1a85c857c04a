"""Which fronts, workers and clocks share this database, as people are shown them.

On SQLite nobody is written down: the one worker is known by its lock, and the front by its answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.ids import ProcessId
from chargehand.domain.process import LIVE_STATES, ProcessRole, ProcessState
from chargehand.pipeline.watching import DEAD_AFTER
from chargehand.storage.transaction import Reading, Writing

_SHOWN_AFTER_ITS_END: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """One front, worker or clock; `is_up` when it was heard of within a minute and did not end."""

    id: ProcessId
    role: ProcessRole
    host: str
    pid: int
    version: str
    state: ProcessState
    is_up: bool
    started_at: datetime
    seen_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether it did not end, as far as anybody wrote down."""
        return self.state in LIVE_STATES


def list_processes(tx: Reading | Writing, *, now: datetime) -> tuple[ProcessLine, ...]:
    """Every process that runs or lately did, in the order they started."""
    return tuple(
        ProcessLine(
            id=one.id,
            role=one.role,
            host=one.host,
            pid=one.pid,
            version=one.version,
            state=one.state,
            is_up=one.is_live and now - one.seen_at <= DEAD_AFTER,
            started_at=one.started_at,
            seen_at=one.seen_at,
        )
        for one in tx.processes.all()
        if now - one.seen_at <= _SHOWN_AFTER_ITS_END
    )
