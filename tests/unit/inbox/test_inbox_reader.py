import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import URL, Engine

from chargehand.domain.delivery import Lane
from chargehand.domain.ids import DeliveryId
from chargehand.inbox.ports import InboxCounts, StoreStatus
from chargehand.storage.inbox.reader import InboxReader
from chargehand.storage.inbox.writer import InboxWriter, open_inbox_writer
from tests.unit.inbox.deliveries import NOW, new

LATER = NOW + timedelta(seconds=5)
UNKNOWN = DeliveryId("dlv_unknown")


@pytest.fixture
def writer(engine: Engine) -> Iterator[InboxWriter]:
    writer = open_inbox_writer(engine)
    yield writer
    writer.close()


@pytest.fixture
def reader(engine: Engine) -> Iterator[InboxReader]:
    reader = InboxReader(engine)
    yield reader
    reader.close()


@pytest.fixture
def store(writer: InboxWriter) -> Callable[..., DeliveryId]:
    """Stores one delivery and tells its id."""

    def store(key: str, **fields: object) -> DeliveryId:
        return writer.store([new(key, **fields)])[0].delivery_id  # type: ignore[arg-type]

    return store


Store = Callable[..., DeliveryId]


def keys(reader: InboxReader, limit: int = 100, **limits: int) -> list[str]:
    return [one.delivery.delivery_key for one in reader.claim(limit, **limits)]


def test_interactive_deliveries_come_before_bulk_and_old_before_new(
    store: Store, reader: InboxReader
) -> None:
    for key, lane in [("b1", "bulk"), ("i1", "interactive"), ("b2", "bulk"), ("i2", "interactive")]:
        store(key, lane=Lane(lane))

    assert keys(reader) == ["i1", "i2", "b1", "b2"]


def test_claiming_is_limited_over_both_lanes(store: Store, reader: InboxReader) -> None:
    for key, lane in [("b1", "bulk"), ("i1", "interactive"), ("b2", "bulk"), ("i2", "interactive")]:
        store(key, lane=Lane(lane))

    assert keys(reader, 3) == ["i1", "i2", "b1"]


def test_claiming_changes_nothing(store: Store, reader: InboxReader) -> None:
    store("a")

    assert keys(reader) == keys(reader) == ["a"]


def test_claiming_stops_at_its_byte_limit(store: Store, reader: InboxReader) -> None:
    for key in "abc":
        store(key, body=b"x" * 400)

    assert keys(reader, max_bytes=800) == ["a", "b"]


def test_a_delivery_larger_than_the_byte_limit_is_claimed_alone(
    store: Store, reader: InboxReader
) -> None:
    store("large", body=b"x" * 900)
    store("small")

    assert keys(reader, max_bytes=800) == ["large"]


def test_an_empty_inbox_gives_nothing(reader: InboxReader) -> None:
    assert keys(reader) == []
    assert reader.counts() == InboxCounts(interactive=0, bulk=0, dispatched=0, dead=0)


def test_what_is_dispatched_is_not_claimed_again(store: Store, reader: InboxReader) -> None:
    first, _ = store("a"), store("b")

    assert reader.mark_dispatched([first], now=LATER) == 1

    assert keys(reader) == ["b"]


def test_marking_twice_closes_once(store: Store, reader: InboxReader) -> None:
    ids = [store("a"), store("b")]
    reader.mark_dispatched(ids[:1], now=LATER)

    assert reader.mark_dispatched(ids, now=LATER) == 1
    assert reader.mark_dispatched(ids, now=LATER) == 0
    assert reader.mark_dispatched([], now=LATER) == 0


def test_a_delivery_given_up_is_not_claimed_and_stays_readable(
    store: Store, reader: InboxReader
) -> None:
    delivery_id = store("a")

    assert reader.mark_dead(delivery_id, "parser fault", now=LATER)

    assert keys(reader) == []
    assert reader.read(delivery_id) is not None


