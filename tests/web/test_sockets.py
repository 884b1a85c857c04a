"""What only shows on a real socket: bodies that come in pieces, late, or not at all."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
import uvicorn

from chargehand.web.body import BodyLimits
from chargehand.web.front import UVICORN_SETTINGS
from chargehand.web.heads import HeadLimited
from tests.web.fronts import BODY_LIMIT, COMMENT, MEBIBYTE, PATH, Front, sign

pytestmark = pytest.mark.anyio
DEADLINE_S = 60.0
TOKEN = "t0ken-that-nobody-may-read"


@asynccontextmanager
async def listening(front: Front, **changed: object) -> AsyncIterator[int]:
    """The port of a front that is served as in production, on this event loop."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings: dict[str, Any] = {**UVICORN_SETTINGS, "timeout_graceful_shutdown": 1, **changed}
        config = uvicorn.Config(front.build(), log_level="warning", **settings)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def talking(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield reader, writer
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, object]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])
    body = await reader.readexactly(int(fields["content-length"]))
    return int(head.split()[1]), json.loads(body)


def head_of(body: bytes, *more: str) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: front", f"X-Hub-Signature: {sign(body)}", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(part: bytes) -> bytes:
    return f"{len(part):x}\r\n".encode() + part + b"\r\n"


async def test_a_chunked_body_is_put_together(front: Front) -> None:
    async with listening(front) as port, talking(port) as (reader, writer):
        writer.write(head_of(COMMENT, "Transfer-Encoding: chunked"))
        for place in range(0, len(COMMENT), 7):
            writer.write(chunk(COMMENT[place : place + 7]))
            await writer.drain()
        writer.write(chunk(b""))

        status, _ = await read_answer(reader)

    assert status == 202
    assert front.bodies_stored() == [COMMENT]


async def test_a_chunked_body_over_the_cap_is_refused_while_it_comes(front: Front) -> None:
    async with listening(front) as port, talking(port) as (reader, writer):
        writer.write(head_of(b"", "Transfer-Encoding: chunked"))
        answer = asyncio.create_task(read_answer(reader))
        while not answer.done():
            # It never ends by itself: only a refusal can stop it.
            writer.write(chunk(b"x" * MEBIBYTE))
            await writer.drain()

        status, body = answer.result()

    assert status == 413
    assert body["code"] == "body_too_large"
    assert body["limit_bytes"] == BODY_LIMIT
    assert front.bodies_stored() == []


async def test_a_declared_length_over_the_cap_is_refused_before_the_body(front: Front) -> None:
    async with listening(front) as port, talking(port) as (reader, writer):
        writer.write(head_of(b"", f"Content-Length: {20 * MEBIBYTE}"))

        status, _ = await read_answer(reader)

    assert status == 413


async def test_a_sender_that_asks_first_is_refused_without_sending(front: Front) -> None:
    expecting = head_of(b"", f"Content-Length: {20 * MEBIBYTE}", "Expect: 100-continue")
    async with listening(front) as port, talking(port) as (reader, writer):
        writer.write(expecting)

        status, _ = await read_answer(reader)

    assert status == 413


async def test_a_20_mb_body_gets_its_answer(front: Front) -> None:
    body = b"x" * (20 * MEBIBYTE)
    async with listening(front) as port, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        answer = await client.post(
            f"http://127.0.0.1:{port}{PATH}", content=body, headers={"x-hub-signature": sign(body)}
        )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(COMMENT[:10], id="a beginning"),
    ],
)
async def test_a_body_that_does_not_come_is_given_up(tmp_path: Path, sent: bytes) -> None:
    front = Front(tmp_path, bodies=BodyLimits(timeout_s=0.05))
    async with listening(front) as port, talking(port) as (reader, writer):
        writer.write(head_of(COMMENT, f"Content-Length: {len(COMMENT)}") + sent)

        status, body = await read_answer(reader)
        rest = await reader.read()

    assert (status, body["code"]) == (408, "body_slow")
    assert rest == b""
    front.close()


class Impatient(HeadLimited):
    """Waits for a head as the real one does, only not for as long."""

    # Longer than a busy machine lets a process wait for its turn.
    head_timeout_s = 0.3


WHOLE_REQUEST = b"GET /health HTTP/1.1\r\nHost: front\r\n\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a head": b"GET /health HTTP/1.1\r\nHost: fr",
    "line ends": b"\r\n\r\n",
    "half a second head": WHOLE_REQUEST + b"GET /hea",
    "a body nobody waits for": head_of(b"", f"Content-Length: {20 * MEBIBYTE}") + b"x",
}


@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED)
async def test_a_head_that_does_not_come_is_given_up(front: Front, sent: bytes) -> None:
    async with listening(front, http=Impatient) as port, talking(port) as (reader, writer):
        writer.write(sent)
        if sent.endswith(b"x"):
            assert (await read_answer(reader))[0] == 413
            writer.write(b"x")

        rest = await reader.read()

    assert rest.count(b"HTTP/1.1 200") == sent.count(WHOLE_REQUEST)


async def test_a_head_without_end_is_refused(front: Front) -> None:
    answer = b""
    async with listening(front) as port, talking(port) as (reader, writer):
        writer.write(b"GET /health HTTP/1.1\r\nHost: front\r\nX-Long: ")
        # It never ends by itself, and what is sent after a refusal may cost its answer.
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"x" * MEBIBYTE)
                await writer.drain()
                await asyncio.sleep(0)
            answer = await reader.read()

    assert answer[:13] in (b"", b"HTTP/1.1 431 ")


