"""`privacy`: what is kept how long, what would go, and what goes."""

import pytest

from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio
DAY_S = 86400


async def test_prune_counts_first_and_takes_only_when_told(
    house: House, terminal: Terminal
) -> None:
    await house.ask("@bot status")
    house.clock.advance(366 * DAY_S)

    counted = terminal.done("privacy", "prune")
    before = house.stores.queue.counts().dispatched
    taken = terminal.done("privacy", "prune", "--now")

    assert before == 1
    assert counted.lines[0] == "1  raw deliveries  older than 30 days would go"
    assert counted.lines[-1] == "Nothing was changed; --now does it."
    assert taken.lines[0] == "1  raw deliveries  older than 30 days went"
    assert house.stores.queue.counts().dispatched == 0


async def test_what_was_pruned_is_told_as_erased_and_nothing_fails(
    house: House, terminal: Terminal
) -> None:
    await house.ask("@bot status")
    (action,), (decision, *_) = house.actions, house.decisions
    house.clock.advance(366 * DAY_S)
    terminal.done("privacy", "prune", "--now")

    for command in (
        ("actions", "show", action.id),
        ("decisions", "show", decision.id),
        ("events", "list"),
        ("asks", "list"),
        ("trace", action.id),
    ):
        assert "(erased: after its retention" in terminal.done(*command).out, command
    assert terminal.done("actions", "show", action.id, "--json").json["is_erased"] is True


async def test_status_says_what_is_kept_and_when_it_was_pruned(
    house: House, terminal: Terminal
) -> None:
    await house.ask("@bot status")
    assert "raw deliveries        30 days   not pruned yet" in terminal.done("status").out
    house.clock.advance(31 * DAY_S)
    terminal.done("privacy", "prune", "--now")
    house.clock.advance(60)

    shown = terminal.done("status").out

    assert "30 days   pruned 1 min ago: 1 rows, 1 ever" in shown
    lines = terminal.done("status", "--json").json["retention"]
    assert [(line["kept"], line["kept_days"], line["last_rows"]) for line in lines] == [
        ("raw_deliveries", 30.0, 1),
        ("prompts", 30.0, 0),
        ("texts", 365.0, 0),
    ]
