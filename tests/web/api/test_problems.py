"""Whatever goes wrong has one format, one meaning, and leaks nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import URL

from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.ports import InboxCounts
from chargehand.storage.database import Database
from chargehand.storage.inbox.reader import InboxReader
from tests.web.api.world import World

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}
BODIES = {
    "not JSON": (b"{mode", JSON, 422, "request_invalid"),
    "an array": (b"[]", JSON, 422, "request_invalid"),
    "a text": (b'"auto"', JSON, 422, "request_invalid"),
    "nothing": (b"", JSON, 422, "request_invalid"),
    "broken UTF-8": (b'{"mode": "\xff"}', JSON, 400, "bad_request"),
    "half a surrogate": (b'{"mode": "auto", "project": "\\ud800"}', JSON, 422, "request_invalid"),
    "half a surrogate as a name": (b'{"\\ud800": 1}', JSON, 422, "request_invalid"),
    "nested too deep": (b"[" * 60_000, JSON, 400, "bad_request"),
    "a number too long": (b'{"mode": ' + b"1" * 60_000 + b"}", JSON, 400, "bad_request"),
    "too long": (b'{"mode": "' + b"a" * 65_536 + b'"}', JSON, 413, "body_too_large"),
    "not declared": (b'{"mode": "auto"}', {}, 415, "body_not_json"),
    "declared as a form": (
        b"mode=auto",
        {"content-type": "application/x-www-form-urlencoded"},
        415,
        "body_not_json",
    ),
    "declared as nonsense": (b"{}", {"content-type": ";;;"}, 415, "body_not_json"),
}


@pytest.mark.parametrize(("body", "headers", "status", "code"), BODIES.values(), ids=BODIES)
async def test_bad_body_has_one_clear_answer(
    quiet_client: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await quiet_client.put("/v1/modes", content=body, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["code"] == code
    assert found["status"] == status
    assert found["type"] == f"urn:chargehand:problem:{code}"
    assert len(answer.text) < 1000
    assert (await quiet_client.get("/v1/modes")).json()["version"] == 1


async def test_body_of_just_the_limit_is_read(client: httpx.AsyncClient) -> None:
    frame = b'{"mode": "auto"}'
    body = frame + b" " * (64 * 1024 - len(frame))

    answer = await client.put("/v1/modes", content=body, headers=JSON)

    assert answer.status_code == 200


async def test_long_body_in_pieces_is_refused(quiet_client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    answer = await quiet_client.put("/v1/modes", content=pieces(), headers=JSON)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("DELETE", "/v1/modes", "GET, PUT", id="two methods"),
        pytest.param("POST", "/v1/deliveries", "GET", id="a list"),
        pytest.param("GET", "/v1/asks/x/answer", "POST", id="a decision"),
    ],
)
async def test_wrong_method_is_told_the_right_ones(
    quiet_client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await quiet_client.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/", "/v1/deliveries/"])
async def test_unknown_address_is_a_problem_and_no_redirect(
    quiet_client: httpx.AsyncClient, path: str
) -> None:
    answer = await quiet_client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


AWAY = {
    "sqlite": URL.create("sqlite", database="/no/such/folder/main.db"),
    "postgres": URL.create("postgresql+psycopg", host="127.0.0.1", port=1, database="none"),
}


@pytest.mark.parametrize("url", AWAY.values(), ids=AWAY)
async def test_database_that_is_away_is_503_without_details(quiet_world: World, url: URL) -> None:
    database = Database(url)
    deps = replace(quiet_world.deps(), database=database)

    async with quiet_world.client(deps=deps) as client:
        answer = await client.get("/v1/notices")

    database.close()
    assert answer.status_code == 503
    assert answer.json()["code"] == "store_unavailable"
    assert answer.json().keys() == {"type", "title", "status", "code", "detail"}
    assert "does not answer now" in answer.json()["detail"]
    assert "127.0.0.1" not in answer.text


class _AwayInbox(InboxReader):
    def counts(self) -> InboxCounts:
        raise InboxUnavailable(reason="no such file", retry_after_s=5)


class _BrokenInbox(InboxReader):
    def counts(self) -> InboxCounts:
        message = "a bug with a secret in it"
        raise RuntimeError(message)


async def test_inbox_that_is_away_says_when_to_come_back(world: World) -> None:
    deps = replace(world.deps(), queue=_AwayInbox(world.stores.inbox_engine))

    async with world.client(deps=deps) as client:
        answer = await client.get("/v1/status")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "no such file" not in answer.text


async def test_bug_of_ours_is_a_plain_500(world: World) -> None:
    deps = replace(world.deps(), queue=_BrokenInbox(world.stores.inbox_engine))

    async with world.client(deps=deps) as client:
        answer = await client.get("/v1/status")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
