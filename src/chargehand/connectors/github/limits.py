"""GitHub's limits: an hour's requests, which its answers count, and so many writings a minute.

Source: docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api (read 2026-11)
"""

from typing import Final

from chargehand.plugins.connector import SentAction
from chargehand.plugins.limits import Limit

# What everything counts against; GitHub's answers tell when it is used up.
CORE: Final = "core"
# "No more than 80 content-generating requests per minute."
_WRITES: Final = ("writes", 80, 61.0)


def limits_of(action: SentAction) -> tuple[Limit, ...]:
    """What an action counts against: the hour's requests, and the minute's writings."""
    _ = action
    return Limit(CORE), Limit(*_WRITES)
