import json
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from chargehand.domain.errors import ChargehandError, Fault, Rejected, Retryable
from chargehand.web.edge import Edge
from chargehand.web.errors import error_answers, problem, status_of

pytestmark = pytest.mark.anyio


class Missing(Rejected):
    code = "not_found"
    template = "There is no {kind} {id}."


class Away(Retryable):
    code = "away"
    template = "Away for {retry_after_s} s."


class Broken(Fault):
    code = "broken"
    template = "The file {path} is broken."


def app_that(raises: Callable[[], Awaitable[Response]]) -> httpx.AsyncClient:
    async def endpoint(_request: Request) -> Response:
        return await raises()

    app = Starlette(
        routes=[Route("/", endpoint)],
        middleware=[Middleware(Edge)],
        exception_handlers=error_answers({Missing: 404}),
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://front")


async def answer_to(error: Exception) -> httpx.Response:
    async def raises() -> Response:
        raise error

    async with app_that(raises) as client:
        return await client.get("/")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(Rejected(), 422, id="rejected"),
        pytest.param(Missing(kind="event", id="evt_1"), 404, id="named in the table"),
        pytest.param(Retryable(), 503, id="retryable"),
        pytest.param(Fault(), 500, id="fault"),
        pytest.param(ChargehandError(), 500, id="no family"),
    ],
)
def test_the_nearest_class_decides_the_status(error: ChargehandError, status: int) -> None:
    assert status_of(error, {Missing: 404}) == status


def test_a_problem_has_the_members_of_the_standard_and_its_own() -> None:
    response = problem(422, "field_invalid", "No such zone.", field="time_zone", allowed=["UTC"])

    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.body) == {
        "type": "urn:chargehand:problem:field_invalid",
        "title": "Field invalid",
        "status": 422,
        "code": "field_invalid",
        "detail": "No such zone.",
        "field": "time_zone",
        "allowed": ["UTC"],
    }


def test_a_problem_masks_secrets_and_keeps_its_own_members() -> None:
    response = problem(400, "bad", "Bad.", api_token="chk_abcdef", title="mine")

    found = json.loads(response.body)
    assert found["api_token"] == "********"
    assert found["title"] == "Bad"


async def test_a_rejection_tells_its_fields() -> None:
    answer = await answer_to(Missing(kind="event", id="evt_1"))

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no event evt_1."
    assert answer.json()["id"] == "evt_1"


async def test_what_we_can_not_do_now_says_when_and_hides_the_rest() -> None:
    answer = await answer_to(Away(retry_after_s=7.2, path="/data/inbox.db"))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"
    assert "path" not in answer.json()


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Broken(path="/data/x"), id="fault"),
        pytest.param(KeyError("token abc"), id="unexpected"),
    ],
)
async def test_a_mistake_of_ours_is_told_without_details(error: Exception) -> None:
    answer = await answer_to(error)

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "abc" not in answer.text
    assert "/data" not in answer.text
    assert "content-security-policy" in answer.headers


async def test_errors_of_the_framework_have_the_same_form() -> None:
    answer = await answer_to(HTTPException(413, headers={"x-more": "1"}))

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-more"] == "1"


async def test_a_failure_after_the_head_is_sent_does_not_send_a_second() -> None:
    sent: list[Message] = []

    async def breaks_off(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise OSError("gone")

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await Edge(breaks_off)({"type": "http", "method": "GET"}, receive, send)

    assert [message["type"] for message in sent] == ["http.response.start"]
