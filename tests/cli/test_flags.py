"""`flags`: how each switch stands, and a change that holds at once."""

import pytest

from chargehand.flags.registry import Flag
from chargehand.pipeline.flags import is_flag_on
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


def is_on(house: House) -> bool:
    return house.stores.database.read(lambda tx: is_flag_on(tx, Flag.MODEL_DECISIONS))


def test_show_tells_what_nobody_ever_set(quiet_terminal: Terminal) -> None:
    shown = quiet_terminal.done("flags", "show", "--json").json

    assert [(one["flag"], one["is_on"], one["changed_at"]) for one in shown] == [
        ("model_decisions", True, None)
    ]
    assert "always" in quiet_terminal.done("flags", "show").out


async def test_set_holds_at_once_and_is_audited(house: House, terminal: Terminal) -> None:
    ended = terminal.done("flags", "set", "model_decisions", "off")

    assert ended.out == "model_decisions is off now, in every process.\n"
    assert not is_on(house)
    line = terminal.done("flags", "show", "--json").json[0]
    assert (line["is_on"], line["changed_by"].partition(":")[0]) == (False, "cli")
    newest = house.stores.database.read(lambda tx: tx.audit.newest(limit=1))[0]
    assert (newest.tag, newest.subject_id) == ("person:flag:changed", "flag:model_decisions")
    assert '"value":"off"' in newest.body


async def test_set_to_what_it_is_changes_and_records_nothing(
    house: House, terminal: Terminal
) -> None:
    terminal.done("flags", "set", "model_decisions", "off")
    terminal.done("flags", "set", "model_decisions", "on")

    again = terminal.done("flags", "set", "model_decisions", "on")

    assert again.out == "Nothing to change: model_decisions is on already.\n"
    assert is_on(house)
    tags = [one.tag for one in house.stores.database.read(lambda tx: tx.audit.newest(limit=9))]
    assert tags.count("person:flag:changed") == 2


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        pytest.param(("model_decision", "off"), "model_decisions", id="flag"),
        pytest.param(("model_decisions", "maybe"), "'on', 'off'", id="position"),
    ],
)
def test_set_of_something_unknown_names_what_is_allowed(
    quiet_terminal: Terminal, arguments: tuple[str, str], allowed: str
) -> None:
    ended = quiet_terminal.run("flags", "set", *arguments)

    assert ended.code == 2
    assert allowed in ended.err
