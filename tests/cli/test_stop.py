"""`stop` and `resume`: at once, twice, without a database, and what they say about it."""

import pytest

from chargehand.cli.doctor import offline_checks
from chargehand.config.settings import Settings
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


def test_stop_is_told_everywhere_until_it_is_resumed(
    quiet_terminal: Terminal, settings: Settings
) -> None:
    first = quiet_terminal.done("stop", "--project", "pay", "--reason", "odd answers")
    again = quiet_terminal.done("stop", "--project", "PAY")

    assert "STOPPED: project PAY, in every process." in first.out
    assert "Nothing of it was under way." in first.out
    assert "Stopped already: project PAY, since 2026-11-19" in again.out
    shown = quiet_terminal.done("status").out
    assert "STOPPED: project PAY." in shown
    assert "odd answers" in shown
    assert len(quiet_terminal.done("status", "--json").json["stops"]) == 1
    found = {one.name: one.found for one in offline_checks(settings)}
    assert "project PAY is stopped" in found["stop"]
    wrong = quiet_terminal.run("resume", "--all")
    assert (wrong.code, "Stopped now: project PAY" in wrong.err) == (2, True)
    assert "Resumed: project PAY" in quiet_terminal.done("resume", "--project", "PAY").out
    assert "STOPPED" not in quiet_terminal.done("status").out


def test_narrower_stop_outlives_the_wider_one(quiet_terminal: Terminal) -> None:
    quiet_terminal.done("stop", "--connector", "jira")
    quiet_terminal.done("stop", "--all")

    ended = quiet_terminal.done("resume", "--all")

    assert "STILL STOPPED: connector jira." in ended.out


async def test_what_is_under_way_is_named_with_its_end(house: House, terminal: Terminal) -> None:
    house.mode("auto")
    house.wire.deaths.append(("POST", "/rest/api/3/issue/PAY-7/comment", "after"))
    await house.say("@bot what's blocking this?")
    await house.settle_until_killed()

    ended = terminal.done("stop", "--all", "--wait", "0")

    action_id = house.actions[0].id
    assert f"{action_id} jira.add_comment PAY-7 left" in " ".join(ended.out.split())
    assert f"{action_id} is still open; `chargehand trace {action_id}`" in ended.out
    await house.wait(120)
    assert house.actions[0].state.value == "executed"


def test_stop_works_without_a_database(quiet_terminal: Terminal, settings: Settings) -> None:
    folder = settings.storage.data_dir
    (folder / "main.db").write_bytes(b"this is no database")

    ended = quiet_terminal.done("stop", "--connector", "jira")
    quiet_terminal.done("stop", "--project", "PAY")

    assert f"STOPPED by the file {folder / 'STOP'}: connector jira." in ended.out
    assert "can not be used" in ended.err
    assert (folder / "STOP").read_text() == "connector:jira\nproject:PAY\n"


def test_file_is_taken_away_by_resume(quiet_terminal: Terminal, settings: Settings) -> None:
    file = settings.storage.data_dir / "STOP"
    file.write_text("# hold it\nproject:PAY, connector:jira\n")

    shown = quiet_terminal.done("status").out
    ended = quiet_terminal.done("resume", "--project", "PAY")

    assert "STOPPED: project PAY (by file), connector jira (by file)." in shown
    assert "STILL STOPPED: connector jira (by file)." in ended.out
    assert file.read_text() == "connector:jira\n"
    quiet_terminal.done("resume", "--connector", "jira")
    assert not file.exists()


def test_junk_in_the_file_stops_everything_and_says_so(
    quiet_terminal: Terminal, settings: Settings
) -> None:
    file = settings.storage.data_dir / "STOP"
    file.write_bytes(b"\xff\x00 halt")

    shown = quiet_terminal.done("status").out

    assert "STOPPED: everything (by file)." in shown
    assert "so everything is stopped" in shown
    quiet_terminal.done("resume", "--all")
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("stop",), "--all, --project KEY", id="nothing"),
        pytest.param(("stop", "--all", "--project", "PAY"), "Name one scope", id="two"),
        pytest.param(("stop", "--project", "PYA"), "allowed: HELP, PAY", id="project"),
        pytest.param(("stop", "--connector", "slak"), "allowed: jira", id="connector"),
        pytest.param(("stop", "--agent", "anna"), "allowed: chargehand", id="agent"),
        pytest.param(("stop", "--all", "--reason", "x" * 501), "at most 500", id="reason"),
        pytest.param(("resume",), "--after-restore", id="resume-nothing"),
        pytest.param(("resume", "--all", "--after-restore"), "Say what to resume", id="both"),
        pytest.param(("resume", "--all"), "Stopped now: nothing", id="not-stopped"),
    ],
)
def test_what_can_not_be_done_says_what_can(
    quiet_terminal: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    ended = quiet_terminal.run(*arguments)

    assert ended.code == 2
    assert told in ended.err
