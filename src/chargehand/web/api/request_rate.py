"""How many requests one key, or one session, may make; whoever else asks is not held up by it."""

import math
from collections import OrderedDict
from datetime import datetime
from typing import Final

from chargehand.domain.errors import Rejected

_MINUTE_S: Final = 60.0
_MOST_CALLERS: Final = 10_000
DEFAULT_REQUESTS_PER_MINUTE: Final = 6_000


class TooManyRequests(Rejected):
    """A key or a session asked more often than it may."""

    code = "too_many_requests"
    template = (
        "More than {requests_per_minute} requests a minute came with this key or session; try "
        "again in {retry_after_s} s. Nothing was done."
    )


class RequestRate:
    """A bucket of requests for each caller, filled evenly, in bounded memory.

    Shape: a caller who was silent for a minute may ask as often at once as in a minute; 0 is no
    limit. When more callers ask than are remembered, who asked longest ago begins anew. Each
    process counts for itself.
    """

    def __init__(self, requests_per_minute: int = DEFAULT_REQUESTS_PER_MINUTE) -> None:
        self._most = requests_per_minute
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, caller: str, now: datetime) -> None:
        """Let one request in.

        Raises: TooManyRequests, with the whole seconds until there is room for one.
        """
        if not self._most:
            return
        left, since = self._left.get(caller, (float(self._most), now))
        per_s = self._most / _MINUTE_S
        # A clock that was set back gives nothing, and takes nothing away.
        left = min(float(self._most), left + max(0.0, (now - since).total_seconds()) * per_s)
        is_let_in = left >= 1
        self._left[caller] = (left - 1 if is_let_in else left, now)
        self._left.move_to_end(caller)
        if len(self._left) > _MOST_CALLERS:
            self._left.popitem(last=False)
        if not is_let_in:
            wait_s = max(1, math.ceil((1 - left) / per_s))
            raise TooManyRequests(requests_per_minute=self._most, retry_after_s=wait_s)
