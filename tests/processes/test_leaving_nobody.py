"""What tests start ends with them: at the end of their patience, and when they are killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chargehand.testing.families import run_family
from tests.processes.service import wait_until

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    # Nobody may be there to take note of its end.
    return state != "Z"


def test_test_that_is_killed_leaves_nobody_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.processes.left_alone", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as left:
        assert left.stdout is not None
        everybody = json.loads(left.stdout.readline())
        left.kill()

    assert len(everybody) >= 3
    wait_until(lambda: not any(map(runs, everybody)), "everybody has ended")


def test_end_of_patience_ends_a_whole_family(tmp_path: Path) -> None:
    told = tmp_path / "pids"
    # Whoever ignores being asked, too.
    family = f"trap '' TERM INT; sleep 600 & echo $! $$ >{told}; echo started; wait"

    with pytest.raises(subprocess.TimeoutExpired) as late:
        run_family(["bash", "-c", family], timeout_s=2, cwd=tmp_path)

    assert "started" in late.value.stdout
    assert [pid for pid in map(int, told.read_text().split()) if runs(pid)] == []
