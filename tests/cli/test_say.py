"""`say`: a command as in a chat, from the command line."""

import pytest

from chargehand.domain.attention import QuietScope
from chargehand.domain.records import ApprovalState
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


async def test_say_approves_what_waits_and_tells_it_the_second_time(
    house: House, terminal: Terminal
) -> None:
    house.mode("approve")
    await house.ask("@bot when is it due?")
    name = house.approvals[0].short_id

    done = terminal.done("say", "approve", name)
    again = terminal.run("say", f"approve {name}")
    await house.settle()

    assert done.out.startswith("Approved: `jira.add_comment` on ")
    assert house.approvals[0].state is ApprovalState.APPROVED
    assert house.actions[0].state.value == "executed"
    assert (again.code, again.out) == (2, "")
    assert "was approved by cli:" in again.err


async def test_say_wrong_keeps_feedback_and_why_tells_where_it_came_from(
    house: House, terminal: Terminal
) -> None:
    house.mode("auto")
    await house.ask("@bot when is it due?")
    item = str(house.decisions[-1].work_item)

    why = terminal.done("say", "why", "--work-item", item)
    wrong = terminal.done("say", "wrong because it moved", "--work-item", item)

    assert "without a model, at no cost" in why.out
    assert "Only who asked" in wrong.out
    (kept,) = house.stores.database.read(
        lambda tx: tx.attention.feedback_on(house.decisions[-1].id)
    )
    assert (kept.text, kept.is_asker) == ("it moved", False)


async def test_say_mutes_a_project_until_it_ends(house: House, terminal: Terminal) -> None:
    terminal.done("say", "mute here for 2d", "--project", "PAY")

    def is_muted() -> bool:
        now, scope = house.clock.now(), [(QuietScope.PROJECT, "PAY")]
        found = house.stores.database.read(lambda tx: tx.attention.quiets_on(scope, now=now))
        return bool(found)

    assert is_muted()
    house.clock.advance(2 * 24 * 3600)
    assert not is_muted()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("approve?",), "“approve?” is no command, so nothing was done."),
        (("please", "don't", "approve", "7h2k9d"), "Say: `approve ID`"),
        (("approve", "7h2k9d"), "There is no approval `7h2k9d` here."),
        (("status", "PAY-3"), "in a comment on it"),
        (("mute", "me"), "from your own account"),
        (("help", "--project", "NOPE"), "No connection serves the project NOPE"),
    ],
)
def test_say_of_what_is_not_done_ends_with_two(
    quiet_terminal: Terminal, words: tuple[str, ...], told: str
) -> None:
    ended = quiet_terminal.run("say", *words)

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_say_as_json_is_what_rest_answers(quiet_terminal: Terminal) -> None:
    told = quiet_terminal.done("say", "agents", "--json").json

    assert set(told) == {"outcome", "markdown", "is_private", "controls"}
    assert told["outcome"] == "done"
