"""What is left when the process dies without a word: real processes, really killed."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engines import until
from tests.engine.worker_process import POISON, STEPS

pytestmark = [pytest.mark.anyio, pytest.mark.process]

ROOT = Path(__file__).parents[2]
TASKS = 40


class Worker:
    """Starts worker processes on one database; each keeps its own journal."""

    def __init__(self, kind: str, url: str, folder: Path) -> None:
        self._kind = kind
        self._url = url
        self._folder = folder
        self.journals: list[Path] = []

    @property
    def is_on_sqlite(self) -> bool:
        return self._url.startswith("sqlite")

    async def begin(self, names: list[str], *executors: str) -> Process:
        """Begin under the first name; the others are dead, and their work is taken over."""
        journal = self._folder / f"journal-{len(self.journals)}"
        journal.touch()
        self.journals.append(journal)
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.engine.worker_process",
            self._kind, self._url, str(journal), *names,
            cwd=ROOT, stdout=PIPE, stderr=PIPE,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "EXECUTORS": " ".join(executors)},
        )  # fmt: skip

    async def run(self, names: list[str], *executors: str) -> dict[str, Any]:
        process = await self.begin(names, *executors)
        output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        *log, last = output.decode().splitlines()
        return {"log": log, **json.loads(last)}

    def steps_run(self, journal: int) -> list[tuple[str, int]]:
        lines = (line.split() for line in self.journals[journal].read_text().splitlines())
        return [(name, int(number)) for name, number in lines]


@pytest.fixture
def worker(database_url: tuple[str, str], tmp_path: Path) -> Worker:
    return Worker(*database_url, tmp_path)


async def test_kill_in_the_middle_loses_no_task_and_repeats_no_checkpoint(worker: Worker) -> None:
    names = [f"task-{n}" for n in range(TASKS)]
    total = TASKS * STEPS

    process = await worker.begin(names)
    await until(lambda: len(worker.steps_run(0)) > total // 3)
    process.kill()
    await process.communicate()
    before = worker.steps_run(0)
    result = await worker.run(names)
    after = worker.steps_run(1)

    assert total // 3 < len(before) < total, "the process was not killed in the middle"
    assert {name: state[0] for name, state in result["states"].items()} == dict.fromkeys(
        names, "done"
    )
    assert set(before) | set(after) == {(name, step) for name in names for step in range(STEPS)}
    # A step that has a successor was checkpointed: the next one begins only after that.
    last = dict(before)
    assert [(name, step) for name, step in after if step < last.get(name, 0)] == []
    assert max(Counter(before).values()) == 1
    assert max(Counter(after).values()) == 1


async def test_task_that_kills_its_worker_is_given_up_and_the_others_live(worker: Worker) -> None:
    """Killed in its first run and in the two recoveries it is allowed, and not begun again.

    On SQLite the same worker starts again and again, on PostgreSQL others take its work over.
    """
    is_alone = worker.is_on_sqlite
    executors = [f"worker-{1 if is_alone else run}" for run in range(4)]
    names = [POISON, "task-0", "task-1"]

    killed = []
    for run in range(3):
        process = await worker.begin(names, *reversed(executors[: run + 1]))
        await process.communicate()
        killed.append(process.returncode)
    result = await worker.run(names, *reversed(executors))

    assert killed == [-9, -9, -9]
    assert [worker.steps_run(run).count((POISON, 0)) for run in range(4)] == [1, 1, 1, 0]
    assert result["states"][POISON] == ["failed", 2]
    assert [result["states"][name][0] for name in names[1:]] == ["done", "done"]
    assert any("engine.task_given_up" in line and POISON in line for line in result["log"])
