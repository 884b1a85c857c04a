"""Every command teaches itself, and `--help` waits for nothing large."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from chargehand.cli.app import app
from tests.cli.terminal import Terminal, write_config
from tests.house import house_settings
from tests.processes.service import running_fake

LARGE = ("sqlalchemy", "pydantic", "httpx", "rich", "dbos", "starlette", "holidays", "asyncio")


def commands() -> Iterator[tuple[str, ...]]:
    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield path
        for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
            yield from walk(command.get_command(None, name), (*path, name))

    return walk(get_command(app), ())


COMMANDS = [path for path in commands() if path]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_of_every_command_shows_an_example(
    quiet_terminal: Terminal, path: tuple[str, ...]
) -> None:
    shown = quiet_terminal.done(*path, "--help").out

    assert "Example: chargehand" in shown
    assert path[0] in shown.split("Example: chargehand", 1)[1].split("\n\n", 1)[0]


def test_help_loads_nothing_large() -> None:
    look = (
        "import sys, json\n"
        "from chargehand.cli.app import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"found = [name for name in {LARGE!r} if name in sys.modules]\n"
        "sys.stderr.write(json.dumps(found))\n"
    )

    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert "approvals" in ended.stdout
    assert json.loads(ended.stderr) == []


def test_unknown_command_is_exit_2_with_a_sentence(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("aprovals")

    assert ended.code == 2
    assert "aprovals" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.process
def test_word_that_is_no_choice_is_told_with_the_choices_alone(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("modes", "set", "perhaps")

    assert ended.code == 2
    assert "'mode': 'perhaps' is not one of 'simulate', 'approve', 'auto'." in ended.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(None, "Run `chargehand init` to write one.", id="missing"),
        pytest.param("[server", "can not be read: Expected ']'", id="unreadable"),
        pytest.param("[server]\nprot = 1", "Correct the named fields.", id="wrong"),
    ],
)
def test_doctor_says_once_what_to_do_about_a_configuration(
    quiet_terminal: Terminal, tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "other.toml"
    if text is not None:
        file.write_text(text)

    told = quiet_terminal.run("-c", str(file), "doctor").out

    assert words in told
    assert told.count("Correct") + told.count("chargehand init") == (text != "[server")


def test_clock_can_be_taken_from_a_fake(data_dir: Path, tmp_path: Path) -> None:
    """Whoever tries the service with a fake's clock can decide by that clock too."""
    config = write_config(house_settings(data_dir), tmp_path)
    with running_fake(tmp_path / "fake.json") as site:
        site.post("/__fake__/clock", {"now": "2031-05-05T10:00:00+00:00"})
        ended = subprocess.run(
            [sys.executable, "-m", "chargehand", "-c", str(config), "status"],
            env={**os.environ, "CHARGEHAND_CLOCK_FROM": site.url},
            capture_output=True,
            text=True,
            check=True,
        )

    assert ended.stdout.startswith("chargehand ")
    # However long the machine takes: the year is what tells whose clock it was.
    assert ", 2031-05-05 12:0" in ended.stdout.splitlines()[0]


def test_reader_who_leaves_early_is_no_error(config: Path) -> None:
    command = f"{sys.executable} -m chargehand -c {config} audit export | head -c 10"

    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)

    assert ended.stdout == '{"seq": 1,'
    assert ended.stderr == ""
