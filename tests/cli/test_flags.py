"""`flags`: how each switch stands, and a change that holds at once."""

import pytest

from chargehand.domain.switches import Subject
from chargehand.flags.registry import Flag
from chargehand.pipeline.barriers import barriers
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


def is_on(house: House) -> bool:
    now = house.clock.now()
    in_force = house.stores.database.read(lambda tx: barriers(tx, now=now))
    return in_force.is_on(Flag.MODEL_DECISIONS, Subject())


def test_list_tells_what_nobody_ever_set(quiet_terminal: Terminal) -> None:
    shown = quiet_terminal.done("flags", "list", "--json").json

    assert [(one["flag"], one["is_on"], one["settings"]) for one in shown] == [
        ("agents", True, []),
        ("model_decisions", True, []),
        ("sending", True, []),
        ("unasked_messages", True, []),
    ]
    assert "Nobody set any of them." in quiet_terminal.done("flags", "show").out


async def test_set_holds_at_once_and_is_audited(house: House, terminal: Terminal) -> None:
    ended = terminal.done("flags", "set", "model_decisions", "off")

    assert ended.out == "model_decisions is off now, in every process.\n"
    assert not is_on(house)
    line = terminal.done("flags", "list", "--json").json[1]
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


async def test_scope_has_an_author_a_reason_and_an_end(house: House, terminal: Terminal) -> None:
    ended = terminal.done(
        *("flags", "set", "sending", "off", "--project", "pay"),
        *("--reason", "odd answers", "--until", "2h"),
    )

    assert ended.out.startswith("sending is off for project PAY now until 2026-11-19 13:0")
    (setting,) = terminal.done("flags", "list", "--json").json[2]["settings"]
    assert setting["scope"] == {"kind": "project", "name": "PAY"}
    assert (setting["is_on"], setting["reason"]) == (False, "odd answers")
    listed = terminal.done("flags", "list").out
    assert "project:PAY" in listed
    assert "odd answers" in listed
    house.clock.advance(2 * 3600)
    assert terminal.done("flags", "list", "--json").json[2]["settings"] == []


async def test_on_in_a_narrow_scope_does_not_open_what_is_closed(terminal: Terminal) -> None:
    terminal.done("flags", "set", "sending", "off")

    ended = terminal.done("flags", "set", "sending", "on", "--project", "PAY")

    assert "the organization says off, and off wins" in ended.out
    terminal.done("flags", "clear", "sending")
    assert [one["is_on"] for one in terminal.done("flags", "list", "--json").json] == [True] * 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("set", "sendin", "off"), "Did you mean sending?", id="flag"),
        pytest.param(("set", "sending", "maybe"), "'on', 'off'", id="position"),
        pytest.param(("set", "sending", "off", "--project", "NO"), "HELP, PAY", id="project"),
        pytest.param(
            ("set", "sending", "off", "--connector", "slak"), "allowed: jira", id="connector"
        ),
        pytest.param(("set", "sending", "off", "--agent", "anna"), "chargehand", id="agent"),
        pytest.param(
            ("set", "agents", "off", "--kind", "jira.add_comment"), "for agents:", id="kind"
        ),
        pytest.param(("set", "sending", "off", "--until", "2020-01-01"), "ahead", id="past"),
        pytest.param(("set", "sending", "off", "--until", "9999d"), "within 366 days", id="far"),
        pytest.param(
            ("set", "sending", "off", "--project", "PAY", "--agent", "x"), "one scope", id="mixed"
        ),
        pytest.param(("clear", "sending", "--project", "PAY"), "There is no setting", id="clear"),
    ],
)
def test_what_can_not_be_set_names_what_is_allowed(
    quiet_terminal: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    ended = quiet_terminal.run("flags", *arguments)

    assert ended.code == 2
    assert told in ended.err
