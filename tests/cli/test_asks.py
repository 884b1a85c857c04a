"""`asks`: what is late or stuck waits for a person, who answers or dismisses it."""

import pytest

from chargehand.domain.ask import AskState
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def late(house: House) -> House:
    """Two questions that were delivered three hours after they were asked."""
    house.mode("auto")
    for question in ("@bot when is it due?", "@bot what's blocking this?"):
        comment = house.jira.comment(
            "PAY-7", author="Mei Tanaka", body=question.replace("@bot", house.mention)
        )
        house.clock.advance(3 * 3600)
        await house.deliver(comment)
    await house.settle()
    return house


async def test_late_lists_what_waits_with_the_bot_by_name(late: House, terminal: Terminal) -> None:
    ended = terminal.done("asks", "late")

    assert [one.ask.state for one in late.asks] == [AskState.LATE, AskState.LATE]
    assert all(one.ask.id in ended.out for one in late.asks)
    assert "@Chargehand when is it due?" in ended.out
    assert "chargehand asks answer ID" in ended.out


async def test_late_without_any_says_so(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.done("asks", "late")

    assert ended.out == "No asks are late or stuck; nothing waits for you here.\n"
    assert quiet_terminal.done("asks", "late", "--json").json["items"] == []


async def test_answer_gives_one_ask_to_the_worker(late: House, terminal: Terminal) -> None:
    newest, oldest = late.asks

    ended = terminal.done("asks", "answer", oldest.ask.id)
    await late.settle()

    assert f"{oldest.ask.id} is answered next" in ended.out
    assert [one.ask.state for one in late.asks] == [AskState.LATE, AskState.DECIDED]
    assert "Due Saturday" in late.replies()[-1].text
    assert newest.ask.id in terminal.done("asks", "late").out


async def test_dismiss_all_closes_every_waiting_ask_unanswered(
    late: House, terminal: Terminal
) -> None:
    ended = terminal.done("asks", "dismiss", "--all")
    await late.settle()

    assert len(ended.lines) == 2
    assert {one.ask.state for one in late.asks} == {AskState.DISMISSED}
    assert late.writes == []
    assert terminal.done("asks", "dismiss", "--all").out == "No asks are late or stuck.\n"


async def test_answered_ask_can_not_be_answered_by_hand(house: House, terminal: Terminal) -> None:
    await house.ask("@bot when is it due?")

    ended = terminal.run("asks", "answer", house.asks[0].ask.id)

    assert ended.code == 2
    assert "is decided; only asks that are late or stuck" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [pytest.param((), id="nothing"), pytest.param(("--all", "ask_1"), id="both")],
)
async def test_answer_wants_ids_or_all(
    quiet_terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    ended = quiet_terminal.run("asks", "answer", *arguments)

    assert ended.code == 2
    assert "Name asks by their ids, or all of them with --all; not both." in ended.err


async def test_list_filters_by_state(late: House, terminal: Terminal) -> None:
    terminal.done("asks", "dismiss", late.asks[0].ask.id)

    shown = terminal.done("asks", "list", "--state", "dismissed", "--json").json

    assert [one["id"] for one in shown["items"]] == [late.asks[0].ask.id]
