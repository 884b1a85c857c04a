import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from chargehand.inbox.errors import InboxFull, InboxUnavailable
from chargehand.inbox.group_commit import GroupCommit, InboxState
from chargehand.inbox.ports import StoreStatus
from chargehand.inbox.writer import InboxLimits
from chargehand.testing.clock import FakeClock
from tests.unit.inbox.deliveries import DEADLINE_S, NOW, FakeStore, Witness, delivery

pytestmark = pytest.mark.anyio

LIMITS = InboxLimits(
    waiting_deliveries=20,
    waiting_bytes=1_000,
    batch_deliveries=8,
    batch_bytes=400,
    heartbeat_s=DEADLINE_S,
    retry_s=0.001,
)


class Bench:
    """One started inbox with its store and its witness."""

    def __init__(self, limits: InboxLimits = LIMITS) -> None:
        self.store = FakeStore()
        self.witness = Witness()
        self.clock = FakeClock(NOW)
        self.inbox = GroupCommit(self.store, clock=self.clock, limits=limits)
        self.inbox.watch(self.witness)
        self.requests: list[asyncio.Task[object]] = []

    def send(self, *keys: str, body: bytes = b"{}") -> None:
        self.requests += [
            asyncio.create_task(self.inbox.put(delivery(key, body=body))) for key in keys
        ]

    async def hold(self, *keys: str) -> None:
        """Keep the writer inside a commit of the first key, and queue the others behind it."""
        self.store.may_commit.clear()
        self.send(keys[0])
        assert await asyncio.to_thread(self.store.is_committing.wait, DEADLINE_S)
        self.send(*keys[1:])
        await asyncio.sleep(0)

    def release(self) -> None:
        self.store.may_commit.set()

    async def answers(self) -> list[object]:
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.gather(*self.requests, return_exceptions=True)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    bench.inbox.start()
    yield bench
    bench.release()
    await bench.inbox.stop()
    await bench.answers()


def writers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "chargehand-inbox"]


async def test_a_new_delivery_is_stored_under_an_id_of_its_own(bench: Bench) -> None:
    outcome = await bench.inbox.put(delivery("a"))

    assert outcome.status is StoreStatus.STORED
    assert outcome.delivery_id.startswith("dlv_")
    assert bench.store.first == {"a": outcome.delivery_id}


async def test_a_repeated_delivery_names_the_first(bench: Bench) -> None:
    first = await bench.inbox.put(delivery("a"))

    again = await bench.inbox.put(delivery("a"))

    assert again.status is StoreStatus.DUPLICATE
    assert again.delivery_id == first.delivery_id


async def test_nothing_is_answered_before_its_commit(bench: Bench) -> None:
    await bench.hold("a", "b")

    assert not any(request.done() for request in bench.requests)

    bench.release()
    assert len(await bench.answers()) == 2


async def test_everything_queued_during_a_commit_goes_into_the_next(bench: Bench) -> None:
    await bench.hold("a", "b", "c", "d")

    bench.release()
    await bench.answers()

    assert bench.store.batches == [[], ["a"], ["b", "c", "d"]]


async def test_a_transaction_holds_no_more_deliveries_than_allowed(bench: Bench) -> None:
    await bench.hold("a", *(str(number) for number in range(10)))

    bench.release()
    await bench.answers()

    assert [len(batch) for batch in bench.store.batches] == [0, 1, 8, 2]


async def test_a_transaction_stops_growing_at_its_byte_limit(bench: Bench) -> None:
    await bench.hold("a")
    bench.send("b", "c", "d", body=b"x" * 300)
    await asyncio.sleep(0)

    bench.release()
    await bench.answers()

    assert bench.store.batches == [[], ["a"], ["b", "c"], ["d"]]


async def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(bench: Bench) -> None:
    await bench.hold("a", *(str(number) for number in range(19)))

    with pytest.raises(InboxFull) as refused:
        await bench.inbox.put(delivery("one too many"))

    assert refused.value.retry_after_s == 1
    assert refused.value.fields["waiting"] == 20


async def test_a_queue_is_full_by_bytes_as_well(bench: Bench) -> None:
    await bench.hold("a")
    bench.send("b", body=b"x" * 900)
    await asyncio.sleep(0)

    with pytest.raises(InboxFull):
        await bench.inbox.put(delivery("c", body=b"x" * 100))


async def test_a_queue_that_was_full_takes_deliveries_again(bench: Bench) -> None:
    await bench.hold("a", *(str(number) for number in range(19)))
    bench.release()
    await bench.answers()

    outcome = await bench.inbox.put(delivery("b"))

    assert outcome.status is StoreStatus.STORED
    assert bench.inbox.health(NOW).waiting == 0
    assert bench.inbox.health(NOW).waiting_bytes == 0


async def test_a_request_that_gives_up_leaves_its_delivery_stored(bench: Bench) -> None:
    await bench.hold("a", "b")

    bench.requests[1].cancel()
    bench.release()
    await bench.answers()
    outcome = await bench.inbox.put(delivery("b"))

    assert outcome.status is StoreStatus.DUPLICATE
    assert bench.inbox.health(NOW).waiting == 0


