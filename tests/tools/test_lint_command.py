import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.process


def lint(folder: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.lint", *paths]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def write(folder: Path, path: str, text: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_command_prints_place_rule_and_message_and_fails(tmp_path: Path) -> None:
    write(tmp_path, "src/chargehand/policy/modes.py", "import time\n\nx = time.time()\n")
    write(tmp_path, "src/chargehand/policy/__pycache__/utils.py", "")

    result = lint(tmp_path, "src")

    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "src/chargehand/policy/modes.py:3: system-clock: time.time: take `now` as an argument",
        "tools.lint: 1 files, 1 findings, 0 suppressions",
    ]


def test_command_counts_suppressions_and_succeeds_without_findings(tmp_path: Path) -> None:
    code = "import time\n\nx = time.time()  # lint: allow system-clock — it measures the machine.\n"
    write(tmp_path, "src/chargehand/policy/modes.py", code)
    write(tmp_path, "docs/policy.md", "Nothing of one machine.\n")

    result = lint(tmp_path, "src", "docs")

    assert (result.returncode, result.stdout) == (
        0,
        "tools.lint: 2 files, 0 findings, 1 suppressions\n",
    )


def test_command_refuses_a_path_that_is_not_there(tmp_path: Path) -> None:
    result = lint(tmp_path, "no/such/folder")

    assert result.returncode == 2
    assert "no/such/folder" in result.stderr


def test_command_refuses_to_check_nothing(tmp_path: Path) -> None:
    assert lint(tmp_path).returncode == 2
