import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISED = [
    "audit-dependencies", "bench", "check", "clean", "contracts", "demo", "docs", "fmt", "help",
    "lint", "test", "types",
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


@pytest.mark.parametrize(
    ("closing", "status"),
    [
        pytest.param("===== 3 passed in 0.10s =====", 0, id="passing"),
        pytest.param("= 1 failed, 2 passed in 61.50s (0:01:01) =", 2, id="failing"),
    ],
)
def test_ci_prints_the_closing_line_of_the_runner_last(
    tmp_path: Path, closing: str, status: int
) -> None:
    recipe = f"test:\n\t@echo '{closing}'\n\t@exit {status}\n"
    (tmp_path / "Makefile").write_text(recipe)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")

    result = subprocess.run([tmp_path / ".ci" / "run"], capture_output=True, text=True, check=False)

    assert result.returncode == status
    assert result.stdout.splitlines()[-1] == closing
