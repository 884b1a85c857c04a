"""Two processes decide the same approval at the same moment: one wins, the other is told who."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.api.conftest import Place
from tests.web.api.world import World

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[3]


def _start(place: Place, name: str, approval_id: str) -> "subprocess.Popen[str]":
    folder, url = place
    command = [sys.executable, "-m", "tests.web.api.approving_process", str(folder)]
    return subprocess.Popen(
        [*command, name, approval_id, *([] if url is None else [url])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )


def _read(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_first_of_two_processes_wins(world: World, place: Place) -> None:
    told = world.comment()
    names = ("alice", "bob")
    processes = [_start(place, name, told.approval_id) for name in names]
    assert [_read(process) for process in processes] == ["ready\n", "ready\n"]

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = {
        name: json.loads(_read(process)) for name, process in zip(names, processes, strict=True)
    }
    codes = [process.wait(60) for process in processes]
    for process in processes:
        process.communicate()

    assert codes == [0, 0]
    by_status = {result["status"]: name for name, result in results.items()}
    assert sorted(by_status) == [200, 409]
    winner, loser = by_status[200], by_status[409]
    assert results[winner]["body"]["decided_by"] == f"key:{winner}"
    assert results[loser]["body"]["code"] == "already_decided"
    assert results[loser]["body"]["decided_by"] == f"key:{winner}"
    approved = [
        record
        for record in world.database.read(lambda tx: tx.audit.about(told.approval_id))
        if record.tag == "person:approval:approved"
    ]
    assert len(approved) == 1
