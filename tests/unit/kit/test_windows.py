"""Whatever is asked for, no window is ever too full, and nothing waits longer than it has to."""

from hypothesis import given
from hypothesis import strategies as st

from chargehand.kit.windows import earliest, give_back, take

ASKED = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 3)), max_size=25)


@given(asked=ASKED, most=st.integers(1, 6), window=st.integers(1, 20))
def test_no_window_is_too_full_and_no_wait_too_long(
    asked: list[tuple[int, int]], most: int, window: int
) -> None:
    taken: list[int] = []
    for at, wanted in asked:
        times = min(wanted, most)
        found = earliest(taken, at, most=most, window=window, times=wanted)
        sooner = [_with(taken, moment, times) for moment in range(at, found)]
        taken = _with(taken, found, times)

        assert _fits(taken, most, window)
        assert not any(_fits(one, most, window) for one in sooner)


def test_what_is_given_back_makes_room_again() -> None:
    taken = [5, 5, 9]

    assert give_back(taken, 5, times=2)
    assert taken == [9]
    assert not give_back(taken, 9, times=2)
    assert taken == [9]


def _with(taken: list[int], moment: int, times: int) -> list[int]:
    noted = list(taken)
    take(noted, moment, times=times)
    return noted


def _fits(taken: list[int], most: int, window: int) -> bool:
    return all(taken[first + most] - taken[first] >= window for first in range(len(taken) - most))
