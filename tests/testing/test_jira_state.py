"""The state file: what survives a restart, and what a damaged file says."""

import asyncio
import json
from pathlib import Path

import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import FakeJira, seed_demo
from chargehand.testing.jira.refusals import StateUnreadable

pytestmark = pytest.mark.anyio

THREAD = "/rest/api/3/issue/PAY-7/comment"


def body(words: str) -> dict[str, object]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
    return {"body": {"type": "doc", "version": 1, "content": [paragraph]}}


def stored_thread(path: Path) -> dict[str, object]:
    thread: dict[str, object] = json.loads(path.read_text("utf-8"))["threads"]["PAY-7"]
    return thread


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "site.json"


@pytest.fixture
def kept(clock: FakeClock, path: Path) -> FakeJira:
    jira = FakeJira(clock=clock, state_path=path)
    seed_demo(jira)
    jira.saver.save_now()
    return jira


async def test_everything_survives_a_restart(kept: FakeJira, clock: FakeClock, path: Path) -> None:
    kept.move_clock(120)
    async with kept.client(kept.person("Chargehand")) as client:
        await client.post(THREAD, json=body("one"))
        await client.get("/rest/api/3/myself")

    again = FakeJira(clock=clock, state_path=path)

    assert again.state == kept.state
    assert again.requests == kept.requests
    assert again.clock.now() == kept.clock.now()
    assert (kept.is_new, again.is_new) == (True, False)


async def test_ids_go_on_after_a_restart(kept: FakeJira, clock: FakeClock, path: Path) -> None:
    first = kept.comment("PAY-7", author="Ana Ruiz", body="one")

    second = FakeJira(clock=clock, state_path=path).comment("PAY-7", author="Ana Ruiz", body="two")

    assert int(second.id) == int(first.id) + 1


async def test_every_answered_write_is_in_the_file(kept: FakeJira, path: Path) -> None:
    async with kept.client(kept.person("Chargehand")) as client:
        answers = await asyncio.gather(
            *(client.post(THREAD, json=body(str(number))) for number in range(20))
        )

    stored = stored_thread(path)
    assert {answer.json()["id"] for answer in answers} <= set(stored)
    assert [file.name for file in path.parent.iterdir() if file.name.endswith(".new")] == []


async def test_torn_last_line_of_the_record_is_dropped(
    kept: FakeJira, clock: FakeClock, path: Path
) -> None:
    async with kept.client(kept.person("Chargehand")) as client:
        await client.get("/rest/api/3/myself")
    record = path.with_name("site.json.requests.jsonl")
    with record.open("ab") as file:
        file.write(b'{"number": 2, "met')

    again = FakeJira(clock=clock, state_path=path)
    async with again.client(again.person("Chargehand")) as client:
        await client.get("/rest/api/3/field")

    third = FakeJira(clock=clock, state_path=path)
    assert [request.path for request in third.requests] == [
        "/rest/api/3/myself",
        "/rest/api/3/field",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"people": 1}', b"\xff\xfe"], ids=["empty", "array", "type", "bytes"]
)
def test_damaged_state_is_named(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(StateUnreadable, match=r"site\.json"):
        FakeJira(state_path=path)


def test_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    jira = FakeJira(state_path=tmp_path / "missing" / "site.json")

    with pytest.raises(StateUnreadable, match="missing"):
        jira.saver.save_now()
