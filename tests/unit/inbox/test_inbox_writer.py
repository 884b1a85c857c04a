import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, event, text

from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.ports import StoreStatus
from chargehand.storage.engines import open_engine, sqlite_url
from chargehand.storage.inbox.reader import InboxReader
from chargehand.storage.inbox.tables import inbox_metadata
from chargehand.storage.inbox.writer import InboxWriter, open_inbox_writer
from chargehand.storage.patience import PATIENCE_S
from tests.postgres import PostgresServer
from tests.unit.inbox.deliveries import NOW, new


@pytest.fixture
def writer(engine: Engine) -> Iterator[InboxWriter]:
    writer = open_inbox_writer(engine)
    yield writer
    writer.close()


def row_count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM inbox_deliveries")).scalar_one())


def test_a_stored_delivery_reads_back_as_it_was_proved(writer: InboxWriter, engine: Engine) -> None:
    body = bytes(range(256)) * 30
    fresh = new("kéy-1", body=body)

    writer.store([fresh])
    stored = InboxReader(engine).read(fresh[0])

    assert stored is not None
    assert stored.delivery == fresh[1]
    assert stored.id == fresh[0]


@pytest.mark.parametrize("count", [1, 64, 65, 512])
def test_a_batch_is_stored_whole_and_in_order(
    writer: InboxWriter, engine: Engine, count: int
) -> None:
    batch = [new(f"key-{number}") for number in range(count)]

    outcomes = writer.store(batch)

    assert [outcome.delivery_id for outcome in outcomes] == [id_ for id_, _ in batch]
    assert {outcome.status for outcome in outcomes} == {StoreStatus.STORED}
    claimed = InboxReader(engine).claim(count)
    assert [one.id for one in claimed] == [id_ for id_, _ in batch]


def test_threads_that_store_at_once_get_their_own_outcomes(
    writer: InboxWriter, engine: Engine
) -> None:
    parts = [[new(f"{part}-{number}") for number in range(8)] for part in range(200)]

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(writer.store, [*parts, *parts]))

    ids = [[id_ for id_, _ in part] for part in parts]
    assert [[one.delivery_id for one in part] for part in outcomes] == [*ids, *ids]
    assert row_count(engine) == 1600


def test_a_key_that_was_stored_before_names_the_first(writer: InboxWriter) -> None:
    first = new("a")
    writer.store([first])

    outcomes = writer.store([new("b"), new("a"), new("c")])

    assert [outcome.status for outcome in outcomes] == [
        StoreStatus.STORED,
        StoreStatus.DUPLICATE,
        StoreStatus.STORED,
    ]
    assert outcomes[1].delivery_id == first[0]


def test_a_hundred_copies_in_one_batch_become_one_row(writer: InboxWriter, engine: Engine) -> None:
    copies = [new("a") for _ in range(100)]

    outcomes = writer.store(copies)

    assert [outcome.status for outcome in outcomes].count(StoreStatus.STORED) == 1
    assert len({outcome.delivery_id for outcome in outcomes}) == 1
    assert row_count(engine) == 1


def test_the_same_key_of_another_connection_is_new(writer: InboxWriter) -> None:
    writer.store([new("a", connection="one")])

    outcomes = writer.store([new("a", connection="two")])

    assert outcomes[0].status is StoreStatus.STORED


def test_a_delivery_handed_in_again_after_a_failure_is_still_new(writer: InboxWriter) -> None:
    fresh = new("a")
    writer.store([fresh])

    outcomes = writer.store([fresh])

    assert outcomes[0].status is StoreStatus.STORED
    assert outcomes[0].delivery_id == fresh[0]


def test_an_empty_batch_shows_that_the_store_can_be_written(writer: InboxWriter) -> None:
    assert writer.store([]) == []


def test_a_key_with_quotes_and_brackets_is_found_again(writer: InboxWriter) -> None:
    first = new("""it's "[{}]", \\ ü""")
    writer.store([first])

    outcomes = writer.store([new("""it's "[{}]", \\ ü""")])

    assert outcomes[0].delivery_id == first[0]


