"""What the processes of one service tell of themselves to the others on the same database."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.ids import ProcessId


class ProcessRole(StrEnum):
    """What a process does."""

    FRONT = "front"
    WORKER = "worker"
    # Does what has its time, and takes no tasks.
    CLOCK = "clock"


class ProcessState(StrEnum):
    """How a process stands, by what it or somebody else wrote down last."""

    STARTING = "starting"
    WORKING = "working"
    DRAINING = "draining"
    ENDED = "ended"
    # Others do its work, because it was not heard of for too long.
    TAKEN_OVER = "taken_over"


# In these states it may hold work; in the others it may not write any more.
LIVE_STATES = frozenset({ProcessState.STARTING, ProcessState.WORKING, ProcessState.DRAINING})
# These hold a lease, so that the others know when to go on without them.
LEASED_ROLES = frozenset({ProcessRole.WORKER, ProcessRole.CLOCK})


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """One start of a front, a worker or a clock.

    Shape: `beats` counts how often it was heard of, so that nobody compares clocks to see whether
    it moves; `state_at` is when it came into its state.
    """

    id: ProcessId
    role: ProcessRole
    host: str
    pid: int
    version: str
    state: ProcessState
    beats: int
    started_at: datetime
    seen_at: datetime
    state_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether it may hold work, as far as anybody wrote down."""
        return self.state in LIVE_STATES
