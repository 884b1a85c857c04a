"""`list` and `show`: newest first, filtered, page by page, and the same JSON as REST."""

from collections.abc import Callable
from typing import Any

import pytest

from chargehand.pipeline import looking
from chargehand.pipeline.showing import to_json
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def busy(house: House) -> House:
    """Three events: one answered in simulation, one not for us, one in approve mode."""
    await house.ask("@bot when is it due?")
    await house.ask("nobody is mentioned here")
    house.mode("approve")
    await house.ask("@bot what's blocking this?")
    return house


@pytest.mark.parametrize(
    ("group", "look"),
    [
        pytest.param("deliveries", looking.list_deliveries, id="deliveries"),
        pytest.param("events", looking.list_events, id="events"),
        pytest.param("asks", looking.list_asks, id="asks"),
        pytest.param("decisions", looking.list_decisions, id="decisions"),
        pytest.param("actions", looking.list_actions, id="actions"),
        pytest.param("notices", looking.list_notices, id="notices"),
    ],
)
async def test_list_as_json_is_what_rest_shows(
    busy: House, terminal: Terminal, group: str, look: Callable[..., Any]
) -> None:
    page = busy.stores.database.read(lambda tx: look(tx, limit=2))

    assert terminal.done(group, "list", "--last", "2", "--json").json == to_json(page)


@pytest.mark.parametrize("group", ["deliveries", "events", "decisions"])
async def test_list_goes_on_where_the_page_before_ended(
    busy: House, terminal: Terminal, group: str
) -> None:
    first = terminal.done(group, "list", "--last", "2")
    cursor = first.err.split("--cursor ")[1].strip()
    second = terminal.done(group, "list", "--last", "2", "--cursor", cursor)

    ids = [line.split()[0] for line in (*first.lines[1:], *second.lines[1:])]
    assert len(ids) == len(set(ids)) == 3
    assert ids == sorted(ids, reverse=True)
    assert second.err == ""


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param(("decisions", "--verdict", "silent"), 1, id="verdict"),
        pytest.param(("decisions", "--project", "PAY"), 3, id="project"),
        pytest.param(("decisions", "--work-item", "PAY-8"), 0, id="work-item"),
        pytest.param(("actions", "--state", "simulated"), 1, id="state"),
        pytest.param(("actions", "--kind", "jira.add_comment"), 2, id="action-kind"),
        pytest.param(("actions", "--project", "HELP"), 0, id="other-project"),
        pytest.param(("events", "--kind", "comment.created"), 3, id="event-kind"),
        pytest.param(("events", "--kind", "push.received"), 0, id="other-kind"),
        pytest.param(("asks", "--state", "decided"), 2, id="ask-state"),
        pytest.param(("deliveries", "--connection", "other"), 0, id="connection"),
    ],
)
async def test_list_shows_only_what_was_asked_for(
    busy: House, terminal: Terminal, arguments: tuple[str, ...], found: int
) -> None:
    group, *filters = arguments

    shown = terminal.done(group, "list", *filters, "--json").json

    assert len(shown["items"]) == found


@pytest.mark.parametrize(
    ("group", "hint"),
    [
        pytest.param("deliveries", "chargehand doctor", id="deliveries"),
        pytest.param("events", "chargehand deliveries list", id="events"),
        pytest.param("asks", "Mention the bot", id="asks"),
        pytest.param("decisions", "chargehand status", id="decisions"),
        pytest.param("actions", "mentions the bot", id="actions"),
        pytest.param("notices", "nothing needed a person", id="notices"),
    ],
)
async def test_empty_list_says_what_would_fill_it(
    quiet_terminal: Terminal, group: str, hint: str
) -> None:
    assert hint in quiet_terminal.done(group, "list").out
    assert quiet_terminal.done(group, "list", "--json").json == {"items": [], "next_cursor": None}


async def test_columns_are_aligned_whole_and_in_the_teams_zone(
    busy: House, terminal: Terminal
) -> None:
    heading, *lines = terminal.done("actions", "list").lines

    at = heading.index("proposed (Europe/Madrid)")
    assert [line[:at].strip() for line in lines] == [one.id for one in busy.actions]
    assert lines[0][at:].startswith("2026-11-19 11:01:")
    assert {line[heading.index("kind") :].split()[0] for line in lines} == {"jira.add_comment"}


async def test_show_of_a_decision_tells_reason_sources_and_words(
    busy: House, terminal: Terminal
) -> None:
    decision = busy.decisions[0]

    shown = terminal.done("decisions", "show", decision.id).out

    assert "respond: The question was answered from facts." in shown
    assert all(source.url in shown for source in decision.sources)
    assert decision.response.split("\n", maxsplit=1)[0] in shown
    assert terminal.done("decisions", "show", decision.id, "--json").json == to_json(decision)


async def test_show_of_an_action_tells_its_preview_and_state(
    busy: House, terminal: Terminal
) -> None:
    action = busy.actions[0]

    shown = terminal.done("actions", "show", action.id).out

    assert f"{action.id}  jira.add_comment on PAY-7: waiting" in shown
    assert "\n".join(f"  {line}".rstrip() for line in action.preview.split("\n")) in shown
    assert terminal.done("actions", "show", action.id, "--json").json == to_json(action)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("actions", "show", "act_nobody"), "There is no action act_nobody.", id="id"),
        pytest.param(("decisions", "show", "'; --"), "There is no decision '; --.", id="no-id"),
        pytest.param(("events", "list", "--cursor", "yesterday"), "'yesterday'", id="cursor"),
        pytest.param(("events", "list", "--last", "0"), "--last", id="too-few"),
        pytest.param(("events", "list", "--last", "201"), "--last", id="too-many"),
        pytest.param(("events", "list", "--kind", "coment.created"), "coment.created", id="kind"),
    ],
)
async def test_what_can_not_be_shown_is_exit_2_with_a_sentence(
    quiet_terminal: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    ended = quiet_terminal.run(*arguments)

    assert ended.code == 2
    assert told in ended.err
    assert ended.out == ""


async def test_hostile_names_can_not_move_the_cursor(house: House, terminal: Terminal) -> None:
    await house.ask("\x1b[2J\x9b31m\u202e@bot when is it due?")

    shown = "".join(
        terminal.done(*command).out
        for command in (("events", "list"), ("asks", "list"), ("trace", house.events[0].id))
    )

    assert "when is it due?" in shown
    assert not set(shown) & set("\x1b\x9b\u202e")
