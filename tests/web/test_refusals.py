"""What a sender is told when the inbox, or the sender, has done too much."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.group_commit import InboxState
from chargehand.inbox.ports import StoreOutcome
from chargehand.inbox.writer import InboxLimits
from tests.web.fronts import COMMENT, PATH, PEER, Front, headers, serving

pytestmark = pytest.mark.anyio
DEADLINE_S = 60.0
LARGE = b"x" * 200_000


class Returns:
    """A watcher that waits for the store to come back."""

    def __init__(self) -> None:
        self.returned = asyncio.Event()
        self.deaths: list[BaseException] = []

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        pass

    def went_away(self, error: InboxUnavailable) -> None:
        pass

    def came_back(self) -> None:
        self.returned.set()

    def died(self, error: BaseException) -> None:
        self.deaths.append(error)


async def post(client: httpx.AsyncClient, key: str, body: bytes = COMMENT) -> httpx.Response:
    return await client.post(PATH, content=body, headers=headers(body, key=key))


async def test_a_full_queue_answers_503_and_when_to_come_back(tmp_path: Path) -> None:
    front = Front(tmp_path, limits=InboxLimits(waiting_deliveries=3))
    async with serving(front) as client:
        answers = await asyncio.gather(*(post(client, f"wh-{number}") for number in range(40)))

    refused = [answer for answer in answers if answer.status_code == 503]
    stored = [answer for answer in answers if answer.status_code == 202]
    assert len(refused) + len(stored) == 40
    assert refused
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert {answer.json()["code"] for answer in refused} == {"inbox_full"}
    assert {one.id for one in front.reader.claim(100)} == {a.json()["delivery"] for a in stored}
    front.close()


async def test_a_full_disk_answers_503_until_there_is_room(front: Front) -> None:
    returns = Returns()
    front.inbox.watch(returns)
    front.max_pages = 40
    async with serving(front) as client:
        refused = await post(client, "wh-1", LARGE)
        refused_again = await post(client, "wh-2")

        front.max_pages = 1_000_000
        async with asyncio.timeout(DEADLINE_S):
            await returns.returned.wait()
        stored = await post(client, "wh-2")

    assert [refused.status_code, refused_again.status_code] == [503, 503]
    assert refused.headers["retry-after"] == "5"
    assert refused.json()["code"] == "inbox_unavailable"
    assert "disk" not in refused.text
    assert stored.status_code == 202


async def test_a_delivery_refused_by_a_full_disk_is_stored_once_when_sent_again(
    front: Front,
) -> None:
    returns = Returns()
    front.inbox.watch(returns)
    front.max_pages = 40
    async with serving(front) as client:
        await post(client, "wh-1", LARGE)
        front.max_pages = 1_000_000
        async with asyncio.timeout(DEADLINE_S):
            await returns.returned.wait()

        answer = await post(client, "wh-1", LARGE)

    assert answer.status_code in (200, 202)
    assert front.bodies_stored() == [LARGE]


async def test_an_unready_disk_shows_in_ready_and_not_in_health(front: Front) -> None:
    front.max_pages = 40
    async with serving(front) as client:
        await post(client, "wh-1", LARGE)

        ready, health = await client.get("/ready"), await client.get("/health")

    assert ready.status_code == 503
    assert ready.json()["checks"]["inbox"] == {
        "ok": False,
        "found": "unavailable: database or disk is full",
    }
    assert health.status_code == 200


async def test_a_file_that_may_not_be_written_answers_503(front: Front) -> None:
    front.is_read_only = True
    async with serving(front) as client:
        answer = await post(client, "wh-1")

    assert answer.status_code == 503
    assert answer.json()["code"] == "inbox_unavailable"


async def test_a_dead_writer_answers_503_and_rings(front: Front) -> None:
    returns = Returns()
    front.inbox.watch(returns)
    async with serving(front) as client:
        await post(client, "wh-1")
        breaker = sqlite3.connect(front.path, isolation_level=None)
        breaker.execute("DROP TABLE inbox_deliveries")
        breaker.close()

        answers = [await post(client, "wh-2"), await post(client, "wh-3")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert len(returns.deaths) == 1
    assert front.inbox.health(front.clock.now()).state is InboxState.DEAD


async def wrong(client: httpx.AsyncClient, **sent: str) -> httpx.Response:
    return await client.post(PATH, content=COMMENT, headers={"x-hub-signature": "?", **sent})


async def test_too_many_failures_from_one_address_answer_429(tmp_path: Path) -> None:
    front = Front(tmp_path, failures=3)
    async with serving(front) as client:
        answers = [await wrong(client) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 429, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert answers[-1].json()["code"] == "too_many_failures"
    front.close()


async def test_a_correct_signature_is_never_limited(tmp_path: Path) -> None:
    front = Front(tmp_path, failures=3)
    async with serving(front) as client:
        for _ in range(5):
            await wrong(client)

        answer = await post(client, "wh-1")

    assert answer.status_code == 202
    front.close()


async def test_failures_are_forgiven_after_a_minute(tmp_path: Path) -> None:
    front = Front(tmp_path, failures=3)
    async with serving(front) as client:
        for _ in range(5):
            await wrong(client)
        front.clock.advance(61)

        answer = await wrong(client)

    assert answer.status_code == 400
    front.close()


async def test_a_forwarded_address_is_not_believed_from_anybody(tmp_path: Path) -> None:
    front = Front(tmp_path, failures=3)
    async with serving(front) as client:
        answers = [
            await wrong(client, **{"x-forwarded-for": f"198.51.100.{number}"})
            for number in range(5)
        ]

    assert answers[-1].status_code == 429
    front.close()


async def test_a_forwarded_address_is_believed_from_a_trusted_proxy(tmp_path: Path) -> None:
    front = Front(tmp_path, failures=3, trusted_proxies=(f"{PEER}/32",))
    async with serving(front) as client:
        answers = [
            await wrong(client, **{"x-forwarded-for": f"198.51.100.{number}"})
            for number in range(5)
        ]

    assert {answer.status_code for answer in answers} == {400}
    front.close()


async def test_a_sender_can_not_invent_addresses_through_a_trusted_proxy(tmp_path: Path) -> None:
    front = Front(tmp_path, failures=3, trusted_proxies=(f"{PEER}/32",))
    async with serving(front) as client:
        answers = [
            await wrong(client, **{"x-forwarded-for": f"10.0.0.{number}, 198.51.100.9"})
            for number in range(5)
        ]

    assert answers[-1].status_code == 429
    front.close()
