import asyncio

import httpx
import pytest

from chargehand.domain.ids import ConnectionId
from tests.web.fronts import (
    BODY_LIMIT,
    COMMENT,
    MEBIBYTE,
    PATH,
    SECRET,
    SITE,
    Front,
    headers,
    receiving,
    serving,
    sign,
)

pytestmark = pytest.mark.anyio


async def test_a_signed_delivery_is_stored_and_acknowledged(
    front: Front, client: httpx.AsyncClient
) -> None:
    answer = await client.post(PATH, content=COMMENT, headers=headers(COMMENT))

    assert answer.status_code == 202
    assert answer.json()["status"] == "stored"
    assert answer.headers["content-type"] == "application/json"
    [stored] = front.reader.claim(10)
    assert stored.id == answer.json()["delivery"]
    assert stored.delivery.body == COMMENT
    assert stored.delivery.received_at == front.clock.now()


async def test_a_second_copy_is_answered_with_the_first_id(
    front: Front, client: httpx.AsyncClient
) -> None:
    first = await client.post(PATH, content=COMMENT, headers=headers(COMMENT))

    again = await client.post(PATH, content=COMMENT, headers=headers(COMMENT))

    assert again.status_code == 200
    assert again.json() == {"status": "duplicate", "delivery": first.json()["delivery"]}
    assert len(front.bodies_stored()) == 1


async def test_a_hundred_copies_at_once_become_one_delivery(
    front: Front, client: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(
        *(client.post(PATH, content=COMMENT, headers=headers(COMMENT)) for _ in range(100))
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 99 + [202]
    assert len({answer.json()["delivery"] for answer in answers}) == 1
    assert len(front.bodies_stored()) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"webhookEvent": "comment_cre', id="truncated JSON"),
        pytest.param(b"[1, 2, 3]", id="array"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
        pytest.param(b'{"webhookEvent": 7}', id="wrong type"),
        pytest.param('{"x": "\u202e\\u0000"}'.encode(), id="control and bidi characters"),
    ],
)
async def test_whatever_is_signed_is_stored_raw(
    front: Front, client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post(PATH, content=body, headers=headers(body))

    assert answer.status_code == 202
    assert front.bodies_stored() == [body]


SIGNATURES = [
    pytest.param(None, 401, "signature_missing", id="missing"),
    pytest.param(sign(COMMENT, "another secret"), 401, "signature_wrong", id="other secret"),
    pytest.param(sign(COMMENT + b" "), 401, "signature_wrong", id="other body"),
    pytest.param(sign(COMMENT)[:-2], 400, "signature_malformed", id="cut off"),
    pytest.param(sign(COMMENT)[7:], 400, "signature_malformed", id="no algorithm"),
    pytest.param("sha1=" + "0" * 40, 400, "signature_malformed", id="weak algorithm"),
    pytest.param("", 400, "signature_malformed", id="empty"),
    pytest.param("sha256=" + "ü" * 64, 400, "signature_malformed", id="not hex"),
]


@pytest.mark.parametrize(("signature", "status", "code"), SIGNATURES)
async def test_an_unproved_request_is_refused_and_not_stored(
    front: Front,
    client: httpx.AsyncClient,
    signature: str | None,
    status: int,
    code: str,
) -> None:
    shown = [] if signature is None else [(b"x-hub-signature", signature.encode())]

    answer = await client.post(PATH, content=COMMENT, headers=shown)

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert front.bodies_stored() == []


@pytest.mark.parametrize(
    ("active", "status"),
    [
        pytest.param((SECRET,), 202, id="before"),
        pytest.param(("new secret", SECRET), 202, id="during"),
        pytest.param(("new secret",), 401, id="after"),
        pytest.param((), 401, id="none"),
    ],
)
async def test_the_old_secret_counts_until_its_rotation_is_over(
    front: Front, client: httpx.AsyncClient, active: tuple[str, ...], status: int
) -> None:
    front.connections[SITE] = receiving("site", *active)

    answer = await client.post(PATH, content=COMMENT, headers=headers(COMMENT))

    assert answer.status_code == status


async def test_the_short_path_works_while_one_connection_exists(client: httpx.AsyncClient) -> None:
    answer = await client.post("/webhooks/jira", content=COMMENT, headers=headers(COMMENT))

    assert answer.status_code == 202


async def test_the_short_path_names_the_full_ones_when_there_are_several(
    front: Front, client: httpx.AsyncClient
) -> None:
    front.connections[ConnectionId("other")] = receiving("other", SECRET)

    answer = await client.post("/webhooks/jira", content=COMMENT, headers=headers(COMMENT))

    assert answer.status_code == 404
    assert answer.json()["code"] == "connection_ambiguous"
    assert "/webhooks/jira/other, /webhooks/jira/site" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/jira/nobody",
        "/webhooks/slack/site",
        "/webhooks/slack",
        "/webhooks/jira/site/more",
        "/webhooks/jira/site/",
        "/webhooks",
    ],
)
async def test_an_unknown_path_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, content=COMMENT, headers=headers(COMMENT))

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", [PATH, "/webhooks/jira", f"{PATH}/t/token"])
async def test_webhook_paths_take_nothing_but_post(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("switched_on", "shown", "status"),
    [
        pytest.param("t0ken", "t0ken", 202, id="right"),
        pytest.param("t0ken", "gu3ss", 401, id="wrong"),
        pytest.param(None, "t0ken", 401, id="not switched on"),
    ],
)
async def test_a_path_token_proves_a_sender_where_it_is_switched_on(
    front: Front,
    client: httpx.AsyncClient,
    switched_on: str | None,
    shown: str,
    status: int,
) -> None:
    front.connections[SITE] = receiving("site", SECRET, path_token=switched_on)

    answer = await client.post(f"{PATH}/t/{shown}", content=COMMENT)

    assert answer.status_code == status
    assert shown not in answer.text


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(BODY_LIMIT, 202, id="at the limit"),
        pytest.param(BODY_LIMIT + 1, 413, id="one byte over"),
        pytest.param(20 * MEBIBYTE, 413, id="20 MB"),
    ],
)
async def test_a_body_is_capped_by_the_manifest(
    front: Front, client: httpx.AsyncClient, size: int, status: int
) -> None:
    body = b"x" * size

    answer = await client.post(PATH, content=body, headers=headers(body))

    assert answer.status_code == status
    assert len(front.bodies_stored()) == (1 if status == 202 else 0)


async def test_secrets_signatures_and_cookies_are_not_stored(
    front: Front, client: httpx.AsyncClient
) -> None:
    sent = {**headers(COMMENT, key="wh-1"), "authorization": "Bearer x", "cookie": "a=b"}

    await client.post(PATH, content=COMMENT, headers=sent)

    [stored] = front.reader.claim(10)
    assert stored.delivery.headers == {"x-atlassian-webhook-identifier": "wh-1"}


async def test_a_stopping_front_writes_what_it_was_given(front: Front) -> None:
    async with serving(front) as client:
        requests = [
            asyncio.create_task(
                client.post(PATH, content=COMMENT, headers=headers(COMMENT, key=f"wh-{number}"))
            )
            for number in range(50)
        ]
        await asyncio.sleep(0)
        stop = asyncio.create_task(front.inbox.stop())
        answers = await asyncio.gather(*requests)
        await stop

    acknowledged = {a.json()["delivery"] for a in answers if a.status_code == 202}
    assert {answer.status_code for answer in answers} <= {202, 503}
    assert {one.id for one in front.reader.claim(100)} == acknowledged
