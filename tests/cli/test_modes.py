"""`modes`: what is in force, why, and exactly what a change changes."""

from pathlib import Path

import pytest

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ProjectKey
from chargehand.pipeline.modes import policy_in_force
from tests.cli.terminal import Terminal, on_a_terminal
from tests.house import House

pytestmark = pytest.mark.anyio
PAY, COMMENT = ProjectKey("PAY"), ActionKind.JIRA_ADD_COMMENT


def mode_of(house: House, kind: ActionKind = COMMENT, project: ProjectKey = PAY) -> Mode:
    return house.stores.database.read(policy_in_force).mode_for(project, kind)


async def test_show_names_the_rule_that_gives_each_mode(house: House, terminal: Terminal) -> None:
    house.mode("auto")
    house.mode("approve", project="PAY")
    house.mode("simulate", project="PAY", kind="jira.add_labels")

    told = terminal.done("modes", "show")
    every = terminal.done("modes", "show", "--all").lines[3:]
    lines = [line.split(maxsplit=3) for line in told.lines[3:]]
    lines = [line for line in lines if line and line[0] in ("PAY", "HELP")]

    assert len(lines) == 2 * sum(kind.connector == "jira" for kind in ActionKind)
    assert "slack." not in told.out
    assert "`chargehand modes show --all`" in told.out
    assert len(every) == 2 * len(ActionKind)
    assert ["PAY", "jira.add_comment", "approve", "project PAY"] in lines
    assert [
        "PAY",
        "jira.add_labels",
        "simulate",
        "project PAY and kind jira.add_labels",
    ] in lines
    customer = next(line for line in lines if line[:2] == ["HELP", "jira.reply_to_customer"])
    assert customer[2] == "approve"
    assert customer[3].startswith("the default says auto; what customers read")


async def test_set_tells_exactly_what_changes_and_holds_at_once(
    house: House, terminal: Terminal
) -> None:
    ended = terminal.done(
        "modes", "set", "approve", "--project", "pay", "--kind", "jira.add_comment"
    )

    changed = [line.split() for line in ended.lines if line.startswith(("PAY", "HELP"))]
    assert changed == [
        ["PAY", "jira.add_comment", "simulate", "approve"],
        # How an answer takes the place of an earlier one has the mode of adding it.
        ["PAY", "jira.update_comment", "simulate", "approve"],
    ]
    assert "Policy version 2 is in force" in ended.out
    assert mode_of(house) is Mode.APPROVE
    assert mode_of(house, ActionKind.JIRA_ADD_LABELS) is Mode.SIMULATE


async def test_set_never_sends_what_was_simulated(house: House, terminal: Terminal) -> None:
    await house.ask("@bot when is it due?")

    ended = terminal.done("modes", "set", "auto")
    await house.settle()

    assert "Actions recorded as simulated are not sent by this." in ended.out
    assert house.writes == []
    assert house.actions[0].state == "simulated"


async def test_set_of_what_is_in_force_writes_no_version(house: House, terminal: Terminal) -> None:
    terminal.done("modes", "set", "approve", "--project", "PAY")

    again = terminal.done("modes", "set", "approve", "--project", "PAY")

    assert again.out == "Nothing to change: the rule for project PAY is approve already.\n"
    assert house.stores.database.read(policy_in_force).version == 2


async def test_set_under_a_more_specific_rule_says_that_nothing_differs(
    house: House, terminal: Terminal
) -> None:
    house.mode("simulate", project="PAY")
    house.mode("simulate", project="HELP")

    ended = terminal.done("modes", "set", "auto", "--kind", "jira.add_comment")

    assert "a more specific rule counts there" in ended.out
    assert mode_of(house) is Mode.SIMULATE


async def test_set_for_a_project_nobody_serves_is_refused(house: House, terminal: Terminal) -> None:
    ended = terminal.run("modes", "set", "auto", "--project", "NOPE")

    assert ended.code == 2
    assert ended.err == ("chargehand: No connection serves the project NOPE; served: HELP, PAY.\n")
    assert ended.out == ""


async def test_set_of_an_unknown_mode_names_what_is_allowed(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("modes", "set", "automatic")

    assert ended.code == 2
    assert all(word in ended.err for word in ("simulate", "approve", "auto"))


@pytest.mark.parametrize(
    ("answer", "code", "mode"),
    [
        pytest.param(b"n\n", 1, Mode.SIMULATE, id="no"),
        pytest.param(b"y\n", 0, Mode.AUTO, id="yes"),
    ],
)
async def test_set_auto_on_a_terminal_asks_first(
    house: House, config: Path, answer: bytes, code: int, mode: Mode
) -> None:
    ended_with, shown = on_a_terminal(config, "modes", "set", "auto", typed=answer)

    assert ended_with == code
    assert "without asking anybody?" in shown
    assert mode_of(house) is mode


async def test_set_auto_with_yes_does_not_ask(house: House, config: Path) -> None:
    ended_with, shown = on_a_terminal(config, "modes", "set", "auto", "--yes")

    assert ended_with == 0
    assert "without asking anybody?" not in shown
    assert mode_of(house) is Mode.AUTO
