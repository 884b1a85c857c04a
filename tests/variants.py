"""Which variants of a test run on PostgreSQL too.

Every variant runs on SQLite. What a variant changes is mostly what is said, or what a vendor
answers, and not what is asked of the database: so PostgreSQL gets the first variant of each test,
and every variant where the statements differ, which such a test says itself by `every_variant`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

_THINNED = frozenset({"acceptance", "web"})


def add_option(parser: pytest.Parser) -> None:
    """Let a run ask for all of them."""
    parser.addoption(
        "--every-variant",
        action="store_true",
        help="run every variant of a test on PostgreSQL, not only the first",
    )


def leave_out_needless(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the further variants on PostgreSQL, unless the run asks for all."""
    if config.getoption("every_variant"):
        return
    tests = Path(__file__).parent
    needless = list(_needless(item for item in items if _room_of(item, tests) in _THINNED))
    if needless:
        config.hook.pytest_deselected(items=needless)
        left_out = set(needless)
        items[:] = [item for item in items if item not in left_out]


def _needless(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    seen: set[str] = set()
    for item in items:
        if item.get_closest_marker("postgres") is None:
            continue
        test, _, _ = item.nodeid.partition("[")
        if test in seen and item.get_closest_marker("every_variant") is None:
            yield item
        seen.add(test)


def _room_of(item: pytest.Item, tests: Path) -> str:
    return item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""
