import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISED = [
    "bench", "check", "clean", "contracts", "demo", "docs", "fmt", "help", "lint", "test", "types",
]  # fmt: skip

pytestmark = pytest.mark.process


def make(*arguments: str) -> str:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_make_alone_explains_every_target() -> None:
    explained = re.findall(r"^  ([a-z-]+) +\S", make(), flags=re.MULTILINE)
    written = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)

    assert sorted(explained) == sorted(written)
    assert set(PROMISED) <= set(explained)


@pytest.mark.parametrize("target", [target for target in PROMISED if target != "help"])
def test_target_says_what_it_does(target: str) -> None:
    printed = make("--dry-run", "--always-make", target)

    assert f"echo '{target}: " in printed


def test_environment_refuses_an_interpreter_that_is_missing(tmp_path: Path) -> None:
    command = [
        "tools/make_venv.sh",
        "no-such-python",
        str(tmp_path / "venv"),
        "requirements/dev.txt",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert "no-such-python is missing or older than Python 3.11" in result.stderr
    assert not (tmp_path / "venv").exists()


def test_ci_ends_with_the_test_command() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.strip()]

    assert lines[-1] == "exec make test </dev/null"
