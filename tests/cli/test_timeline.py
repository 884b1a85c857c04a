"""`timeline` and `events list --text`: from a work item, or from a word, to what happened."""

import pytest

from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


async def test_timeline_tells_what_happened_and_what_followed(
    house: House, terminal: Terminal
) -> None:
    await house.ask("@bot when is it due?")
    await house.ask("thanks to nobody in particular")
    await house.ask("elsewhere", item="PAY-12")

    shown = terminal.done("timeline", "PAY-7", "--json").json["items"]
    assert terminal.done("timeline", "pay-7", "--json").json["items"] == shown
    lines = terminal.done("timeline", "PAY-7").lines
    first = terminal.done("timeline", "PAY-7", "--last", "1", "--json").json
    rest = terminal.done("timeline", "PAY-7", "--cursor", first["next_cursor"], "--json").json

    assert [len(one["actions"]) for one in shown] == [0, 1]
    assert [one["decisions"][0]["reason"] for one in shown] == [
        "not_mentioned",
        "answered_from_facts",
    ]
    assert "thanks to nobody" in lines[2]
    assert lines[3].split()[:2] == ["silent:", "not_mentioned"]
    assert [line.split()[0] for line in lines[5:7]] == ["respond:", "jira.add_comment:"]
    assert [*first["items"], *rest["items"]] == shown
    assert "Nothing is known of PAY-9." in terminal.done("timeline", "PAY-9").out


async def test_events_are_listed_by_their_words(house: House, terminal: Terminal) -> None:
    await house.ask("the refund of Zoë failed")
    await house.ask("the refund arrived")

    [found] = terminal.done("events", "list", "--text", "ZOE refund", "--json").json["items"]

    assert found["text"] == "the refund of Zoë failed"
    refused = terminal.run("events", "list", "--text", "?!")
    assert refused.code == 2
    assert "1 to 32 words" in refused.err
