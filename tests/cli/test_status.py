"""`status` and `stats`: how things stand on one screen, whatever runs or does not."""

import json
import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chargehand.bootstrap.leases import this_process
from chargehand.bootstrap.locks import FolderLock
from chargehand.domain.process import ProcessRole, ProcessState
from chargehand.testing.clock import FakeClock
from tests.cli.answering import answering
from tests.cli.terminal import NOBODYS_PORT, Terminal, write_config
from tests.house import START, House, house_settings


def terminal_of(house: House, data_dir: Path, folder: Path, port: int) -> Terminal:
    settings = house_settings(data_dir, server={"port": port})
    return Terminal(write_config(settings, folder), house.clock)


@pytest.mark.anyio
async def test_status_before_anything_ran_says_what_to_do(quiet_terminal: Terminal) -> None:
    shown = quiet_terminal.done("status").out

    assert f"front   NOT RUNNING: nothing answers at http://127.0.0.1:{NOBODYS_PORT}" in shown
    assert "worker  NOT RUNNING" in shown
    assert "not called yet" in shown
    assert "Nothing waits." in shown
    assert "HELP simulate, PAY simulate" in shown


@pytest.mark.anyio
async def test_status_counts_what_waits_and_names_the_command(
    house: House, terminal: Terminal
) -> None:
    house.mode("approve")
    await house.ask("@bot when is it due?")
    comment = house.jira.comment("PAY-7", author="Mei Tanaka", body=f"{house.mention} status?")
    house.clock.advance(3 * 3600)
    await house.deliver(comment)
    await house.settle()
    await house.say("@bot what's blocking this?")

    shown = terminal.done("status").out

    waiting = [line.split() for line in shown.split("Waiting\n")[1].split("\n\n")[0].splitlines()]
    assert [(line[0], line[-3:]) for line in waiting] == [
        ("1", ["chargehand", "approvals", "list"]),
        ("1", ["chargehand", "asks", "late"]),
        ("1", ["yet", "chargehand", "serve"]),
    ]
    assert "works, acts as Chargehand" in shown
    assert re.search(r"last delivery (just now|\d+ s ago)\n", shown)
    assert "HELP approve, PAY approve" in shown
    assert re.search(r"warning, (just now|\d+ s ago): Questions that are too old", shown)


@pytest.mark.anyio
async def test_status_tells_a_failing_connection(house: House, terminal: Terminal) -> None:
    connection_id = house.stores.database.read(lambda tx: tx.connections.all())[0].id
    house.clock.advance(60)
    now = house.clock.now()
    house.stores.database.write(
        lambda tx: tx.connections.record_failure(connection_id, "vendor_unreachable", now=now)
    )

    shown = terminal.done("status").out

    assert "FAILING (vendor_unreachable, just now); see `chargehand doctor`" in shown


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param((200, b'{"version": "9.9"}'), "front   answers at", id="up"),
        pytest.param((500, b""), "NOT RUNNING: http://127.0.0.1:PORT answers with", id="500"),
        pytest.param((200, b"<html>"), "something else than chargehand answers at", id="other"),
        pytest.param((200, b"[]"), "something else than chargehand answers at", id="array"),
    ],
)
@pytest.mark.anyio
async def test_status_tells_what_answers_at_the_fronts_address(
    house: House, data_dir: Path, tmp_path: Path, answer: tuple[int, bytes], told: str
) -> None:
    with answering(*answer) as port:
        shown = terminal_of(house, data_dir, tmp_path, port).done("status").out

    assert told.replace("PORT", str(port)) in shown


@pytest.mark.anyio
async def test_status_sees_the_worker_by_its_lock(quiet_terminal: Terminal, data_dir: Path) -> None:
    lock = FolderLock(data_dir / "worker.lock")

    lock.take()
    while_held = quiet_terminal.done("status").out
    lock.release()
    afterwards = quiet_terminal.done("status").out

    assert f"worker  runs as process {os.getpid()}" in while_held
    assert "worker  NOT RUNNING" in afterwards


