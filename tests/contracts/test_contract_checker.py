"""The checker itself: it finds what is wrong, and every endpoint of the fake passes through it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargehand.testing.contracts import Contract, ContractBroken, ContractTransport, load_contract
from chargehand.testing.jira import FakeJira, seed_demo
from chargehand.testing.jira.app import ENDPOINTS

pytestmark = [pytest.mark.anyio, pytest.mark.contract]

OVERLAY = Path(__file__).parent / "overlays" / "jira.json"
SITE = "https://example.atlassian.net"
ISSUE = "/rest/api/3/issue/PAY-7"
AUTH = ("chargehand@example.com", "x")


@pytest.fixture
def fresh(contracts: Path) -> Contract:
    """A contract of its own, since these tests break it on purpose."""
    return load_contract(contracts, OVERLAY)


def client_for(
    contract: Contract, answer: Callable[[httpx.Request], httpx.Response]
) -> httpx.AsyncClient:
    transport = ContractTransport(httpx.MockTransport(answer), contract)
    return httpx.AsyncClient(transport=transport, base_url=SITE, auth=AUTH)


def adf(words: str) -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


WRONG_REQUESTS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "typo in the body": ("POST", f"{ISSUE}/comment", {"json": {"bodyy": adf("x")}}, "bodyy"),
    "no adf": ("POST", f"{ISSUE}/comment", {"json": {"body": "text"}}, "body"),
    "empty text": ("POST", f"{ISSUE}/comment", {"json": {"body": adf("")}}, "body"),
    "visibility": (
        "POST",
        f"{ISSUE}/comment",
        {"json": {"body": adf("x"), "visibility": {"type": "nope", "value": "y"}}},
        "nope",
    ),
    "numeric transition": (
        "POST",
        f"{ISSUE}/transitions",
        {"json": {"transition": {"id": 5}}},
        "5",
    ),
    "typo in the query": ("GET", ISSUE, {"params": {"field": "summary"}}, "field"),
    "wrong query type": ("GET", f"{ISSUE}/comment", {"params": {"maxResults": "abc"}}, "abc"),
    "unknown path": ("GET", "/rest/api/3/issues/PAY-7", {}, "no such"),
    "unknown method": ("PATCH", ISSUE, {"json": {}}, "no such"),
    "own: typo": (
        "POST",
        "/rest/servicedeskapi/request/HELP-1/comment",
        {"json": {"body": "x", "publik": True}},
        "publik",
    ),
    "own: no body": (
        "POST",
        "/rest/servicedeskapi/request/HELP-1/comment",
        {"json": {"public": True}},
        "body",
    ),
}


@pytest.mark.parametrize(
    ("method", "path", "arguments", "hint"), WRONG_REQUESTS.values(), ids=WRONG_REQUESTS.keys()
)
async def test_wrong_request_never_leaves(
    fresh: Contract, method: str, path: str, arguments: dict[str, Any], hint: str
) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(500)

    async with client_for(fresh, answer) as client:
        with pytest.raises(ContractBroken, match=re.escape(hint)):
            await client.request(method, path, **arguments)

    assert sent == []
    assert len(fresh.broken) == 1


REFUSAL = {"errorMessages": ["x"], "errors": {}}
COMMENT = {"id": "1", "body": adf("x"), "created": "2026-11-18T10:00:00.000+0000"}
WRONG_ANSWERS: dict[str, tuple[httpx.Response, str]] = {
    "number for a string": (httpx.Response(200, json=COMMENT | {"id": 1}), "string"),
    "colon in the offset": (
        httpx.Response(200, json=COMMENT | {"created": "2026-11-18T10:00:00.000+00:00"}),
        "date-time",
    ),
    "no adf": (httpx.Response(200, json=COMMENT | {"body": "text"}), "body"),
    "no json": (httpx.Response(200, text="<html>"), "application/json"),
    "undocumented status": (httpx.Response(418, json=REFUSAL), "418"),
    "refusal in another shape": (httpx.Response(404, json={"message": "no"}), "errorMessages"),
}


@pytest.mark.parametrize(("response", "hint"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS.keys())
async def test_wrong_answer_is_found(fresh: Contract, response: httpx.Response, hint: str) -> None:
    async with client_for(fresh, lambda _request: response) as client:
        with pytest.raises(ContractBroken, match=re.escape(hint)):
            await client.get(f"{ISSUE}/comment/1")


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, json=COMMENT),
        httpx.Response(404, json=REFUSAL),
        httpx.Response(429, json=REFUSAL, headers={"retry-after": "3"}),
        httpx.Response(503),
    ],
    ids=["comment", "refusal", "busy", "failing"],
)
async def test_right_answer_passes_and_is_counted(
    fresh: Contract, response: httpx.Response
) -> None:
    async with client_for(fresh, lambda _request: response) as client:
        await client.get(f"{ISSUE}/comment/1")

    assert (fresh.tally.requests, fresh.tally.responses, fresh.tally.own) == (1, 1, 0)
    assert fresh.broken == []


async def test_request_that_is_wrong_on_purpose_must_be_refused(fresh: Contract) -> None:
    inner = httpx.MockTransport(lambda _request: httpx.Response(201, json=COMMENT))
    transport = ContractTransport(inner, fresh, conduct="wrong_on_purpose")
    async with httpx.AsyncClient(transport=transport, base_url=SITE, auth=AUTH) as client:
        with pytest.raises(ContractBroken, match="answered with 201"):
            await client.post(f"{ISSUE}/comment", json={"bodyy": 1})


async def test_every_endpoint_of_the_fake_is_held_to_a_description(fresh: Contract) -> None:
    fake = FakeJira()
    bot = seed_demo(fake)
    transport = ContractTransport(fake.transport(), fresh)
    async with httpx.AsyncClient(
        transport=transport, base_url=SITE, auth=(bot.email, bot.token)
    ) as client:
        for method, path, arguments in tour(bot.account_id):
            response = await client.request(method, path, **arguments)
            assert response.is_success, f"{method} {path}: {response.text}"

    def blank(name: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", name)

    expected = {blank(f"{point.method} {point.path}") for point in ENDPOINTS}
    assert {blank(name) for name in fresh.tally.operations} == expected
    assert fresh.tally.run == 2 * len(ENDPOINTS)
    assert fresh.tally.own == 2


def tour(account: str) -> list[tuple[str, str, dict[str, Any]]]:
    """One good request for each endpoint of the fake."""
    api = "/rest/api/3"
    request = "/rest/servicedeskapi/request/HELP-1/comment"
    asked = {"permissions": ["ADD_COMMENTS"], "issues": [10_003], "projects": [10_001]}
    labels = {"labels": [{"add": "seen"}]}
    where = {"issueKey": "PAY-7", "query": "a"}
    return [
        ("GET", f"{api}/serverInfo", {}),
        ("GET", f"{api}/field", {}),
        ("GET", f"{api}/project/search", {"params": {"keys": "PAY"}}),
        ("GET", f"{api}/project/PAY", {}),
        ("GET", f"{api}/myself", {}),
        ("GET", f"{api}/mypermissions", {"params": {"permissions": "EDIT_ISSUES"}}),
        ("POST", f"{api}/permissions/check", {"json": {"projectPermissions": [asked]}}),
        ("GET", f"{api}/user", {"params": {"accountId": account}}),
        ("GET", f"{api}/user/bulk", {"params": {"accountId": [account, "x"]}}),
        ("GET", f"{api}/user/assignable/search", {"params": where}),
        ("GET", f"{api}/user/permission/search", {"params": where | {"permissions": "ADMINISTER"}}),
        ("GET", ISSUE, {"params": {"expand": "names,schema,changelog"}}),
        ("PUT", ISSUE, {"json": {"update": labels}}),
        ("PUT", f"{ISSUE}/assignee", {"json": {"accountId": None}}),
        ("GET", f"{ISSUE}/transitions", {"params": {"expand": "transitions.fields"}}),
        ("POST", f"{ISSUE}/transitions", {"json": {"transition": {"id": "31"}}}),
        ("GET", f"{ISSUE}/changelog", {}),
        ("GET", f"{api}/search/jql", {"params": {"jql": "project = PAY", "fields": "*all"}}),
        ("POST", f"{api}/search/jql", {"json": {"jql": "key = PAY-7", "fields": ["*navigable"]}}),
        ("GET", f"{ISSUE}/comment", {"params": {"orderBy": "-created"}}),
        ("POST", f"{ISSUE}/comment", {"json": {"body": adf("hello")}}),
        ("GET", f"{ISSUE}/comment/10006", {}),
        ("PUT", f"{ISSUE}/comment/10006", {"json": {"body": adf("hello again")}}),
        ("PUT", f"{api}/comment/10006/properties/mark", {"json": {"id": 1}}),
        ("GET", f"{api}/comment/10006/properties/mark", {}),
        ("GET", f"{api}/comment/10006/properties", {}),
        ("POST", f"{api}/comment/list", {"json": {"ids": [10_006]}}),
        ("DELETE", f"{ISSUE}/comment/10006", {}),
        ("POST", request, {"json": {"body": "noted", "public": False}}),
        ("GET", request, {"params": {"limit": 5}}),
        *changing_tour(api),
    ]


def changing_tour(api: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The endpoints that make work items, link them and tell what can be set."""
    types = f"{api}/issue/createmeta/PAY/issuetypes"
    made = {
        "fields": {
            "project": {"key": "PAY"},
            "issuetype": {"name": "Bug"},
            "summary": "Refunds fail",
        },
        "properties": [{"key": "mark", "value": {"id": 1}}],
    }
    linked = {
        "type": {"name": "Relates"},
        "inwardIssue": {"key": "PAY-7"},
        "outwardIssue": {"key": "PAY-12"},
    }
    return [
        ("POST", f"{api}/issue/bulkfetch", {"json": {"issueIdsOrKeys": ["PAY-7"]}}),
        ("GET", f"{ISSUE}/editmeta", {}),
        ("GET", types, {}),
        ("GET", f"{types}/10004", {}),
        ("POST", f"{api}/issue", {"json": made}),
        ("GET", f"{api}/issue/PAY-22/properties/mark", {}),
        ("GET", f"{api}/issueLinkType", {}),
        ("POST", f"{api}/issueLink", {"json": linked}),
        ("DELETE", f"{api}/issueLink/10001", {}),
    ]
