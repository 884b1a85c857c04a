import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.cli.outside import (
    OnTerminal,
    environ,
    in_background,
    run_chargehand,
    run_shell,
    running_in,
    wait_until,
)

pytestmark = pytest.mark.process
STAGES = ("delivery", "event", "decision", "action", "approval", "effect", "echo")
_SABOTAGE = """\
import os, sys
if "serve" in sys.orig_argv:
    os.write(2, b"the printer is on fire\\n")
    os._exit(7)
"""


@dataclass(frozen=True)
class Shown:
    """A demo that ran without a terminal."""

    home: Path
    code: int
    text: str
    errors: str

    def commands(self, heading: str) -> list[str]:
        section = self.text.partition(heading)[2].partition("\n\n")[0]
        lines = [line.strip() for line in section.splitlines()[1:]]
        return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def shown(home: Path) -> Shown:
    """The demo in a folder of its own, with another chargehand configured in the shell."""
    other = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "PORT": "1"}
    ran = run_chargehand(["demo"], cwd=home, env=environ(**other))
    return Shown(home, ran.returncode, ran.stdout, ran.stderr)


def test_demo_ends_well_and_leaves_nothing_running(shown: Shown) -> None:
    assert (shown.code, shown.errors) == (0, "")
    assert running_in(shown.home) == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_shown_with_its_time(shown: Shown, stage: str) -> None:
    timed = r"\s+[\d,]+ ms " if stage != "echo" else r"\s+"

    assert re.search(rf"^{timed}{stage} ", shown.text, re.MULTILINE), shown.text


@pytest.mark.parametrize(
    "words",
    [
        "signature verified",
        "comment.created on PAY-7 by Mei Tanaka",
        "“@Chargehand what is blocking this?”",
        "respond, by rule",
        "source: PAY-7",
        "PAY-7 is blocked by 1 open item:",
        "There is no terminal to ask on, so the demo approves by itself.",
        "Exactly one reply",
        "#pay, exactly this:",
        "[Approve]  [Reject]",
        "Ana Ruiz pressed Approve: jira.assign_issue is executed",
        "Approved by Ana Ruiz",
    ],
)
def test_what_matters_is_told(shown: Shown, words: str) -> None:
    assert words in shown.text


def test_reply_is_read_back_from_the_thread(shown: Shown) -> None:
    thread = shown.text.partition("read back from Jira")[2].partition("Exactly one")[0]

    assert thread.count("  > Chargehand") == 1
    assert "@Mei Tanaka PAY-7 is blocked by 1 open item:" in thread
    assert "- PAY-12 Ledger entries for partial refunds (In Review)" in thread


def test_plain_output_has_no_escape_sequences(shown: Shown) -> None:
    assert "\x1b" not in shown.text


def test_audit_line_has_its_exact_form(shown: Shown) -> None:
    assert re.search(r"^audit: [1-9]\d* records, chain verified$", shown.text, re.MULTILINE)


def test_commands_look_at_the_folder_again(shown: Shown) -> None:
    records = re.search(r"audit: (\d+) records", shown.text)
    assert records is not None

    ran = [run_shell(line, cwd=shown.home) for line in shown.commands("Look at it again")]

    assert [one.returncode for one in ran] == [0, 0, 0], [one.stderr for one in ran]
    trace, verified, decisions = (one.stdout for one in ran)
    assert "what is blocking this?" in trace
    assert f"{records[1]} records" in verified
    assert "PAY-7" in decisions


def test_ports_are_not_lent_to_connections_meanwhile(shown: Shown) -> None:
    lent, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", shown.text)}

    assert len(ports) == 3
    assert max(ports) < int(lent)


def test_commands_let_it_go_on(shown: Shown) -> None:
    _begin_secrets_with_a_stroke(shown.home)
    jira, chat, serve, _ = shown.commands("Go on with it")
    site = re.search(r"fake Jira +(\S+),", shown.text)
    server = re.search(r"server +(\S+), ready", shown.text)
    assert site is not None
    assert server is not None

    with (
        in_background(jira, cwd=shown.home),
        in_background(chat, cwd=shown.home),
        in_background(serve, cwd=shown.home),
        httpx.Client(trust_env=False) as http,
    ):
        wait_until(lambda: _is_up(http, f"{site[1]}/__fake__/clock"), "the fake answers")
        wait_until(lambda: _is_up(http, f"{server[1]}/ready"), "the server is ready")
        _say_as_printed(http, shown)
        listed = shown.commands("Look at it again")[2]
        decided = listed.replace("--last 5", "--last 50") + " --json"
        wait_until(
            lambda: _answers(run_shell(decided, cwd=shown.home).stdout) == 4, "another answer"
        )
    wait_until(lambda: running_in(shown.home) == [], "nothing runs any more")