def store_is_full() -> None:
    raise InboxUnavailable(reason="database or disk is full", retry_after_s=5)


async def test_a_full_disk_fails_those_who_wait(bench: Bench) -> None:
    await bench.hold("a", "b", "c")

    bench.store.failure = store_is_full
    bench.release()
    answers = await bench.answers()

    assert [type(answer) for answer in answers] == [InboxUnavailable] * 3
    assert bench.inbox.health(NOW).state is InboxState.UNAVAILABLE
    assert bench.inbox.health(NOW).reason == "database or disk is full"


async def test_a_lost_store_is_told_once_and_its_return_once(bench: Bench) -> None:
    bench.store.failure = store_is_full
    bench.send("a", "b")
    await bench.answers()

    bench.store.failure = None
    async with asyncio.timeout(DEADLINE_S):
        await bench.witness.returned.wait()

    assert len(bench.witness.lost) == 1
    assert bench.inbox.health(NOW).state is InboxState.RUNNING


async def test_a_delivery_sent_again_after_an_outage_is_kept_once(bench: Bench) -> None:
    bench.store.failure = store_is_full
    bench.send("a")
    await bench.answers()
    bench.store.failure = None
    async with asyncio.timeout(DEADLINE_S):
        await bench.witness.returned.wait()

    outcome = await bench.inbox.put(delivery("a"))

    assert outcome.delivery_id == bench.store.first["a"]


async def test_a_lost_store_refuses_without_queueing(bench: Bench) -> None:
    bench.store.failure = store_is_full
    bench.send("a")
    await bench.answers()

    with pytest.raises(InboxUnavailable) as refused:
        await bench.inbox.put(delivery("b"))

    assert refused.value.retry_after_s == 5
    assert "b" not in bench.store.first


def writer_breaks() -> None:
    raise RuntimeError("no such table")


async def test_a_dead_writer_fails_those_who_wait_and_rings(bench: Bench) -> None:
    await bench.hold("a", "b", "c")

    bench.store.failure = writer_breaks
    bench.release()
    answers = await bench.answers()

    assert [type(answer) for answer in answers] == [InboxUnavailable] * 3
    assert [str(death) for death in bench.witness.deaths] == ["no such table"]
    assert bench.inbox.health(NOW).state is InboxState.DEAD


async def test_a_dead_inbox_takes_nothing_and_still_stops(bench: Bench) -> None:
    bench.store.failure = writer_breaks
    bench.send("a")
    await bench.answers()

    with pytest.raises(InboxUnavailable):
        await bench.inbox.put(delivery("b"))

    assert await bench.inbox.stop()
    assert writers() == []


async def test_stopping_writes_what_waits_first(bench: Bench) -> None:
    await bench.hold("a", "b", "c")

    stops = [asyncio.create_task(bench.inbox.stop()) for _ in range(3)]
    bench.release()
    answers = await bench.answers()

    assert await asyncio.gather(*stops) == [True, True, True]
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    assert set(bench.store.first) == {"a", "b", "c"}
    assert writers() == []


async def test_stopping_gives_up_on_a_store_that_hangs(bench: Bench) -> None:
    await bench.hold("a", "b")

    has_ended = await bench.inbox.stop(timeout_s=0.01)

    assert not has_ended
    assert [type(answer) for answer in await bench.answers()] == [InboxUnavailable] * 2


async def test_stopping_during_an_outage_ends_the_writer(bench: Bench) -> None:
    bench.store.failure = store_is_full
    bench.send("a")
    await bench.answers()

    assert await bench.inbox.stop()
    assert writers() == []


async def test_an_inbox_that_was_not_started_refuses_and_stops() -> None:
    bench = Bench()

    with pytest.raises(InboxUnavailable):
        await bench.inbox.put(delivery("a"))

    assert await bench.inbox.stop()


async def test_a_stopped_inbox_refuses(bench: Bench) -> None:
    await bench.inbox.stop()

    with pytest.raises(InboxUnavailable):
        await bench.inbox.put(delivery("a"))


async def test_an_idle_inbox_keeps_proving_that_it_can_write() -> None:
    bench = Bench(InboxLimits(heartbeat_s=0.001))
    bench.inbox.start()

    async with asyncio.timeout(DEADLINE_S):
        for _ in range(3):
            bench.witness.beat.clear()
            await bench.witness.beat.wait()

    bench.clock.advance(7)
    age_s = bench.inbox.health(bench.clock.now()).commit_age_s
    assert age_s is not None
    assert age_s <= 7
    await bench.inbox.stop()


def once(failure: Callable[[], None]) -> Callable[[], None]:
    failures = iter([failure])

    def fail() -> None:
        for one in failures:
            one()

    return fail


async def test_a_store_that_fails_at_the_start_is_known_before_the_first_request() -> None:
    bench = Bench()
    bench.store.failure = once(store_is_full)

    bench.inbox.start()
    async with asyncio.timeout(DEADLINE_S):
        await bench.witness.returned.wait()

    assert len(bench.witness.lost) == 1
    assert bench.store.batches == [[]]
    await bench.inbox.stop()
