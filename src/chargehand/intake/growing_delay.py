"""How long whoever is wrong again and again has to wait before the next try."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class _Tries:
    number: int
    last_at: datetime
    next_at: datetime


class GrowingDelay:
    """Tries of each subject: some are free, then each one doubles the wait; in bounded memory.

    Shape: what was not tried for `forgotten_after` begins anew. When more subjects are tried than
    are remembered, the one that was tried longest ago is forgotten.
    """

    def __init__(
        self,
        *,
        free: int,
        first: timedelta,
        longest: timedelta,
        forgotten_after: timedelta = timedelta(days=1),
        subjects: int = 10_000,
    ) -> None:
        self._free = free
        self._first = first
        self._longest = longest
        self._forgotten_after = forgotten_after
        self._subjects = subjects
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def count(self, subject: str, now: datetime) -> int | None:
        """Note a try; None where it may be made, and nothing is noted where it may not.

        Units: whole seconds until the next one may.
        """
        found = self._tries.get(subject)
        if found is None or now - found.last_at >= self._forgotten_after:
            found = self._tries[subject] = _Tries(0, now, now)
        self._tries.move_to_end(subject)
        if len(self._tries) > self._subjects:
            self._tries.popitem(last=False)
        if now < found.next_at:
            # A clock that was set back must not make anybody wait for longer than ever.
            wait = min(found.next_at - now, self._longest)
            return max(1, math.ceil(wait.total_seconds()))
        found.number += 1
        found.last_at, found.next_at = now, now + self._delay_after(found.number)
        return None

    def forget(self, subject: str) -> None:
        """Let a subject begin anew, since it proved who it is."""
        self._tries.pop(subject, None)

    def _delay_after(self, tries: int) -> timedelta:
        beyond = tries - self._free
        if beyond < 0:
            return timedelta()
        # Past some doublings it is the longest anyway, and the number would have no end.
        doubled: int = 1 << min(beyond, 32)
        return min(self._first * doubled, self._longest)
