"""`shadow`: the report on one screen and as JSON, and what can not be asked."""

import pytest

from tests.cli.terminal import Terminal
from tests.house import SECRET, House

pytestmark = pytest.mark.anyio

HOUR_S = 3600


async def test_report_is_told_with_its_rule_and_ids_that_trace_opens(
    house: House, terminal: Terminal
) -> None:
    await house.ask("@bot move to In Review")
    house.clock.advance(HOUR_S)
    house.jira.transition("PAY-7", author="Tom Berg", to="In Review")
    headers, body = house.jira.change_request("PAY-7", secret=SECRET)
    await house.post(headers, body)
    await house.ask("@bot when is it due?", item="PAY-12")
    house.clock.advance(600)
    await house.ask("on Friday", author="Tom Berg", item="PAY-12")
    house.clock.advance(48 * HOUR_S)

    shown = terminal.done("shadow", "--from", "2026-11-19", "--to", "2026-11-30").out
    told = terminal.done("shadow", "--from", "2026-11-19", "--to", "2026-11-30", "--json")
    again = terminal.done("shadow", "--from", "2026-11-19", "--to", "2026-11-30", "--json")
    one = terminal.done("shadow", "--kind", "jira.transition_issue", "--json").json
    none = terminal.done("shadow", "--project", "HELP").out

    assert "agreed  PAY-7: status In Review  -> status In Review after 1 h" in shown
    assert "answered  PAY-12  -> a person answered after 10 min" in shown
    assert "auto from 20 judged cases of which 90 % agreed" in shown
    assert "whether they said the same can not be told from the words" in shown
    assert told.out == again.out
    comments, moves = told.json["lines"]
    assert moves["counts"]["agreed"] == 1
    assert comments["why"] == "Too little is known: 1 of 20 cases."
    [example] = moves["examples"]
    assert "In Review" in terminal.done("trace", example["action_id"]).out
    assert example["witness"] in terminal.done("trace", example["witness"], "--json").out
    assert [line["kind"] for line in one["lines"]] == ["jira.transition_issue"]
    assert "Nothing was simulated or asked of people then." in none


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--from", "yesterday"], "from is 'yesterday'; allowed: a day as", id="word"),
        pytest.param(["--to", "9999-12-31"], "to is '9999-12-31'; allowed: a day as", id="edge"),
        pytest.param(
            ["--from", "2026-11-20", "--to", "2026-11-19"], "allowed: a moment before", id="order"
        ),
        pytest.param(["--window", "a week"], "window is 'a week'; allowed: such as", id="window"),
        pytest.param(["--window", "31d"], "allowed: 1 hour to 30 days", id="long"),
    ],
)
def test_what_can_not_be_asked_is_refused(
    quiet_terminal: Terminal, arguments: list[str], told: str
) -> None:
    ended = quiet_terminal.run("shadow", *arguments)

    assert ended.code == 2
    assert told in ended.err
