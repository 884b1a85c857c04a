"""`actions undo`: proposes the inverse, says what comes next, and refuses a second one."""

import pytest

from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("mode", "following"),
    [
        pytest.param("simulate", "Nothing is sent", id="simulate"),
        pytest.param("approve", "Next: chargehand approvals list", id="approve"),
        pytest.param("auto", "The worker sends it", id="auto"),
    ],
)
async def test_undo_is_shown_exactly_and_linked_to_what_it_undoes(
    house: House, terminal: Terminal, mode: str, following: str
) -> None:
    house.mode("auto")
    await house.ask("@bot set priority Low")
    [action] = house.actions
    house.mode(mode)

    told = terminal.done("actions", "undo", action.id).out

    [undo] = [one for one in house.actions if one.id != action.id]
    assert told.startswith(f"{undo.id} undoes {action.id} and is {undo.state.value}:")
    assert '(now: "Low")' in told
    assert following in told
    shown = terminal.done("actions", "show", undo.id).out.split()
    assert shown[shown.index("undoes") + 1] == action.id


async def test_second_undo_is_refused_with_the_first(house: House, terminal: Terminal) -> None:
    house.mode("auto")
    await house.ask("@bot set priority Low")
    [action] = house.actions
    house.mode("approve")
    terminal.done("actions", "undo", action.id)

    again = terminal.run("actions", "undo", action.id)

    assert again.code != 0
    assert "already, which is waiting" in again.err
