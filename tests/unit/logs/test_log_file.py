"""The log file: put aside in time, kept for long enough, and shared by several processes."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from chargehand.kit.clock import SystemClock
from chargehand.logs.file import LogFile, LogLimits
from chargehand.testing.clock import FakeClock

LIMITS = LogLimits(max_bytes=100, keep=3, keep_days=7)
LINE = "x" * 39 + "\n"
PROGRAM = """
import sys
from pathlib import Path
from chargehand.kit.clock import SystemClock
from chargehand.logs.file import LogFile, LogLimits
log = LogFile(Path(sys.argv[1]), LogLimits(max_bytes=4096, keep=500, keep_days=7), SystemClock())
for number in range(400):
    log.write(f"{sys.argv[2]} {number:04d} " + "x" * 50 + "\\n")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log" / "chargehand.log"


@pytest.fixture
def clock() -> FakeClock:
    # The files get their times from the machine.
    return FakeClock(SystemClock().now())


def sizes(path: Path) -> dict[str, int]:
    return {
        file.name: file.stat().st_size
        for file in path.parent.iterdir()
        if not file.name.endswith(".lock")
    }


def test_file_is_put_aside_before_it_is_too_large(path: Path, clock: FakeClock) -> None:
    log = LogFile(path, LIMITS, clock)

    for _ in range(5):
        log.write(LINE)

    log.close()
    assert sizes(path) == {"chargehand.log": 40, "chargehand.log.1": 80, "chargehand.log.2": 80}


def test_only_so_many_older_files_stay(path: Path, clock: FakeClock) -> None:
    log = LogFile(path, LIMITS, clock)

    for _ in range(50):
        log.write(LINE)

    log.close()
    assert sorted(sizes(path)) == ["chargehand.log", *(f"chargehand.log.{n}" for n in (1, 2, 3))]


def test_new_day_begins_a_new_file_and_old_ones_go(path: Path, clock: FakeClock) -> None:
    log = LogFile(path, LIMITS, clock)
    log.write("yesterday\n")
    eight_days_ago = (clock.now() - timedelta(days=8)).timestamp()
    old = path.with_name("chargehand.log.2")
    old.write_text("long ago\n")
    os.utime(old, (eight_days_ago, eight_days_ago))

    clock.advance(86_400)
    log.write("today\n")

    log.close()
    assert path.read_text() == "today\n"
    assert path.with_name("chargehand.log.1").read_text() == "yesterday\n"
    assert sorted(sizes(path)) == ["chargehand.log", "chargehand.log.1"]


def test_line_larger_than_a_file_is_written_whole(path: Path, clock: FakeClock) -> None:
    log = LogFile(path, LIMITS, clock)

    log.write("y" * 500 + "\n")

    log.close()
    assert path.stat().st_size == 501


def test_file_that_somebody_moved_is_followed(path: Path, clock: FakeClock) -> None:
    """As logrotate does it, without telling anybody."""
    log = LogFile(path, LIMITS, clock)
    log.write("one\n")

    path.rename(path.with_name("moved"))
    log.write("two\n")

    log.close()
    assert path.read_text() == "two\n"


def test_file_that_can_not_be_written_lets_its_lines_go_to_stderr(
    path: Path, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogFile(path, LIMITS, clock)
    path.unlink()
    path.parent.rename(path.parent.with_name("gone"))
    path.parent.write_text("in the way")

    log.write("still told\n")

    assert capsys.readouterr().err == "still told\n"


def test_file_is_the_operators_alone(path: Path, clock: FakeClock) -> None:
    LogFile(path, LIMITS, clock).close()

    assert path.stat().st_mode & 0o077 == 0


def test_several_processes_share_a_file_and_lose_no_line(path: Path) -> None:
    names = ("front", "worker", "third")
    running = [subprocess.Popen([sys.executable, "-c", PROGRAM, str(path), name]) for name in names]
    assert [process.wait(60) for process in running] == [0, 0, 0]

    lines = [
        line
        for file in path.parent.iterdir()
        if not file.name.endswith(".lock")
        for line in file.read_text().splitlines()
    ]

    assert sorted(line[: line.index(" x")] for line in lines) == sorted(
        f"{name} {number:04d}" for name in names for number in range(400)
    )
    assert all(line.endswith(" " + "x" * 50) for line in lines)
    # Each process may add the line it was about to write when another one looked.
    assert max(sizes(path).values()) <= 4096 + 3 * 100
