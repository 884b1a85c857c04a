"""Injected failures, the record of requests, and the fake's clock."""

import httpx
import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import FakeJira
from chargehand.testing.jira.failures import FailureUnusable

pytestmark = pytest.mark.anyio

THREAD = "/rest/api/3/issue/PAY-7/comment"
BODY = {
    "body": {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}],
    }
}


@pytest.fixture
def client(fake: FakeJira) -> httpx.AsyncClient:
    return fake.client(fake.person("Chargehand"))


def thread_length(fake: FakeJira) -> int:
    return len(fake.state.threads["PAY-7"])


async def test_status_is_answered_without_effect(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.inject(method="POST", path=THREAD, status=429, retry_after=7)

    failed = await client.post(THREAD, json=BODY)
    then = await client.post(THREAD, json=BODY)

    assert (failed.status_code, failed.headers["retry-after"]) == (429, "7")
    assert set(failed.json()) == {"errorMessages", "errors"}
    assert then.status_code == 201
    assert thread_length(fake) == 4
    assert [write.status for write in fake.writes()] == [429, 201]


@pytest.mark.parametrize(("cut", "stored"), [("before", 3), ("after", 4)])
async def test_cut_connection_looks_like_one(
    fake: FakeJira, client: httpx.AsyncClient, cut: str, stored: int
) -> None:
    fake.inject(method="POST", path=THREAD, cut=cut)  # type: ignore[arg-type]

    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(THREAD, json=BODY)

    assert thread_length(fake) == stored
    assert [write.status for write in fake.writes()] == [0]


async def test_delay_waits_and_then_answers_truly(clock: FakeClock) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    fake = FakeJira(clock=clock, sleep=wait)
    bot = fake.add_person("Bot", token="t")
    fake.inject(delay_s=100)
    async with fake.client(bot) as client:
        response = await client.get("/rest/api/3/myself")

    assert waited == [100]
    assert response.status_code == 200


async def test_rule_meets_only_matching_requests_and_ends(
    fake: FakeJira, client: httpx.AsyncClient
) -> None:
    fake.inject(method="GET", path=".*/comment", status=500, times=2)

    statuses = [
        (await client.get("/rest/api/3/myself")).status_code,
        (await client.get(THREAD)).status_code,
        (await client.get(THREAD)).status_code,
        (await client.get(THREAD)).status_code,
    ]

    assert statuses == [200, 500, 500, 200]
    assert fake.failures.pending() == ()


@pytest.mark.parametrize(
    "order",
    [{}, {"status": 500, "times": 0}, {"status": 500, "path": "("}, {"delay_s": -1.0}],
    ids=["nothing to do", "no times", "bad pattern", "negative delay"],
)
async def test_useless_failure_is_refused(fake: FakeJira, order: dict[str, object]) -> None:
    with pytest.raises(FailureUnusable):
        fake.inject(**order)  # type: ignore[arg-type]


async def test_reading_posts_are_no_writes(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await client.post("/rest/api/3/search/jql", json={"jql": "key = PAY-7"})
    await client.post("/rest/api/3/comment/list", json={"ids": [10_001]})
    await client.post("/rest/api/3/permissions/check", json={})
    await client.post(THREAD, json=BODY)

    assert len(fake.requests) == 4
    assert [write.path for write in fake.writes()] == [THREAD]


async def test_record_names_caller_time_and_query(
    fake: FakeJira, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    await client.get("/rest/api/3/issue/PAY-7", params={"fields": "summary"})

    [request] = fake.requests
    assert request.caller == fake.state.bot
    assert request.at == clock.now()
    assert request.query == "fields=summary"
    assert request.status == 200


async def test_moved_clock_dates_what_is_created(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.move_clock(3600)

    comment = (await client.post(THREAD, json=BODY)).json()
    info = (await client.get("/rest/api/3/serverInfo")).json()

    assert comment["created"] == "2026-11-18T11:00:00.000+0000"
    assert info["serverTime"] == "2026-11-18T11:00:00.000+0000"