@pytest.mark.anyio
async def test_status_as_json_holds_what_the_screen_shows(house: House, terminal: Terminal) -> None:
    shown = terminal.done("status", "--json").json

    assert shown["front"]["is_up"] is False
    assert shown["worker"]["is_up"] is False
    assert shown["connections"][0]["bot_name"] == "Chargehand"
    assert shown["waiting"]["approvals_open"] == 0
    assert json.dumps(shown).count("fake-api-token") == 0


@pytest.mark.anyio
async def test_stats_count_what_happened_lately(house: House, terminal: Terminal) -> None:
    await house.ask("@bot when is it due?")
    house.clock.advance(3600 * 2)
    await house.ask("nobody is mentioned here")

    shown = terminal.done("stats", "--hours", "1", "--json").json
    whole = terminal.done("stats").lines

    assert shown["verdicts"] == {"silent": 1}
    assert [line.split() for line in whole if line.startswith("verdicts")] == [
        ["verdicts", "respond", "1"],
        ["verdicts", "silent", "1"],
    ]


@pytest.mark.anyio
async def test_stats_of_a_quiet_hour_say_so(house: House, terminal: Terminal) -> None:
    house.clock.advance(86_400 * 2)

    assert "Nothing happened." in terminal.done("stats").out


@pytest.mark.anyio
async def test_missing_configuration_is_exit_2_with_a_sentence(tmp_path: Path) -> None:
    ended = Terminal(tmp_path / "chargehand.toml", FakeClock(START)).run("status")

    assert ended.code == 2
    assert "Run `chargehand init` to write one." in ended.err


@pytest.mark.anyio
async def test_unmigrated_data_is_a_sentence_that_says_how_to_mend(tmp_path: Path) -> None:
    config = write_config(house_settings(tmp_path / "new"), tmp_path)

    ended = Terminal(config, FakeClock(START)).run("status")

    assert ended.code == 3
    assert "run `chargehand migrate`" in ended.err


def test_broken_database_is_a_sentence_and_exit_3(quiet_terminal: Terminal, data_dir: Path) -> None:
    for file in data_dir.glob("main.db*"):
        file.unlink()
    (data_dir / "main.db").write_bytes(b"this is no database, and long enough to be looked at" * 99)

    ended = quiet_terminal.run("status")

    assert ended.code == 3
    assert "file is not a database" in ended.err
    assert len(ended.err.splitlines()) <= 3
    assert "Traceback" not in ended.err


@pytest.mark.anyio
async def test_status_and_health_show_every_process_that_shares_the_database(
    house: House, terminal: Terminal
) -> None:
    now = house.clock.now()
    for name, role, silent_s in (
        ("one", ProcessRole.WORKER, 2),
        ("two", ProcessRole.FRONT, 5),
        ("gone", ProcessRole.WORKER, 300),
        ("three", ProcessRole.CLOCK, 4),
    ):
        known = replace(
            this_process(role, clock=house.clock),
            host=f"host-{name}",
            state=ProcessState.WORKING,
            seen_at=now - timedelta(seconds=silent_s),
        )
        house.stores.database.write(lambda tx, known=known: tx.processes.add(known))

    shown = terminal.done("status").out
    asked = terminal.run("health", "--role", "worker", "--json").json
    of_clocks = terminal.run("health", "--role", "clock").lines

    lines = shown.split("On this database\n")[1].split("\n\n")[0].splitlines()
    words = [(line.split()[0], "SILENT" in line) for line in lines]
    assert sorted(words) == [
        ("clock", False),
        ("front", False),
        ("worker", False),
        ("worker", True),
    ]
    assert of_clocks[0].startswith("healthy: clock")
    assert asked["checks"]["worker"]["found"].startswith("1 of them: host-one process")
    assert terminal.done("status", "--json").json["processes"][0]["state"] == "working"
