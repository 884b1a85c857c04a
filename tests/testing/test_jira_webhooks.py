"""The webhooks the fake sends: shaped as captured, signed, retried, never doubled by themselves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargehand.kit.signing import hmac_sha256_hex
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import CommentVisibility, FakeJira, WebhookTarget, seed_demo
from chargehand.testing.jira.webhooks import ALL_EVENTS

pytestmark = pytest.mark.anyio

SECRET = "signing-secret"
URL = "https://chargehand.test/webhooks/jira"


class Receiver:
    """Takes webhooks and answers with prepared statuses, then 200."""

    def __init__(self) -> None:
        self.answers: list[int | type[httpx.TransportError]] = []
        self.received: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.received.append(request)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, int):
            return httpx.Response(answer)
        raise answer("cut", request=request)

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.received]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def telling(clock: FakeClock, receiver: Receiver, waited: list[float]) -> FakeJira:
    async def wait(seconds: float) -> None:
        waited.append(seconds)

    jira = FakeJira(
        clock=clock,
        webhooks=[WebhookTarget(URL, SECRET)],
        webhook_transport=receiver.transport,
        retry_delays_s=(1.0, 2.0),
        sleep=wait,
    )
    seed_demo(jira)
    return jira


@pytest.fixture(scope="session")
def captures(contracts: Path) -> dict[str, dict[str, Any]]:
    files = sorted((contracts / "jira" / "webhooks").glob("*/*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def keys_of(captures: dict[str, dict[str, Any]], event: str, *way: str) -> set[str]:
    """The keys that every capture of an event has at a place."""
    places = [payload for payload in captures.values() if payload["webhookEvent"] == event]
    for step in way:
        places = [place[step] for place in places]
    return set.intersection(*(set(place) for place in places))


async def test_seeding_tells_nobody(telling: FakeJira, receiver: Receiver) -> None:
    await telling.settle()

    assert receiver.received == []


COMMENT_ACTS: dict[str, Callable[[FakeJira], object]] = {
    "comment_created": lambda jira: jira.comment("PAY-7", author="Tom Berg", body="new"),
    "comment_updated": lambda jira: jira.edit_comment("10002", body="changed"),
    "comment_deleted": lambda jira: jira.delete_comment("10002"),
}


@pytest.mark.contract
@pytest.mark.parametrize(("event", "act"), COMMENT_ACTS.items(), ids=COMMENT_ACTS)
async def test_comment_events_look_like_the_captures(
    telling: FakeJira,
    receiver: Receiver,
    captures: dict[str, dict[str, Any]],
    event: str,
    act: Callable[[FakeJira], object],
) -> None:
    act(telling)
    await telling.settle()

    [payload] = receiver.payloads
    assert payload["webhookEvent"] == event
    assert set(payload) - {"eventType"} == keys_of(captures, event)
    assert set(payload["comment"]) >= keys_of(captures, event, "comment")
    assert set(payload["comment"]["author"]) >= keys_of(captures, event, "comment", "author") - {
        "name",
        "key",
        "emailAddress",
    }
    assert set(payload["issue"]) == keys_of(captures, event, "issue")
    assert set(payload["issue"]["fields"]) == keys_of(captures, event, "issue", "fields")
    assert isinstance(payload["comment"]["body"], str)


@pytest.mark.contract
async def test_newest_capture_of_a_mention_has_the_same_keys(
    telling: FakeJira, receiver: Receiver, captures: dict[str, dict[str, Any]]
) -> None:
    account = telling.state.bot
    telling.comment("PAY-7", author="Ana Ruiz", body=f"[~accountid:{account}] who is on it?")
    await telling.settle()

    [payload] = receiver.payloads
    captured = captures["comment_created_with_account_mention"]
    assert set(payload) == set(captured)
    assert set(payload["comment"]) == set(captured["comment"])
    assert set(payload["comment"]["author"]) == set(captured["comment"]["author"])
    assert payload["comment"]["body"] == f"[~accountid:{account}] who is on it?"


@pytest.mark.contract
async def test_transition_sends_an_issue_update_with_its_changelog(
    telling: FakeJira, receiver: Receiver, captures: dict[str, dict[str, Any]]
) -> None:
    telling.transition("PAY-7", author="Ana Ruiz", to="In Review")
    await telling.settle()

    [payload] = receiver.payloads
    captured = captures["webhook-issue-updated-started-working"]
    item = payload["changelog"]["items"][0]
    assert set(payload) == set(captured)
    assert payload["issue_event_type_name"] == captured["issue_event_type_name"]
    assert set(item) == set(captured["changelog"]["items"][0])
    assert (item["fromString"], item["toString"]) == ("In Progress", "In Review")
    assert isinstance(payload["issue"]["fields"]["description"], str)


async def test_message_is_signed_over_the_raw_body(telling: FakeJira, receiver: Receiver) -> None:
    telling.comment("PAY-7", author="Tom Berg", body="héllo")
    await telling.settle()

    [request] = receiver.received
    expected = hmac_sha256_hex(SECRET.encode(), request.content)
    assert request.headers["x-hub-signature"] == f"sha256={expected}"
    assert request.headers["x-atlassian-webhook-identifier"]
    assert "x-atlassian-webhook-retry" not in request.headers


async def test_comment_by_rest_is_told_as_well(telling: FakeJira, receiver: Receiver) -> None:
    account = telling.person("Ana Ruiz").account_id
    mention = {"type": "mention", "attrs": {"id": account}}
    paragraph = {"type": "paragraph", "content": [mention]}
    body = {"type": "doc", "version": 1, "content": [paragraph]}
    async with telling.client(telling.person("Chargehand")) as client:
        await client.post("/rest/api/3/issue/PAY-7/comment", json={"body": body})
    await telling.settle()

    [payload] = receiver.payloads
    assert payload["comment"]["author"]["accountId"] == telling.state.bot
    assert payload["comment"]["body"] == f"[~accountid:{account}]"


async def test_restriction_and_internality_are_in_the_payload(
    telling: FakeJira, receiver: Receiver
) -> None:
    visibility = CommentVisibility("role", "Developers")
    telling.comment("PAY-7", author="Ana Ruiz", body="x", visibility=visibility)
    telling.comment("HELP-1", author="Lena Novak", body="y", public=False)
    await telling.settle()

    restricted, internal = (payload["comment"] for payload in receiver.payloads)
    assert restricted["visibility"] == {"type": "role", "value": "Developers"}
    assert internal["jsdPublic"] is False


RETRIED: dict[str, list[int | type[httpx.TransportError]]] = {
    "server error": [500, 503],
    "too many": [429],
    "no connection": [httpx.ConnectError, httpx.ReadTimeout],
}


@pytest.mark.parametrize("answers", RETRIED.values(), ids=RETRIED.keys())
async def test_passing_failures_are_retried_under_the_same_identifier(
    telling: FakeJira,
    receiver: Receiver,
    waited: list[float],
    answers: list[int | type[httpx.TransportError]],
) -> None:
    receiver.answers = list(answers)

    telling.comment("PAY-7", author="Tom Berg", body="x")
    await telling.settle()

    retries = [request.headers.get("x-atlassian-webhook-retry") for request in receiver.received]
    assert len({r.headers["x-atlassian-webhook-identifier"] for r in receiver.received}) == 1
    assert retries == [None, "1", "2"][: len(answers) + 1]
    assert waited == [1.0, 2.0][: len(answers)]
    assert telling.sender.sendings[0].state == "delivered"


async def test_refusals_are_final_and_failures_end(telling: FakeJira, receiver: Receiver) -> None:
    receiver.answers = [401, 500, 500, 500]

    telling.comment("PAY-7", author="Tom Berg", body="refused")
    await telling.settle()
    telling.comment("PAY-7", author="Tom Berg", body="given up")
    await telling.settle()

    assert [sending.state for sending in telling.sender.sendings] == ["refused", "given_up"]
    assert [len(sending.attempts) for sending in telling.sender.sendings] == [1, 3]


async def test_issue_commented_comes_beside_when_it_is_wanted(
    telling: FakeJira, receiver: Receiver
) -> None:
    telling.targets[:] = [WebhookTarget(URL, SECRET, ALL_EVENTS)]

    telling.comment("PAY-7", author="Tom Berg", body="x")
    await telling.settle()

    names = {(p["webhookEvent"], p.get("issue_event_type_name")) for p in receiver.payloads}
    comments = {payload["comment"]["id"] for payload in receiver.payloads}
    assert names == {("comment_created", None), ("jira:issue_updated", "issue_commented")}
    assert len(comments) == 1


async def test_webhook_request_gives_what_was_sent(telling: FakeJira, receiver: Receiver) -> None:
    comment = telling.comment("PAY-7", author="Tom Berg", body="x")
    await telling.settle()

    headers, body = telling.webhook_request(comment, secret=SECRET)

    [request] = receiver.received
    assert body == request.content
    assert headers["x-hub-signature"] == request.headers["x-hub-signature"]
    identifier = "x-atlassian-webhook-identifier"
    assert headers[identifier] == request.headers[identifier]


async def test_webhook_request_for_an_old_comment_is_stable(telling: FakeJira) -> None:
    comment = telling.state.comments_of("PAY-7")[0]

    assert telling.webhook_request(comment) == telling.webhook_request(comment)


async def test_unsigned_target_gets_no_signature(telling: FakeJira, receiver: Receiver) -> None:
    telling.targets[:] = [WebhookTarget(URL)]

    telling.comment("PAY-7", author="Tom Berg", body="x")
    await telling.settle()

    assert "x-hub-signature" not in receiver.received[0].headers


def test_comment_outside_an_event_loop_waits_to_be_sent(telling: FakeJira) -> None:
    telling.comment("PAY-7", author="Tom Berg", body="x")

    assert [sending.state for sending in telling.sender.sendings] == ["pending"]
