"""When something may happen that may happen only so often in any window of time.

Moments are whole numbers of one unit, kept in their order; some may lie in the future.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence


def earliest(taken: Sequence[int], at: int, *, most: int, window: int, times: int = 1) -> int:
    """The first moment from `at` on at which it may happen `times` times more.

    Shape: `taken` ascends; what lies behind it in the future stays allowed as it is. More `times`
    than `most` count as `most`, or it could never happen.
    Units: `window` is that of the moments; it may happen at most `most` times in less than it.
    """
    times = min(times, most)
    while (after := _too_much_until(taken, at, most=most, window=window, times=times)) is not None:
        at = after
    return at


def take(taken: list[int], at: int, *, times: int = 1) -> None:
    """Note that it happens at a moment, in its order."""
    for _ in range(times):
        insort(taken, at)


def give_back(taken: list[int], at: int, *, times: int = 1) -> bool:
    """Forget what was noted for a moment; False when less was noted, and nothing is forgotten."""
    begin = bisect_left(taken, at)
    if taken[begin : begin + times] != [at] * times:
        return False
    del taken[begin : begin + times]
    return True


def still_counting(taken: Sequence[int], now: int, *, window: int) -> list[int]:
    """Those that still matter: younger than the window, or ahead."""
    return list(taken[bisect_right(taken, now - window) :])


def _too_much_until(
    taken: Sequence[int], at: int, *, most: int, window: int, times: int
) -> int | None:
    """A later moment to try, where the one tried would make some window too full; else None."""
    room = most - times
    begin = bisect_right(taken, at - window)
    end = bisect_left(taken, at + window)
    # Only windows that hold the new moment matter. One too full has `most - times` and one more
    # of the others in it.
    for first in range(begin, end - room):
        last = first + room
        if taken[last] - taken[first] < window:
            # It is over when the first of them has left the window of the new one.
            return taken[first] + window
    return None
