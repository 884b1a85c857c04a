"""`replay`: decisions made again from what was kept, without a word to anybody."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio

SAID = (
    "@bot when is it due?",
    "@bot status",
    "@bot move to In Review",
    "@bot assign this to Tom Berg",
    "@bot what is blocking this?",
    "@bot help",
    "@bot summary",
    "@bot link relates to PAY-12",
    "@bot set priority Low",
    "@bot blub?",
)


async def test_every_kind_of_answer_is_the_same_to_the_byte_and_nobody_is_asked(
    house: House, terminal: Terminal
) -> None:
    for words in SAID:
        await house.ask(words)
        house.clock.advance(3600)
    asked = len(house.jira.requests)

    one = terminal.done("replay", house.asks[0].ask.id).out
    [newest] = [one.id for one in house.decisions[:1]]
    by_event = terminal.done("replay", house.decisions[0].event_id, "--json").json
    many = terminal.done("replay", "--from", "2026-11-19", "--json").json

    assert "the same to the byte" in one
    assert (by_event["decision_id"], by_event["is_identical"]) == (newest, True)
    assert many["replayed"] == many["identical"] == len(SAID)
    assert (many["changed"], many["not_replayed"]) == ({}, {})
    assert len(house.jira.requests) == asked


async def test_another_policy_shows_which_modes_change(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    await house.ask("@bot move to In Review")
    await house.ask("@bot when is it due?", item="PAY-12")
    house.clock.advance(1)
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'format = 2\n[[rules]]\nname = "moves"\n'
        'when = { kind = ["jira.transition_issue"] }\nmode = "approve"\n'
    )
    [moved] = [one for one in house.decisions if one.reason.value == "write_proposed"]

    shown = terminal.done("replay", moved.id, "--policy", str(policy)).out
    told = terminal.done("replay", moved.id, "--policy", str(policy), "--json").json
    many = terminal.done("replay", "--from", "2026-11-19", "--policy", str(policy))
    refused = terminal.run("replay", moved.id, "--policy", str(tmp_path / "none.toml"))

    assert "jira.transition_issue on PAY-7: simulate -> approve" in shown
    assert (told["is_identical"], told["changes"]) == (False, [])
    assert f"1 with another modes: {moved.id}" in many.out
    assert "replay: 2 of 2" in many.err
    assert refused.code == 2
    assert "can not be tried: No such file" in refused.err


async def test_what_can_not_be_made_again_says_why(house: House, terminal: Terminal) -> None:
    await house.ask("@bot when is it due?")
    await house.ask("nothing for anybody")
    silent, answered = house.decisions
    kept = terminal.done("replay", answered.id).out
    erased = terminal.done("members", "erase", "--help").out
    at_once = terminal.run("replay", silent.id)
    house.sql("UPDATE contents SET body = replace(body, 'Mei', 'member-1'), digest = 'other'")
    rewritten = terminal.run("replay", answered.id)
    house.sql("DELETE FROM contents")
    gone = terminal.run("replay", answered.id, "--json")
    missing = terminal.run("replay", "dec_06f0c4h8k2v9m3p7r1t5w8x2z4")
    nothing = terminal.run("replay")

    assert kept
    assert erased
    assert at_once.code == 1
    assert "it was made from the event alone" in at_once.out
    assert rewritten.code == 1
    assert "somebody was erased from what it was made from" in rewritten.out
    assert gone.code == 1
    assert (gone.json["why_not"], gone.json["changes"]) == ("gone", [])
    assert missing.code == 2
    assert "There is no decision dec_06f0c4h8k2v9m3p7r1t5w8x2z4." in missing.err
    assert nothing.code == 2
    assert "or a stretch of time with --from" in nothing.err
