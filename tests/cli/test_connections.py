"""`connections`: how each one is, in a table, one by one, and as JSON."""

import anyio
import pytest

from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


async def test_connection_that_works_is_green_everywhere(house: House, terminal: Terminal) -> None:
    await house.ask("@bot when is it due?")
    await house.poll()

    listed = terminal.done("connections", "list")
    shown = terminal.done("connections", "show", "jira")
    as_json = terminal.done("connections", "list", "--json").json["connections"]
    status = terminal.done("status").out

    assert listed.lines[1].split()[:3] == ["jira", "jira", "green"]
    assert shown.lines[0] == "jira is green."
    assert "webhook missed         nothing that polling found" in shown.out
    assert "connections.jira.api_token: not looked at by the worker yet" in shown.out
    assert [one["state"] for one in as_json] == ["green"]
    assert "connections show" not in status
    assert "fake-api-token" not in listed.out + shown.out


async def test_connection_that_fails_is_told_with_the_reason_and_where_to_look(
    house: House, terminal: Terminal
) -> None:
    house.clock.advance(60)
    now = house.clock.now()
    house.stores.database.write(
        lambda tx: tx.connections.record_failure(house.connection.id, "vendor_unreachable", now=now)
    )

    listed = terminal.done("connections", "list").out
    status = terminal.done("status").out
    doctor = (await anyio.to_thread.run_sync(terminal.run, "doctor")).out
    missing = terminal.run("connections", "show", "nobody")

    assert "(vendor_unreachable)" in listed
    assert "yellow: Its last call failed" in status
    assert "warn  jira: health: " in doctor
    for told in (status, doctor):
        assert "chargehand connections show jira" in told
    assert (missing.code, "connection nobody" in missing.err) == (2, True)


async def test_without_a_worker_it_says_that_nobody_called(quiet_terminal: Terminal) -> None:
    shown = quiet_terminal.done("connections", "show", "jira")

    assert "jira is yellow. It was not called yet" in shown.out
