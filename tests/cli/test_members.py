"""`members` as a person uses it: a roster is shown, stored, and everything says what to do next."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio
ROSTER = (
    "\ufeffname;email;roles;projects;jira_id\r\n"
    "Ana Ruiz;Ana@Example.com;admin;;712020:ana\r\n"
    "Mei Tanaka;mei@example.com;developer;PAY;\r\n"
)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8", newline="")
    return path


async def test_where_nothing_is_yet_the_next_step_is_named(quiet_terminal: Terminal) -> None:
    assert "chargehand members import roster.csv" in quiet_terminal.done("members", "list").out
    assert "Every account that was seen" in quiet_terminal.done("members", "unmapped").out
    assert quiet_terminal.done("members", "export").out == "id,name,email,roles,time_zone\n"
    assert quiet_terminal.done("members", "list", "--json").json == {
        "items": [],
        "next_cursor": None,
    }
    ended = quiet_terminal.run("members", "show", "nobody@example.com")
    assert (ended.code, "There is no member nobody@example.com." in ended.err) == (2, True)


async def test_roster_is_shown_first_and_stored_with_apply(
    quiet_terminal: Terminal, roster: Path
) -> None:
    shown = quiet_terminal.done("members", "import", str(roster))
    assert "2     Ana Ruiz    account:jira  -       712020:ana (matched)" in shown.out
    assert shown.out.endswith("Nothing was changed; --apply does it.\n")
    assert "No members yet" in quiet_terminal.done("members", "list").out

    stored = quiet_terminal.done("members", "import", str(roster), "--apply").out
    assert "Stored: 2 new, 0 changed, 0 unchanged, 0 leaving." in stored
    piped = quiet_terminal.run("members", "import", "-", "--apply", "--json", given=ROSTER.encode())
    assert (piped.json["is_applied"], piped.json["unchanged"]) == (True, 2)


async def test_roster_with_a_wrong_line_stores_nothing_and_is_exit_1(
    quiet_terminal: Terminal, roster: Path
) -> None:
    with roster.open("a", encoding="utf-8", newline="") as file:
        file.write("=cmd();ana@example.com;boss;XX;\r\n")

    for arguments in ((), ("--apply",)):
        ended = quiet_terminal.run("members", "import", str(roster), *arguments)
        assert ended.code == 1
        assert "4     name      =cmd()" in ended.out
        assert "keys of served projects: HELP, PAY" in ended.out
        assert "3 refused. Nothing was stored; mend the file." in ended.out
    assert "No members yet" in quiet_terminal.done("members", "list").out


async def test_roster_that_can_not_be_read_says_why(
    quiet_terminal: Terminal, tmp_path: Path
) -> None:
    missing = quiet_terminal.run("members", "import", str(tmp_path / "none.csv"))
    piped = quiet_terminal.run("members", "import", "-", given=b"\xff\xfe\xfa")

    assert (missing.code, piped.code) == (2, 2)
    assert "No such file" in missing.err
    assert "save it as CSV UTF-8" in piped.err


async def test_member_is_linked_confirmed_refused_and_leaves(
    house: House, terminal: Terminal, roster: Path, tmp_path: Path
) -> None:
    await house.ask("@bot status", author="Mei Tanaka")
    terminal.done("members", "import", str(roster), "--apply")
    (seen,) = terminal.done("members", "unmapped", "--json").json["items"]
    assert [one["name"] for one in seen["candidates"]] == ["Mei Tanaka"]
    assert "Mei Tanaka (mbr_" in terminal.done("members", "unmapped").out

    linked = terminal.done("members", "link", "Mei Tanaka", "jira", seen["account_id"])
    assert "It carries no right yet." in linked.out
    confirmed = terminal.done("members", "confirm", "mei@example.com", "jira")
    assert confirmed.out == f"{seen['account_id']} at jira is confirmed as Mei Tanaka's.\n"
    (identity,) = terminal.done("members", "show", "mei@example.com", "--json").json["identities"]
    assert (identity["state"], identity["carries_rights"]) == ("confirmed", True)
    code = terminal.done("members", "confirm", "ana@example.com", "jira", "--code")
    assert len(code.out.strip()) == len("K7MP-2XQD")
    assert "To be said from 712020:ana at jira until 2026-11-19" in code.err

    terminal.done("members", "refuse", "mei@example.com", "jira")
    roles = terminal.done("members", "roles", "mei@example.com", "PAY:approver", "viewer").out
    assert roles == "Mei Tanaka has viewer PAY:approver now.\n"
    last = terminal.run("members", "leave", "ana@example.com")
    assert (last.code, "is the last admin" in last.err) == (2, True)
    terminal.done("members", "leave", "mei@example.com")
    terminal.done("members", "export", "--out", str(tmp_path / "out.csv"))
    exported = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",", 1)[1] for line in exported] == [
        "name,email,roles,time_zone,account:jira",
        "Ana Ruiz,ana@example.com,admin,,712020:ana",
    ]
    assert "chain verified" in terminal.done("audit", "verify").out


async def test_added_member_is_found_and_erased_without_a_trace(
    terminal: Terminal, data_dir: Path
) -> None:
    terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com", "--role", "admin")
    terminal.done("members", "add", "Zoë Ång", "--email", "zoe@example.com", "--role", "admin")
    found = terminal.done("members", "show", "Zoë Ång", "--json").json
    assert found["roles"] == [{"project": None, "role": "admin"}]
    assert "1  rows of members" in terminal.done("members", "erase", found["id"]).out

    told = terminal.done("members", "erase", found["id"], "--yes").out

    assert "Looked through every byte of main.db, inbox.db: no trace of the person." in told
    assert "zoe@example.com" not in terminal.done("members", "list").out


WRONG = {
    "role": (("add", "Ana", "--role", "boss"), "allowed: viewer, contributor, developer"),
    "name": (("add", "=cmd()"), "name is '=cmd()'"),
    "zone": (("add", "Ana", "--time-zone", "Mars"), "Europe/Madrid"),
    "no roles": (("roles", "Ana"), "or --none"),
    "connection": (("link", "Ana", "chat", "U1"), "connection is 'chat'; allowed: jira"),
    "account": (("link", "Ana", "jira", "U 1"), "account is 'U 1'"),
    "no account": (("confirm", "Ana", "jira"), "no account at jira of the member"),
    "nothing to refuse": (("refuse", "Ana", "jira"), "Ana has no account at jira"),
    "two of a name": (("show", "Twin"), "allowed: one of mbr_"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG)
async def test_what_can_not_be_used_is_named_with_what_can(
    quiet_terminal: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    for name in ("Ana", "Twin", "Twin"):
        quiet_terminal.done("members", "add", name)

    ended = quiet_terminal.run("members", *arguments)

    assert ended.code == 2
    assert told in ended.err
