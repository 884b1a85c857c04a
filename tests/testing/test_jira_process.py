"""The fake as a process and on a real port: ready line, webhooks, cuts, help."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargehand.kit.signing import hmac_sha256_hex
from chargehand.testing.jira import FakeJira, serving

pytestmark = [pytest.mark.anyio, pytest.mark.process]

COMMAND = [sys.executable, "-m", "chargehand.testing.jira"]
SECRET = "s3cret"


@contextmanager
def running(*arguments: str) -> Iterator[dict[str, Any]]:
    """Start the fake, yield its ready line, and end it politely."""
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        code = process.wait(timeout=60)
        process.stdout.close()
    assert code == 0


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, asyncio.Queue[tuple[dict[str, str], bytes]]]]:
    """A plain HTTP receiver that puts every request into a queue."""
    received: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await received.put((headers, body))

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}/webhooks/jira", received


async def test_comment_by_control_reaches_the_webhook_signed(tmp_path: Path) -> None:
    async with listening() as (url, received):
        arguments = ("--port", "0", "--webhook-url", url, "--webhook-secret", SECRET)
        with running(*arguments, "--state", str(tmp_path / "s.json")) as ready:
            async with httpx.AsyncClient(base_url=ready["url"]) as client:
                said = await client.post(
                    "/__fake__/issues/PAY-7/comments",
                    json={"author": "Ana Ruiz", "body": f"[~accountid:{ready['account_id']}] due?"},
                )
                headers, body = await asyncio.wait_for(received.get(), 60)

    payload = json.loads(body)
    assert said.status_code == 200
    assert payload["webhookEvent"] == "comment_created"
    assert payload["comment"]["body"] == f"[~accountid:{ready['account_id']}] due?"
    assert headers["x-hub-signature"] == f"sha256={hmac_sha256_hex(SECRET.encode(), body)}"
    assert headers["x-atlassian-webhook-identifier"] == said.json()["webhooks"][0]


async def test_state_is_continued_and_the_seed_left_out(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "s.json"))
    with running(*state) as first:
        auth = (first["email"], first["token"])
        async with httpx.AsyncClient(base_url=first["url"], auth=auth) as client:
            await client.put("/rest/api/3/issue/PAY-7", json={"fields": {"summary": "kept"}})
    with running(*state) as second:
        async with httpx.AsyncClient(base_url=second["url"], auth=auth) as client:
            issue = (await client.get("/rest/api/3/issue/PAY-7")).json()
            requests = (await client.get("/__fake__/requests")).json()

    assert (first["is_new"], second["is_new"]) == (True, False)
    assert issue["fields"]["summary"] == "kept"
    assert [request["method"] for request in requests["requests"]] == ["PUT", "GET"]


@pytest.mark.parametrize(("cut", "stored"), [("before", 3), ("after", 4)])
async def test_cut_ends_a_real_connection(fake: FakeJira, cut: str, stored: int) -> None:
    bot = fake.person("Chargehand")
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "x"}]}
    body = {"body": {"type": "doc", "version": 1, "content": [paragraph]}}
    fake.inject(method="POST", cut=cut)  # type: ignore[arg-type]

    async with serving(fake) as url:
        auth = (bot.email, bot.token)
        async with httpx.AsyncClient(base_url=url, auth=auth) as client:
            with pytest.raises(httpx.TransportError):
                await client.post("/rest/api/3/issue/PAY-7/comment", json=body)
            info = (await client.get("/rest/api/3/serverInfo")).json()

    assert len(fake.state.threads["PAY-7"]) == stored
    assert info["baseUrl"] == url


def test_help_teaches() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)

    for word in ("--state", "--seed", "--webhook-secret", "/__fake__/failures", "PAY-7", "curl"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--webhook-secret", "x"], "--webhook-url"),
        (["--seed", "moon"], "demo"),
        (["--port", "many"], "--port"),
    ],
    ids=["secret alone", "seed", "port"],
)
def test_wrong_arguments_are_explained(arguments: list[str], hint: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert hint in done.stderr


def test_unusable_state_file_ends_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("no json")

    done = subprocess.run(
        [*COMMAND, "--state", str(tmp_path / "s.json")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "can not be used" in done.stderr
    assert "Traceback" not in done.stderr