def test_a_dispatched_delivery_can_not_be_given_up(store: Store, reader: InboxReader) -> None:
    delivery_id = store("a")
    reader.mark_dispatched([delivery_id], now=LATER)

    assert not reader.mark_dead(delivery_id, "late", now=LATER)


def test_failures_are_counted_and_the_delivery_stays_open(
    store: Store, reader: InboxReader
) -> None:
    delivery_id = store("a")

    attempts = [reader.record_failure(delivery_id, "main.db is locked") for _ in range(3)]

    assert attempts == [1, 2, 3]
    assert keys(reader) == ["a"]
    assert reader.record_failure(UNKNOWN, "nobody") == 0


def test_an_unknown_delivery_reads_as_none(reader: InboxReader) -> None:
    assert reader.read(UNKNOWN) is None


def test_counts_tell_lanes_and_ends_apart(store: Store, reader: InboxReader) -> None:
    store("i", lane=Lane.INTERACTIVE)
    store("b1")
    store("b2")
    reader.mark_dispatched([store("done")], now=LATER)
    reader.mark_dead(store("dead"), "fault", now=LATER)

    assert reader.counts() == InboxCounts(interactive=1, bulk=2, dispatched=1, dead=1)


def test_counts_end_at_their_bounds(store: Store, reader: InboxReader) -> None:
    for number in range(4):
        store(f"i{number}", lane=Lane.INTERACTIVE)
        store(f"b{number}")
        reader.mark_dispatched([store(f"done{number}")], now=LATER)
        reader.mark_dead(store(f"dead{number}"), "fault", now=LATER)

    bounded = reader.counts(most_waiting=3, most_closed=2)

    assert bounded == InboxCounts(interactive=3, bulk=3, dispatched=2, dead=2)


def test_the_data_version_stands_still_until_something_is_stored(
    store: Store, reader: InboxReader
) -> None:
    store("a")
    before = reader.data_version()

    assert reader.data_version() == before
    store("b")
    assert reader.data_version() != before


def test_pruning_takes_old_closed_deliveries_only(store: Store, reader: InboxReader) -> None:
    old = NOW - timedelta(days=40)
    for key in ("old 1", "old 2", "old dead"):
        store(key, at=old)
    still_open = store("old open", at=old)
    fresh = store("fresh")
    by_key = {one.delivery.delivery_key: one.id for one in reader.claim(10)}
    reader.mark_dispatched([by_key["old 1"], by_key["old 2"], fresh], now=NOW)
    reader.mark_dead(by_key["old dead"], "fault", now=NOW)

    pruned = reader.prune(NOW - timedelta(days=30), limit=100)

    assert pruned == 3
    assert reader.read(still_open) is not None
    assert reader.read(fresh) is not None


def test_pruning_goes_in_small_steps_oldest_first(store: Store, reader: InboxReader) -> None:
    old = NOW - timedelta(days=40)
    ids = [store(str(number), at=old + timedelta(hours=number)) for number in range(5)]
    reader.mark_dispatched(ids, now=NOW)

    assert reader.prune(NOW, limit=2) == 2

    assert [reader.read(one) is None for one in ids] == [True, True, False, False, False]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pruning_leaves_no_commit_of_others_to_write_it_down(
    store: Store, reader: InboxReader, database_url: URL
) -> None:
    reader.mark_dispatched([store("a", at=NOW - timedelta(days=40))], now=NOW)

    reader.prune(NOW, limit=10)

    # Opened so, SQLite reads the file alone and nothing of the log beside it.
    file = sqlite3.connect(f"file:{database_url.database}?immutable=1", uri=True)
    assert file.execute("SELECT count(*) FROM inbox_deliveries").fetchall() == [(0,)]
    file.close()


def test_a_pruned_key_may_be_stored_again(
    store: Store, reader: InboxReader, writer: InboxWriter
) -> None:
    reader.mark_dispatched([store("a", at=NOW - timedelta(days=40))], now=NOW)
    reader.prune(NOW, limit=10)

    assert writer.store([new("a")])[0].status is StoreStatus.STORED
