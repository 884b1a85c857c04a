"""`budget`: caps as people see and set them, and what was spent."""

import csv
import io
from pathlib import Path

import pytest

from chargehand.bootstrap.configured import budget_rules
from chargehand.pipeline.spending import Spending
from chargehand.plugins.budget import Spent
from tests.budgets.requests import request
from tests.cli.terminal import Terminal, on_a_terminal
from tests.house import House

pytestmark = pytest.mark.anyio


async def spend(house: House, usd: str) -> None:
    rules = budget_rules(house.settings)
    door = Spending(house.stores.database, rules=rules, clock=house.clock)
    wanted = request(usd, now=house.clock.now())
    await door.reserve(wanted)
    await door.settle(wanted.reservation_id, Spent(wanted.input_tokens_at_most, 0))


def columns(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


async def test_show_says_how_full_each_budget_is(house: House, terminal: Terminal) -> None:
    await spend(house, "3")

    lines = [columns(line) for line in terminal.done("budget", "show").lines[3:]]

    assert [line[:5] for line in lines] == [
        ["organization, day", "10", "1.5", "0", "8.5"],
        ["organization, month", "none", "1.5", "0", "-"],
    ]
    assert lines[0][6] == "the configuration"


async def test_set_says_what_is_left_and_shows_who_set_it(house: House, terminal: Terminal) -> None:
    await spend(house, "3")

    said = terminal.done("budget", "set", "2.50", "--project", "pay").out

    assert said.startswith(
        "project PAY, day may cost 2.5 USD; 1.5 are spent and 0 reserved, so 1 are left until "
    )
    shown = terminal.done("budget", "show", "--json").json["budgets"]
    [line] = [one for one in shown if one["project"] == "PAY"]
    assert (line["cap_usd"], line["changed_by"].startswith("cli:")) == ("2.5", True)


async def test_none_takes_a_cap_away(terminal: Terminal) -> None:
    terminal.done("budget", "set", "5", "--project", "PAY")

    said = terminal.done("budget", "set", "none", "--project", "PAY").out

    assert said == "project PAY, day has no cap of its own now.\n"
    shown = terminal.done("budget", "show", "--json").json["budgets"]
    assert [one["project"] for one in shown] == [None, None]


@pytest.mark.parametrize("amount", ["-5", "NaN", "inf", "0.0000001", "1e9", "2,50", ""])
async def test_amount_that_can_not_be_one_is_refused(quiet_terminal: Terminal, amount: str) -> None:
    ended = quiet_terminal.run("budget", "set", amount)

    assert ended.code == 2
    assert "allowed: 0 to 1000000 US dollars, with at most 6 decimals." in ended.err
    assert quiet_terminal.done("budget", "show", "--json").json["budgets"][0]["cap_usd"] == "10"


async def test_organizations_day_keeps_a_cap(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("budget", "set", "none")

    assert ended.code == 2
    assert "set another amount instead, 0 to spend nothing at all" in ended.err


async def test_project_nobody_serves_is_refused(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("budget", "set", "5", "--project", "NOPE")

    assert ended.code == 2
    assert ended.err == "chargehand: No connection serves the project NOPE; served: HELP, PAY.\n"


async def test_every_node_of_the_tree_takes_a_cap_in_dollars_or_tokens(
    house: House, terminal: Terminal
) -> None:
    await spend(house, "3")

    said = [
        terminal.done("budget", "set", "0.50", "--each", "run").out,
        terminal.done("budget", "set", "2000000", "--agent", "chargehand", "--unit", "tokens").out,
        terminal.done("budget", "set", "1", "--each", "member", "--period", "month").out,
    ]

    assert said[0] == "each run, whole may cost 0.5 USD, unless it has a cap of its own.\n"
    assert said[1].startswith(
        "agent chargehand, day may cost 2000000 tokens; 1500000 are spent and 0 reserved, so 500000"
        " are left until "
    )
    assert said[2] == "each member, month may cost 1 USD, unless it has a cap of its own.\n"
    shown = terminal.done("budget", "show")
    rows = [columns(line)[:5] for line in shown.lines[3:8]]
    assert ["each run, whole", "0.5", "1.5", "0", "0"] in rows
    assert [
        "agent chargehand, day",
        "none, 2000000 tokens",
        "1.5, 1500000 tokens",
        "0, 0 tokens",
        "-, 500000 tokens",
    ] in rows


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        pytest.param(["5", "--agent", "nobody"], "allowed: chargehand", id="agent"),
        pytest.param(["5", "--run", "ask_1"], "There is no ask ask_1", id="run"),
        pytest.param(["5", "--member", "nobody"], "There is no member nobody", id="member"),
        pytest.param(["5", "--period", "whole"], "period is 'whole'", id="period"),
        pytest.param(["5", "--each", "run", "--period", "day"], "period is 'day'", id="run-by-day"),
        pytest.param(["1.5", "--unit", "tokens"], "allowed: 0 to 10000000000 tokens", id="tokens"),
        pytest.param(["5", "--agent", "chargehand", "--run", "x"], "name one of", id="two"),
    ],
)
async def test_budget_that_can_not_be_is_refused(
    quiet_terminal: Terminal, said: list[str], problem: str
) -> None:
    ended = quiet_terminal.run("budget", "set", *said)

    assert ended.code == 2
    assert problem in ended.err


@pytest.mark.parametrize("by", ["day", "decision"])
async def test_report_adds_up_for_people_and_for_spreadsheets(
    house: House, terminal: Terminal, by: str
) -> None:
    await spend(house, "3")
    await spend(house, "1")

    told = terminal.done("budget", "report", "--by", by)
    [row] = csv.DictReader(io.StringIO(terminal.done("budget", "report", "--by", by, "--csv").out))

    assert told.lines[1].split()[-1] == "2"
    assert told.lines[-1].startswith("2 USD from ")
    assert (row["cost_usd"], row["requests"]) == ("2", "2")


@pytest.mark.parametrize(
    ("by", "named"),
    [("agent", "chargehand"), ("project", "PAY"), ("person", "nobody known"), ("answer", "ask_")],
)
async def test_report_says_for_whom_or_what(
    house: House, quiet_terminal: Terminal, by: str, named: str
) -> None:
    await spend(house, "3")

    told = quiet_terminal.done("budget", "report", "--by", by, "--from", "2026-11-01")

    assert named in told.lines[1]
    assert told.lines[1].split()[-1] == "1.5"


async def test_forecast_says_how_it_was_reckoned(house: House, quiet_terminal: Terminal) -> None:
    await spend(house, "3")

    told = quiet_terminal.done("budget", "forecast")

    # Thursday the 19th: 13 working days have cost nothing, today 1.5.
    assert columns(told.lines[1]) == ["organization", "1.5", "1.50", "none", "-"]
    assert "going on as on its 13 working days before 2026-11-19; 7 come after it" in told.out


async def test_report_of_nothing_says_so(quiet_terminal: Terminal) -> None:
    said = quiet_terminal.done("budget", "report", "--since", "2026-11-01").out

    assert said == "Nothing was spent from 2026-11-01 to 2026-11-19.\n"


async def test_table_on_a_terminal_has_no_colours(house: House, config: Path) -> None:
    await spend(house, "1")

    code, shown = on_a_terminal(config, "budget", "report", "--csv", "--until", "2026-12-31")

    assert code == 0
    assert "\x1b" not in shown
