"""How long to wait before trying again what did not work."""

from datetime import timedelta
from typing import Final

_FIRST: Final = timedelta(seconds=5)
_LONGEST: Final = timedelta(minutes=10)
_DOUBLINGS: Final = 7


def wait_before_next(attempts: int) -> timedelta:
    """The wait after this many attempts in vain: twice as long each time, at most ten minutes."""
    return min(_FIRST * (1 << min(attempts, _DOUBLINGS)), _LONGEST)