async def test_headers_behind_a_body_are_not_kept(front: Front) -> None:
    refused = b""
    chunked = head_of(COMMENT, "Transfer-Encoding: chunked") + chunk(COMMENT) + b"0\r\n"
    async with listening(front) as port:
        async with talking(port) as (reader, writer):
            writer.write(chunked + b"X-Hub-Signature: sha256=00\r\n\r\n")
            status, _ = await read_answer(reader)
        async with talking(port) as (reader, writer):
            writer.write(chunked)
            # It never ends by itself.
            with suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"X: y\r\n" * 20_000)
                    await writer.drain()
                    await asyncio.sleep(0)
                refused = await reader.read()

    assert (status, refused) == (202, b"")


class Unwaiting(HeadLimited):
    """Waits for an answer to be taken as the real one does, only not for as long."""

    taking_timeout_s = 0.05


async def test_answers_that_nobody_takes_are_given_up(front: Front) -> None:
    # With room for one at a time, nobody is served beside a connection that is kept.
    async with listening(front, http=Unwaiting, limit_concurrency=2) as port:
        with socket.socket() as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            asking.settimeout(DEADLINE_S)
            await asyncio.to_thread(asking.connect, ("127.0.0.1", port))
            asked = b"GET /docs HTTP/1.1\r\nHost: front\r\n\r\n" * 2_000
            with suppress(ConnectionError):
                await asyncio.to_thread(asking.sendall, asked)
            async with asyncio.timeout(DEADLINE_S), httpx.AsyncClient() as client:
                answer = await client.get(f"http://127.0.0.1:{port}/health")
                while answer.status_code != 200:
                    answer = await client.get(f"http://127.0.0.1:{port}/health")

    assert answer.json()["status"] == "healthy"


async def test_what_can_not_be_read_is_logged_once_a_minute(
    front: Front, capfd: pytest.CaptureFixture[str]
) -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    async with listening(front) as port:
        for sent in (b"garbage\r\n\r\n", f"GET / HTTP/1.0\r\n{upgrade}\r\n".encode()) * 3:
            async with talking(port) as (reader, writer):
                writer.write(sent)
                writer.write_eof()
                await reader.read()

    written = capfd.readouterr().err
    # An earlier test may have had the line of this minute.
    assert written.count("Invalid HTTP request received.") <= 1
    assert "WebSocket" not in written


async def test_a_kept_connection_outlives_the_wait_for_a_head(front: Front) -> None:
    async with listening(front, http=Impatient) as port, talking(port) as (reader, writer):
        statuses = []
        over_s = monotonic() + 2 * Impatient.head_timeout_s
        while monotonic() < over_s:
            writer.write(head_of(COMMENT, f"Content-Length: {len(COMMENT)}") + COMMENT)
            statuses.append((await read_answer(reader))[0])

    assert statuses == [202] + [200] * (len(statuses) - 1)
    assert len(statuses) > 1


async def test_a_sender_that_hangs_up_leaves_nothing(front: Front) -> None:
    async with listening(front) as port:
        async with talking(port) as (_, writer):
            writer.write(head_of(COMMENT, f"Content-Length: {len(COMMENT)}") + COMMENT[:10])
            await writer.drain()
        refused = 'chargehand_deliveries_refused_total{connection="site",reason="body_cut_off"}'
        async with asyncio.timeout(DEADLINE_S), httpx.AsyncClient() as client:
            metrics = ""
            while refused not in metrics:
                metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text

    assert front.bodies_stored() == []


async def test_large_bodies_together_are_capped(tmp_path: Path) -> None:
    front = Front(tmp_path, bodies=BodyLimits(together_bytes=MEBIBYTE))
    async with listening(front) as port, talking(port) as (reader, writer):
        writer.write(head_of(b"", f"Content-Length: {3 * MEBIBYTE}") + b"x" * (2 * MEBIBYTE))

        status, body = await read_answer(reader)

    assert (status, body["code"]) == (503, "intake_busy")
    front.close()


async def test_memory_for_bodies_is_given_back(tmp_path: Path) -> None:
    front = Front(tmp_path, bodies=BodyLimits(together_bytes=3 * MEBIBYTE))
    body = b"x" * (2 * MEBIBYTE)
    async with listening(front) as port, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        answers = [
            await client.post(
                f"http://127.0.0.1:{port}{PATH}",
                content=body,
                headers={"x-hub-signature": sign(body)},
            )
            for _ in range(3)
        ]

    assert [answer.status_code for answer in answers] == [202, 200, 200]
    front.close()


async def test_two_requests_in_one_write_get_two_answers(front: Front) -> None:
    other = COMMENT + b" "
    async with listening(front) as port, talking(port) as (reader, writer):
        for body in (COMMENT, other):
            writer.write(head_of(body, f"Content-Length: {len(body)}") + body)

        statuses = [(await read_answer(reader))[0] for _ in range(2)]

    assert statuses == [202, 202]
    assert front.bodies_stored() == [COMMENT, other]


async def test_a_path_token_is_never_printed(
    front: Front, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    [site] = front.connections.values()
    secrets = replace(site.secrets, path_token=TOKEN)
    front.connections[site.id] = replace(site, secrets=secrets)
    async with listening(front) as port, httpx.AsyncClient() as client:
        address = f"http://127.0.0.1:{port}{PATH}/t/"
        right = await client.post(address + TOKEN, content=COMMENT)
        wrong = await client.post(address + TOKEN[:-1] + "x", content=COMMENT)
        odd = await client.get(address + TOKEN)

    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("http")]
    printed = "".join([*capfd.readouterr(), *ours])
    assert [right.status_code, wrong.status_code, odd.status_code] == [202, 401, 405]
    assert TOKEN[:-1] not in printed
    assert "intake.proof_failed" in printed
