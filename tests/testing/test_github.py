"""The fake GitHub as a process: ready line, state file, signed webhooks, and its rules."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.github import FakeGitHub, people, seed_demo
from chargehand.testing.github.state import BOT_TOKEN
from chargehand.testing.jira.failures import Failure
from tests.house import START

HEADERS = {"authorization": f"Bearer {BOT_TOKEN}"}


@pytest.fixture
def fake() -> FakeGitHub:
    made = FakeGitHub(clock=FakeClock(START))
    seed_demo(made)
    return made


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=60)


def client_of(fake: FakeGitHub) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=fake.transport(), base_url=fake.url, headers=HEADERS)


def test_the_process_keeps_its_state_in_a_file(tmp_path: Path) -> None:
    state = tmp_path / "github.json"

    def run() -> tuple[subprocess.Popen[str], dict[str, Any]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "chargehand.testing.github", "--state", str(state)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())

    process, ready = run()
    comment = {"body": "kept"}
    url = "/repos/acme/payments/issues/1/comments"
    httpx.post(ready["api_url"] + url, json=comment, headers=HEADERS).raise_for_status()
    stop(process)
    process, ready = run()
    kept = httpx.get(ready["api_url"] + url, headers=HEADERS).json()
    stop(process)

    assert [one["body"] for one in kept] == ["kept"]
    assert ready["repositories"] == ["acme/payments", "acme/sdk"]


@pytest.mark.anyio
async def test_what_a_stranger_can_not_see_is_not_there(fake: FakeGitHub) -> None:
    fake.site.state.personal_tokens["other"] = "stranger"
    fake.site.account("stranger")

    async with client_of(fake) as client:
        other = {"authorization": "Bearer other"}
        hidden = await client.get("/repos/acme/payments", headers=other)
        open_one = await client.get("/repos/acme/sdk", headers=other)
        nobody = await client.get("/repos/acme/sdk", headers={"authorization": "Bearer x"})

    assert (hidden.status_code, open_one.status_code, nobody.status_code) == (404, 200, 401)


@pytest.mark.anyio
async def test_pages_conditions_and_moved_names(fake: FakeGitHub) -> None:
    payments = fake.site.repository("acme/payments")
    for number in range(5):
        people.comment_on(fake.site, payments, 1, author="tom-berg", body=str(number))
    url = "/repos/acme/payments/issues/1/comments?per_page=2"

    async with client_of(fake) as client:
        first = await client.get(url)
        last = await client.get(first.links["last"]["url"])
        again = await client.get(url, headers={"if-none-match": first.headers["etag"]})
        fake.site.rename(payments, "acme/money")
        moved = await client.get(url)
        followed = await client.get(moved.headers["location"])

    assert [one["body"] for one in first.json()] == ["0", "1"]
    assert [one["body"] for one in last.json()] == ["4"]
    assert "next" not in last.links
    assert (again.status_code, moved.status_code) == (304, 301)
    assert [one["body"] for one in followed.json()] == ["0", "1"]


@pytest.mark.anyio
async def test_a_repeated_write_leaves_two_and_a_cut_one_is_stored(fake: FakeGitHub) -> None:
    fake.desk.failures.add(Failure(method="POST", path=".*/comments", cut="after"))
    url = "/repos/acme/payments/issues/1/comments"

    async with client_of(fake) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(url, json={"body": "once"})
        await client.post(url, json={"body": "once"})

    assert [one["status"] for one in fake.writes()] == [0, 201]
    assert len(fake.site.repository("acme/payments").issues[1].comments) == 2
