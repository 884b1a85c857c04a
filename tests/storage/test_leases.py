"""Leases, duties and the turn to write, on a real PostgreSQL."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chargehand.bootstrap.leases import this_process
from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.ids import ProcessId
from chargehand.domain.process import ProcessRecord, ProcessRole, ProcessState
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.errors import LeaseLost, StoreUnavailable
from chargehand.storage.leases import Lease
from chargehand.storage.locks import DatabaseLock
from chargehand.storage.transaction import Writing
from chargehand.testing.clock import FakeClock
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
_DEADLINE_S = 30.0


@pytest.fixture
def stores(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Stores]:
    database = postgres_server.create()
    url = database.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = Settings(storage={"data_dir": tmp_path / "data", "database_url": url})
    migrate_stores(settings, clock=FakeClock(NOW))
    opened = open_stores(settings)
    yield opened
    opened.close()
    postgres_server.drop(database)


@pytest.fixture
def lease(stores: Stores) -> Iterator[Lease]:
    with closing(Lease(stores.database.url)) as lease:
        yield lease


@pytest.fixture
def other(stores: Stores) -> Iterator[Lease]:
    with closing(Lease(stores.database.url)) as lease:
        yield lease


def process(name: str) -> ProcessRecord:
    new = this_process(ProcessRole.WORKER, clock=FakeClock(NOW))
    return replace(new, id=ProcessId(f"prc_{name}"))


def tell(tx: Writing, words: str) -> None:
    tell_operator(tx, "test", subject_id=words, text=words, now=NOW)


def told(stores: Stores) -> list[str]:
    page = stores.database.read(lambda tx: tx.notices.page())
    return sorted(one.text for one in page.items)


def test_lease_and_duties_go_with_the_connection_that_is_cut(lease: Lease, other: Lease) -> None:
    lease.open(process("one"), predecessor=None)
    other.open(process("two"), predecessor=None)
    lease.take_duty("poll")
    while_held = (other.is_free(ProcessId("prc_one")), other.take_duty("poll"))

    other.cut(ProcessId("prc_one"))

    for _ in range(2):
        # Not even a second time: a connection that came back would hold nothing.
        with pytest.raises(StoreUnavailable):
            lease.beat(now=NOW)
    assert while_held == (False, False)
    assert other.is_free(ProcessId("prc_one"))
    assert other.take_duty("poll")


def test_wish_for_a_duty_is_seen_by_others_until_it_is_dropped_or_cut(
    lease: Lease, other: Lease
) -> None:
    lease.open(process("one"), predecessor=None)
    other.open(process("two"), predecessor=None)
    before = lease.is_wished_for("poll")

    wished = (other.wish_for("poll"), lease.is_wished_for("poll"), lease.is_wished_for("watch"))
    is_second = lease.wish_for("poll")
    other.drop_wish("poll")
    after = lease.is_wished_for("poll")
    other.wish_for("poll")
    lease.cut(ProcessId("prc_two"))

    assert (before, wished, is_second, after) == (False, (True, True, False), False, False)
    assert not lease.is_wished_for("poll")


def test_worker_that_was_taken_over_may_not_write_nor_beat(
    stores: Stores, lease: Lease, other: Lease
) -> None:
    lease.open(process("one"), predecessor=None)
    other.open(process("two"), predecessor=ProcessId("prc_one"))
    stores.database.write(lambda tx: tell(tx, "before it holds anything"))
    stores.database.write_only_as(ProcessId("prc_one"))

    with pytest.raises(LeaseLost, match="others have taken its work over"):
        stores.database.write(lambda tx: tell(tx, "too late"))
    with pytest.raises(LeaseLost, match="not heard of"):
        lease.beat(now=NOW)

    states = {one.id: one.state for one in other.look()}
    assert told(stores) == ["before it holds anything"]
    assert states == {"prc_one": ProcessState.TAKEN_OVER, "prc_two": ProcessState.STARTING}


def test_workers_share_a_database_that_a_restore_wants_for_itself(
    stores: Stores, lease: Lease, other: Lease
) -> None:
    restoring = DatabaseLock(stores.database.engine)
    assert restoring.take()
    while_restored = lease.open(process("one"), predecessor=None)
    restoring.release()

    shared = [
        one.open(process(name), predecessor=None)
        for one, name in ((lease, "two"), (other, "three"))
    ]

    assert while_restored is False
    assert shared == [True, True]
    assert not restoring.take()


def test_whoever_writes_sees_what_the_last_writer_left(stores: Stores) -> None:
    """Two processes that look and then write do not both find the place empty."""
    second = open_stores(Settings(storage=_storage_of(stores)))
    has_looked, may_go_on = threading.Event(), threading.Event()
    seen: list[bool] = []

    def first(tx: Writing) -> None:
        assert not tx.notices.page().items
        has_looked.set()
        may_go_on.wait(_DEADLINE_S)
        tell(tx, "mine")

    def next_one(tx: Writing) -> None:
        seen.append(bool(tx.notices.page().items))

    writing = threading.Thread(target=stores.database.write, args=(first,))
    waiting = threading.Thread(target=second.database.write, args=(next_one,))
    writing.start()
    assert has_looked.wait(_DEADLINE_S)
    waiting.start()
    waiting.join(0.3)
    is_waiting = waiting.is_alive()
    may_go_on.set()
    for thread in (writing, waiting):
        thread.join(_DEADLINE_S)
    second.close()

    assert is_waiting
    assert seen == [True]


def _storage_of(stores: Stores) -> dict[str, object]:
    url = stores.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {"data_dir": stores.checkpoint.path.parent, "database_url": url}
