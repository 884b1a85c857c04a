import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargehand.cli.demo_folder import choose_port
from tests.cli.outside import (
    OnTerminal,
    environ,
    in_background,
    run_chargehand,
    running_in,
    wait_until,
)

pytestmark = pytest.mark.process
_SECRET = "the-signing-secret-of-this-test"
_WATCH = (
    "from pathlib import Path; from chargehand.cli.context import Invocation; "
    "from chargehand.cli.watching import serve_and_watch; "
    "serve_and_watch(Invocation(config=Path('chargehand.toml')))"
)


@dataclass(frozen=True)
class Jira:
    """A fake Jira that runs, and the port of the server it tells of its comments."""

    url: str
    bot: str
    server_port: int

    def call(self, path: str, body: Any) -> None:
        with httpx.Client(trust_env=False) as http:
            http.post(f"{self.url}/__fake__{path}", json=body).raise_for_status()

    def say(self, words: str, *, item: str = "PAY-7", author: str = "Mei Tanaka") -> None:
        body = words.replace("@bot", f"[~accountid:{self.bot}]")
        self.call(f"/issues/{item}/comments", {"author": author, "body": body})


@pytest.fixture
def jira(tmp_path: Path) -> Iterator[Jira]:
    port = choose_port(None)
    folder = tmp_path / "jira"
    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "chargehand.testing.jira",
        f"--webhook-url=http://127.0.0.1:{port}/webhooks/jira/jira",
        f"--webhook-secret={_SECRET}",
    ]
    with in_background(shlex.join(command), cwd=folder):
        log = folder / "background.log"
        wait_until(lambda: "\n" in log.read_text(), "the fake is ready")
        ready = json.loads(log.read_text().partition("\n")[0])
        yield Jira(ready["url"], ready["account_id"], port)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def watched(home: Path, jira: Jira) -> Iterator[OnTerminal]:
    """The live view of a service that gets webhooks."""
    (home / "chargehand.toml").write_text(
        f"server.port = {jira.server_port}\n"
        f'[[connections]]\nsite = "{jira.url}"\nemail = "chargehand@example.com"\n'
        'projects = ["PAY"]\nintake = "webhook"\n'
    )
    (home / ".env").write_text(
        f"ATLASSIAN_API_TOKEN=fake-api-token-of-chargehand\nJIRA_WEBHOOK_SECRET={_SECRET}\n"
    )
    terminal = OnTerminal([], cwd=home, program=(sys.executable, "-c", _WATCH))
    terminal.read_until("Waiting for the first comment that mentions Chargehand in PAY")
    yield terminal
    if terminal.process.poll() is None:
        os.killpg(terminal.process.pid, signal.SIGINT)
        terminal.end()


def test_init_waits_for_the_first_comment_and_shows_the_answer(home: Path, jira: Jira) -> None:
    flags = [
        *("--site", jira.url, "--email", "chargehand@example.com", "--projects", "PAY,HELP"),
        *("--time-zone", "Europe/Madrid", "--hours", "9-17", "--holidays", "ES"),
        *("--public-url", "none", "--replies", "approve", "--port", str(jira.server_port)),
        *("--model", "none"),
    ]
    env = environ(ATLASSIAN_API_TOKEN="fake-api-token-of-chargehand", JIRA_POLL_INTERVAL="1")
    terminal = OnTerminal(["init", *flags], cwd=home, env=env)
    terminal.read_until("Waiting for the first comment that mentions Chargehand in HELP, PAY")

    jira.say("Lunch?", item="PAY-3", author="Ana Ruiz")
    terminal.read_until("does not mention the bot")
    jira.say("@bot who is on it?")
    terminal.read_until("Send it: chargehand approvals approve")
    short_id = re.findall(r"approvals approve (\w{6})", terminal.shown)[0]
    approved = run_chargehand(["approvals", "approve", short_id], cwd=home, env=env)
    terminal.read_until("executed: comment")
    os.killpg(terminal.process.pid, signal.SIGINT)

    assert terminal.end() == 0, terminal.shown
    assert approved.returncode == 0, approved.stderr
    assert "“@Chargehand who is on it?”" in terminal.shown
    assert "Assigned to Ana Ruiz" in terminal.shown
    assert "Stopped. Run it for good: chargehand" in terminal.shown
    assert running_in(home) == []


def test_only_the_first_comment_without_a_mention_is_shown(watched: OnTerminal, jira: Jira) -> None:
    jira.say("first words")
    watched.read_until("first words")

    jira.say("second words")
    jira.say("@bot when is it due?")
    watched.read_until("Nothing was sent.")

    assert "second words" not in watched.shown
    assert "mode simulate: recorded, never sent" in watched.shown


def test_late_question_is_explained(watched: OnTerminal, jira: Jira) -> None:
    jira.call("/clock", {"advance_s": -3 * 3600})

    jira.say("@bot when is it due?")

    watched.read_until("chargehand asks late")
    assert "waits for a person" in watched.shown
    assert "exactly this" not in watched.shown


def test_service_that_ends_is_told_with_its_last_words(
    watched: OnTerminal, home: Path, jira: Jira
) -> None:
    (supervisor,) = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _is_supervisor(process, home)
    ]

    os.kill(supervisor, signal.SIGKILL)

    assert watched.end() != 0
    assert "serve ended by itself with exit code -9" in watched.shown
    assert "The end of" in watched.shown
    wait_until(lambda: running_in(home) == [], "nothing runs any more")


def _is_supervisor(process: Path, home: Path) -> bool:
    try:
        is_here = (process / "cwd").readlink() == home
        return is_here and (process / "cmdline").read_bytes().endswith(b"\0serve\0")
    except OSError:
        return False
