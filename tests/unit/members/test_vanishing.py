"""How many accounts may be gone at once before the connection itself is doubted."""

import pytest

from chargehand.members.vanishing import is_doubtful


@pytest.mark.parametrize(
    ("gone", "working", "is_proved", "expected"),
    [
        (0, 0, False, False),
        (0, 9, True, False),
        (1, 0, True, False),
        (1, 0, False, True),
        (2, 0, True, True),
        (2, 1, True, False),
        (2, 2, True, False),
        (3, 1, True, True),
        (3, 3, True, False),
        (4, 3, True, True),
        (9, 9, True, False),
        (10, 9, True, True),
    ],
)
def test_most_of_many_and_all_of_several_are_doubted(
    gone: int, working: int, *, is_proved: bool, expected: bool
) -> None:
    assert is_doubtful(gone=gone, working=working, is_proved=is_proved) is expected