def test_a_closed_writer_opens_again_at_the_next_batch(writer: InboxWriter) -> None:
    writer.store([new("a")])
    writer.close()
    writer.close()

    assert writer.store([new("b")])[0].status is StoreStatus.STORED


class LimitedFile:
    """An SQLite file whose connections may only grow it to a number of pages."""

    def __init__(self, path: Path) -> None:
        self.pages = 1_000_000
        self.engine = open_engine(sqlite_url(path))
        event.listen(self.engine, "connect", self._limit)
        inbox_metadata.create_all(self.engine)
        self.engine.dispose()

    def _limit(self, connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute(f"PRAGMA max_page_count={self.pages}")


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[LimitedFile]:
    limited = LimitedFile(tmp_path / "small.db")
    yield limited
    limited.engine.dispose()


@pytest.mark.parametrize("count", [3, 200])
def test_a_full_disk_stores_nothing_of_the_batch(limited: LimitedFile, count: int) -> None:
    limited.pages = 30
    writer = open_inbox_writer(limited.engine)
    batch = [new(f"key-{number}", body=b"x" * 50_000) for number in range(count)]

    with pytest.raises(InboxUnavailable) as refused:
        writer.store(batch)

    assert refused.value.reason == "database or disk is full"
    assert row_count(limited.engine) == 0
    writer.close()


def test_a_disk_with_room_again_takes_the_same_batch(limited: LimitedFile) -> None:
    limited.pages = 30
    writer = open_inbox_writer(limited.engine)
    batch = [new(f"key-{number}", body=b"x" * 50_000) for number in range(5)]
    with pytest.raises(InboxUnavailable):
        writer.store(batch)

    limited.pages = 1_000_000
    outcomes = writer.store(batch)

    assert {outcome.status for outcome in outcomes} == {StoreStatus.STORED}
    writer.close()


def test_a_file_that_can_not_be_opened_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "no such folder" / "inbox.db"))

    with pytest.raises(InboxUnavailable) as refused:
        open_inbox_writer(engine).store([])

    assert "unable to open" in refused.value.reason
    engine.dispose()


def test_a_file_that_may_only_be_read_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    engine = open_engine(sqlite_url(path))
    inbox_metadata.create_all(engine)
    event.listen(engine, "connect", lambda one, _: one.execute("PRAGMA query_only=ON"))
    engine.dispose()

    with pytest.raises(InboxUnavailable) as refused:
        open_inbox_writer(engine).store([new("a")])

    assert "readonly" in refused.value.reason
    engine.dispose()


def test_a_locked_file_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    engine = open_engine(sqlite_url(path))
    engine.update_execution_options(**{PATIENCE_S: 0.01})
    inbox_metadata.create_all(engine)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(InboxUnavailable) as refused:
        open_inbox_writer(engine).store([new("a")])

    assert "locked" in refused.value.reason
    other.close()
    engine.dispose()


def test_a_missing_table_is_a_fault_and_not_an_outage(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "empty.db"))

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        open_inbox_writer(engine).store([new("a")])

    engine.dispose()


@pytest.mark.postgres
def test_a_server_that_cut_the_connection_is_unavailable_once(
    postgres_server: PostgresServer,
) -> None:
    engine = open_engine(postgres_server.create())
    inbox_metadata.create_all(engine)
    writer = open_inbox_writer(engine)
    writer.store([new("a")])
    with engine.connect() as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )

    with pytest.raises(InboxUnavailable):
        writer.store([new("b")])

    assert writer.store([new("b")])[0].status is StoreStatus.STORED
    writer.close()
    engine.dispose()


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_unavailable() -> None:
    engine = open_engine(URL.create("postgresql+psycopg", host="127.0.0.1", port=1, database="x"))

    with pytest.raises(InboxUnavailable):
        open_inbox_writer(engine).store([])

    engine.dispose()


def test_ids_sort_by_time_of_arrival(writer: InboxWriter, engine: Engine) -> None:
    batch = [new(str(number), at=NOW.replace(second=number)) for number in range(5)]

    writer.store(batch)

    ids = [one.id for one in InboxReader(engine).claim(5)]
    assert ids == sorted(ids)