def _begin_secrets_with_a_stroke(home: Path) -> None:
    """One secret in 64 does by chance, and looks like an option then."""
    (env,) = home.glob("demo-data/*/.env")
    env.write_text(re.sub(r"_SECRET=", "_SECRET=-", env.read_text()))


def test_demo_works_again_in_the_same_place(shown: Shown) -> None:
    again = run_chargehand(["demo"], cwd=shown.home)

    assert again.returncode == 0, again.stderr
    assert "chain verified" in again.stdout
    assert len(list((shown.home / "demo-data").iterdir())) == 2
    assert running_in(shown.home) == []


def test_no_on_a_terminal_posts_nothing(tmp_path: Path) -> None:
    terminal = OnTerminal(["demo", "--folder", "mine"], cwd=tmp_path)
    terminal.read_until("Approve? [Y/n/e(dit)]")

    terminal.type("n")
    terminal.read_until("Press Approve as Ana Ruiz? [Y/n]")
    terminal.type("n")

    assert terminal.end() == 0, terminal.shown
    assert "Ana Ruiz pressed Reject: jira.assign_issue is rejected" in terminal.shown
    assert "rejected by key:demo" in terminal.shown
    assert "nothing was posted" in terminal.shown
    assert "\x1b[" in terminal.shown
    state = json.loads((tmp_path / "mine" / "jira.json").read_text())
    authors = [comment["author"] for comment in state["threads"]["PAY-7"].values()]
    assert state["bot"] not in authors
    assert running_in(tmp_path) == []


def test_edit_on_a_terminal_posts_the_new_words(tmp_path: Path) -> None:
    terminal = OnTerminal(["demo", "--folder", "mine"], cwd=tmp_path)
    terminal.read_until("Approve? [Y/n/e(dit)]")

    terminal.type("e")
    terminal.read_until("EDITOR is not set")
    terminal.type("Ask Tom Berg.")
    terminal.read_until("this is the new one")
    terminal.type("y")
    terminal.read_until("Press Approve as Ana Ruiz? [Y/n]")
    terminal.type("y")

    assert terminal.end() == 0, terminal.shown
    assert "@Mei Tanaka Ask Tom Berg." in terminal.shown


@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGINT, id="ctrl-c"), pytest.param(signal.SIGKILL, id="kill-9")],
)
def test_interrupted_demo_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    terminal = OnTerminal(["demo"], cwd=tmp_path)
    terminal.read_until("Approve? [Y/n/e(dit)]")

    os.killpg(terminal.process.pid, number)

    assert terminal.end() == (130 if number is signal.SIGINT else -signal.SIGKILL)
    wait_until(lambda: running_in(tmp_path) == [], "nothing runs any more")


def test_server_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_SABOTAGE)

    ran = run_chargehand(["demo"], cwd=tmp_path, env=environ(PYTHONPATH=str(tmp_path)))

    assert ran.returncode == 3
    assert "while starting the server" in ran.stderr
    assert "server ended by itself with exit code 7" in ran.stderr
    assert "the printer is on fire" in ran.stderr
    assert running_in(tmp_path) == []


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_taken_port_is_refused_before_anything_is_made(tmp_path: Path, taken_port: int) -> None:
    ran = run_chargehand(["demo", "--port", str(taken_port)], cwd=tmp_path)

    assert ran.returncode == 2
    assert f"Port {taken_port} of this machine can not be used" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")

    ran = run_chargehand(["demo", "--folder", str(tmp_path)], cwd=tmp_path)

    assert ran.returncode == 2
    assert "is not empty" in ran.stderr


def _is_up(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(url).status_code == 200
    except httpx.TransportError:
        return False


def _answers(decisions: str) -> int:
    return sum(one["should_respond"] for one in json.loads(decisions)["items"])


def _say_as_printed(http: httpx.Client, shown: Shown) -> None:
    """What the printed curl command does, on machines that have no curl too."""
    printed = shown.commands("Go on with it")[3]
    found = re.fullmatch(r"curl (\S+) -d '(.*)'", printed)
    assert found is not None, printed
    http.post(found[1], content=found[2]).raise_for_status()
