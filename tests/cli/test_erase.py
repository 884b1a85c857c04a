"""`members erase` and `privacy export`: what would go, and what went, proved in files."""

import json
import stat
from pathlib import Path

import pytest

from chargehand.testing.jira.records import Person
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio
NAME = "Zoë Ångström"
EMAIL = "Zoe@Example.com"


@pytest.fixture
async def person(house: House) -> Person:
    person = house.jira.add_person(NAME, email=EMAIL)
    house.jira.grant("PAY", NAME, permissions="member")
    house.mode("approve")
    await house.ask("@bot status", author=NAME)
    await house.ask(f"@bot assign this to {NAME}", author="Mei Tanaka")
    return person


def files_with(text: str, folder: Path) -> list[str]:
    wanted = text.casefold().encode()
    return [file.name for file in sorted(folder.iterdir()) if wanted in file.read_bytes().lower()]


async def test_without_yes_nothing_is_changed_and_everything_is_told(
    house: House, terminal: Terminal, person: Person, data_dir: Path
) -> None:
    before = house.actions, house.events, house.asks

    told = terminal.done("members", "erase", person.account_id).out

    assert (house.actions, house.events, house.asks) == before
    assert f"  id      {person.account_id}\n  name    {NAME}\n" in told
    assert "raw deliveries, emptied" in told
    assert "actions not sent yet, voided" in told
    assert told.endswith("Nothing was changed; --yes does it.\n")
    assert files_with(person.account_id, data_dir)


async def test_yes_erases_and_looks_through_every_byte(
    house: House, terminal: Terminal, person: Person, data_dir: Path
) -> None:
    told = terminal.done("members", "erase", person.account_id, "--yes").out

    assert "Looked through every byte of main.db, inbox.db: no trace of the person." in told
    for form in (person.account_id, NAME, json.dumps(NAME)[1:-1], "Ångström"):
        assert files_with(form, data_dir) == []
    verified = terminal.done("audit", "verify").out
    assert "chain verified" in verified
    for command in (("events", "list"), ("asks", "list"), ("approvals", "list", "--all")):
        terminal.done(*command)
    assert {one.state.value for one in house.approvals} == {"voided"}


async def test_erasing_twice_says_that_nothing_is_held(terminal: Terminal, person: Person) -> None:
    terminal.done("members", "erase", person.account_id, "--yes")

    told = terminal.done("members", "erase", person.account_id, "--yes").out

    assert "Nothing is held about this person." in told


async def test_what_waits_in_the_inbox_is_left_and_exit_1_says_so(
    house: House, terminal: Terminal, person: Person
) -> None:
    await house.say("one more", author=NAME)

    ended = terminal.run("members", "erase", person.account_id, "--yes")

    assert ended.code == 1
    assert "1 deliveries that nobody looked at yet tell of the person." in ended.out
    await house.settle()
    assert terminal.run("members", "erase", person.account_id, "--yes").code == 0


async def test_copies_beside_the_databases_are_named(
    terminal: Terminal, person: Person, data_dir: Path
) -> None:
    copy = data_dir / "old" / "main.copy"
    copy.parent.mkdir()
    copy.write_text(f"a copy that tells of {NAME}")

    told = terminal.done("members", "erase", person.account_id, "--yes").out

    assert f"{copy} tells of the person too, and is not changed" in told
    assert copy.read_text().endswith(NAME)


async def test_approver_is_erased_and_the_decision_stays(
    house: House, terminal: Terminal, person: Person, data_dir: Path
) -> None:
    house.approve(house.approvals[-1], by="cli:zoe-angstroem")
    await house.settle()

    terminal.done("members", "erase", person.account_id, "--also", "cli:zoe-angstroem", "--yes")

    assert files_with("zoe-angstroem", data_dir) == []
    (approved,) = [one for one in house.approvals if one.state == "approved"]
    assert approved.decided_by.startswith("erased:")
    shown = terminal.done("audit", "show", "--last", "200", "--json").json["items"]
    (record,) = [one for one in shown if one["tag"] == "person:approval:approved"]
    assert record["by"] == approved.decided_by
    assert "chain verified" in terminal.done("audit", "verify").out


@pytest.mark.parametrize("wrong", ["", "ab", "x" * 201])
async def test_what_names_nobody_is_refused(quiet_terminal: Terminal, wrong: str) -> None:
    ended = quiet_terminal.run("members", "erase", wrong, "--yes")

    assert ended.code == 2
    assert "give 3 to 200 visible characters" in ended.err


async def test_the_bot_is_refused(house: House, terminal: Terminal) -> None:
    ended = terminal.run("members", "erase", house.bot.account_id, "--yes")

    assert ended.code == 2
    assert "chargehand itself acts as" in ended.err


async def test_half_an_account_id_is_refused(terminal: Terminal, person: Person) -> None:
    half = person.account_id.partition("-")[0]

    ended = terminal.run("members", "erase", half, "--yes")

    assert ended.code == 2
    assert f"{half} is only the beginning of account ids" in ended.err


async def test_export_is_one_private_file(
    terminal: Terminal, person: Person, tmp_path: Path
) -> None:
    output = tmp_path / "person.json"

    terminal.done("privacy", "export", person.account_id, "--output", str(output))

    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["person"]["names"] == [NAME]
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    shown = terminal.done("audit", "show", "--last", "1", "--json").json["items"][0]
    assert (shown["tag"], shown["subject_id"]) == ("person:member:exported", "privacy")
    assert person.account_id not in shown["body"]


async def test_export_that_can_not_be_written_says_where(
    terminal: Terminal, person: Person, tmp_path: Path
) -> None:
    output = tmp_path / "missing" / "person.json"

    ended = terminal.run("privacy", "export", person.account_id, "--output", str(output))

    assert ended.code == 2
    assert str(output) in ended.err
