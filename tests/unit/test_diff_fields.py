"""The diff in an action's base is read strictly, told whole, and bounded."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chargehand.domain.diff import MOST_FILES, Diff, bounded_paths, carried_diff, with_diff
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.plugins.diff_fields import diff_lines, read_diff, why_outdated
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

NOW = datetime(2026, 11, 27, tzinfo=UTC)
DIFF = Diff("c" * 40, "main", 7, 2, ("docs/a.md", "src/b.py"))


def test_what_is_carried_is_what_was_read() -> None:
    base = with_diff({"comment_id": "1"}, Fact(DIFF, "", NOW))

    assert carried_diff(base) == read_diff(base) == DIFF
    assert base["comment_id"] == "1"


@pytest.mark.parametrize("reason", UnknownReason)
def test_why_it_is_not_known_is_said(reason: UnknownReason) -> None:
    base = with_diff({}, Unknown(reason))

    assert carried_diff(base) is read_diff(base) is None
    (line,) = diff_lines(base)
    assert line.startswith("changes: not known, because ")
    assert "did not tell" not in line


@pytest.mark.parametrize(
    ("diff", "refused"),
    [
        ("words", ParamInvalid),
        ({"head": ""}, ParamInvalid),
        ({"lines": 1}, ParamInvalid),
        ({"head": "c", "other": 1}, ParamUnknown),
        ({"unknown": "x", "head": "c"}, ParamUnknown),
    ],
)
def test_any_other_diff_is_refused(diff: Any, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        read_diff({"diff": diff})


def test_paths_are_bounded_by_their_number_and_letters() -> None:
    most = [f"{number}" for number in range(2 * MOST_FILES)]

    assert bounded_paths(["b", "a", "b"]) == ("a", "b")
    assert bounded_paths(most) is not None
    assert bounded_paths([*most, "x"]) is None
    assert bounded_paths(["x" * 64_001]) is None
    assert bounded_paths(["docs/\ud800"]) is None


def test_hidden_letters_of_a_path_are_shown() -> None:
    told = diff_lines(with_diff({}, Fact(Diff("c", "main", 1, 1, ("docs/\u202ea",)), "", NOW)))

    assert "\u202e" not in "".join(told)


@pytest.mark.parametrize(
    ("head", "target", "outdated"),
    [
        ("c" * 40, "main", False),
        ("c" * 12, "main", False),
        ("c" * 39 + "d", "main", True),
        ("", "main", True),
        ("c" * 40, "release", True),
    ],
)
def test_another_commit_or_target_is_another_diff(head: str, target: str, outdated: object) -> None:
    assert bool(why_outdated(DIFF, head=head, target=target)) is outdated
    assert not why_outdated(None, head=head, target=target)
