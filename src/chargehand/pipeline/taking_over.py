"""Tells the processes that died, or do not move any more, from those that are merely slow.

Nobody's time is compared with another's: each worker and clock counts its beats, and whoever
watches says for how long, by its own time, it has seen no new one. Whoever was itself stopped, or
could not read the database meanwhile, has seen nothing and begins anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chargehand.domain.ids import ProcessId
from chargehand.domain.process import LEASED_ROLES, ProcessRecord

BEAT_EVERY_S: Final = 1.0
# Without its lease and silent for this long a worker is dead: the server lets go of the lease of a
# process that died, and of a connection that was cut.
DEAD_AFTER_S: Final = 3.0
# Silent for this long it does not move, whatever it holds. Far longer than a server lets a
# transaction idle, so what it had begun to write is gone.
FROZEN_AFTER_S: Final = 20.0
# From here on a worker that was not heard by the database begins nothing; well before the others
# take its work over.
SURE_FOR_S: Final = 10.0
_LONGEST_GAP_S: Final = 5.0


@dataclass(slots=True)
class Watch:
    """For how long each other worker and clock was silent, as one observer has seen it."""

    _seen: dict[ProcessId, tuple[int, float]] = field(default_factory=dict)
    _looked_s: float | None = None

    def look(
        self, processes: Iterable[ProcessRecord], *, me: ProcessId, now_s: float
    ) -> Mapping[ProcessId, float]:
        """The seconds each other living one has been silent for, as far as was watched."""
        if self._looked_s is None or now_s - self._looked_s > _LONGEST_GAP_S:
            self._seen.clear()
        self._looked_s = now_s
        living = {
            one.id: one.beats
            for one in processes
            if one.is_live and one.role in LEASED_ROLES and one.id != me
        }
        for process_id in set(self._seen) - set(living):
            del self._seen[process_id]
        for process_id, beats in living.items():
            known = self._seen.get(process_id)
            if known is None or known[0] != beats:
                self._seen[process_id] = (beats, now_s)
        return {process_id: now_s - since for process_id, (_, since) in self._seen.items()}

    def forget(self) -> None:
        """Begin anew: for some time nothing could be seen."""
        self._looked_s = None
