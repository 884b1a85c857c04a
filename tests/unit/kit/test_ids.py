from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chargehand.kit.ids import PREFIXES, derive_id, id_kind, new_id, short_id

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@given(st.integers(min_value=1, max_value=10_000_000))
def test_later_ids_sort_later(milliseconds: int) -> None:
    earlier = new_id("evt", NOW)
    later = new_id("evt", NOW + timedelta(milliseconds=milliseconds))

    assert earlier < later


def test_derived_ids_are_stable_and_distinct() -> None:
    parent = new_id("dec", NOW)

    assert derive_id("act", parent, 0) == derive_id("act", parent, 0)
    assert derive_id("act", parent, 0) != derive_id("act", parent, 1)
    assert derive_id("act", parent, 0) != derive_id("apv", parent, 0)


def test_derived_id_sorts_beside_its_parent() -> None:
    parent = new_id("dec", NOW)
    later = new_id("act", NOW + timedelta(seconds=1))

    assert derive_id("act", parent, 7) < later


def test_every_prefix_tells_its_kind() -> None:
    kinds = {id_kind(new_id(prefix, NOW)) for prefix in PREFIXES}

    assert kinds == set(PREFIXES.values())


@given(st.text(max_size=60))
def test_foreign_text_is_no_id(text: str) -> None:
    kind = id_kind(text)

    assert kind is None or text.partition("_")[0] in PREFIXES


def test_short_id_can_be_typed() -> None:
    assert short_id(new_id("apv", NOW)).isalnum()
