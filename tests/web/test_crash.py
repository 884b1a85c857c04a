"""kill -9 under load: what was acknowledged is in the file."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.web.fronts import COMMENT, PATH, headers

pytestmark = [pytest.mark.anyio, pytest.mark.process]
ROOT = Path(__file__).parents[2]
START_S = 60.0
SENDERS = 16
KILL_AFTER = (1, 40, 150)


@dataclass
class Load:
    """Sends deliveries without pause and notes which were acknowledged, under which id."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    target: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = 0

    async def send_until_cut(self, client: httpx.AsyncClient) -> None:
        while True:
            self._number += 1
            key = f"wh-{self._number - self._number % 7}"
            try:
                answer = await client.post(PATH, content=COMMENT, headers=headers(COMMENT, key=key))
            except httpx.TransportError:
                return
            assert answer.status_code in (200, 202)
            assert (
                self.acknowledged.setdefault(key, answer.json()["delivery"])
                == (answer.json()["delivery"])
            )
            if len(self.acknowledged) >= self.target:
                self.reached.set()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.web.front_process", str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            port = int(await process.stdout.readline())
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_nothing_acknowledged_is_lost_when_the_front_is_killed(tmp_path: Path) -> None:
    load = Load()

    for more in KILL_AFTER:
        load.target, load.reached = len(load.acknowledged) + more, asyncio.Event()
        async with (
            running(tmp_path) as (process, address),
            httpx.AsyncClient(base_url=address, timeout=START_S) as client,
            asyncio.TaskGroup() as senders,
        ):
            for _ in range(SENDERS):
                senders.create_task(load.send_until_cut(client))
            async with asyncio.timeout(START_S):
                await load.reached.wait()
            process.kill()

    database = sqlite3.connect(tmp_path / "inbox.db")
    stored = dict(database.execute("SELECT delivery_key, delivery_id FROM inbox_deliveries"))
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert len(load.acknowledged) >= sum(KILL_AFTER)
    assert {key: stored.get(key) for key in load.acknowledged} == load.acknowledged
