"""`trace`: from any id the same story, from the delivery to the effect."""

from collections.abc import Callable

import pytest

from chargehand.pipeline.showing import to_json
from chargehand.pipeline.tracing import trace
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def answered(house: House) -> House:
    house.mode("approve")
    posted = await house.say("@bot when is it due?")
    assert posted.response.status_code == 202
    house.clock.advance(0.25)
    await house.settle()
    house.clock.advance(90)
    house.approve(house.approvals[0])
    house.clock.advance(2)
    await house.settle()
    return house


def deliveries_of(house: House) -> str:
    found = house.stores.database.read(lambda tx: tx.events.page_of_deliveries())
    return found.items[0].id


@pytest.mark.parametrize(
    "identify",
    [
        pytest.param(deliveries_of, id="delivery"),
        pytest.param(lambda house: house.events[0].id, id="event"),
        pytest.param(lambda house: house.asks[0].ask.id, id="ask"),
        pytest.param(lambda house: house.decisions[0].id, id="decision"),
        pytest.param(lambda house: house.actions[0].id, id="action"),
        pytest.param(lambda house: house.approvals[0].id, id="approval"),
        pytest.param(lambda house: house.approvals[0].short_id, id="short-id"),
    ],
)
async def test_any_id_tells_the_whole_story_in_order(
    answered: House, terminal: Terminal, identify: Callable[[House], str]
) -> None:
    identifier = identify(answered)

    told = terminal.done("trace", identifier).out

    effect = answered.stores.database.read(lambda tx: tx.effects.of_action(answered.actions[0].id))
    assert effect is not None
    in_order = [
        "Thursday 2026-11-19",
        "said      Mei Tanaka on PAY-7",
        "@Chargehand when is it due?",
        deliveries_of(answered),
        answered.events[0].id,
        answered.asks[0].ask.id,
        "understood: due (question)",
        answered.decisions[0].id,
        "The question was answered from facts. (answered_from_facts, by rule, confidence 0.90)",
        "source: PAY-7",
        f"{answered.actions[0].id} jira.add_comment on PAY-7, mode approve",
        "Due Saturday 21 November 2026",
        f"{answered.approvals[0].short_id} (",
        f"{answered.approvals[0].short_id} approved by cli:lead via cli",
        "1 attempt",
        f"done {effect.record.url}",
        "Audit records",
        "person:approval:approved",
    ]
    places = [told.find(part) for part in in_order]
    assert -1 not in places, in_order[places.index(-1)]
    assert places == sorted(places)


async def test_steps_carry_the_time_since_the_step_before(
    answered: House, terminal: Terminal
) -> None:
    lines = terminal.done("trace", answered.events[0].id).lines

    steps = {
        words[2]: words[1]
        for line in lines
        if line[2:3] == ":" and len(words := line.replace(" s  ", "s  ").split()) > 2
    }
    assert steps["event"] == "+0.250s"
    approved = next(line for line in lines if "approved by cli:lead" in line)
    assert "+1 min 30 s" in approved


async def test_silence_has_a_story_too(house: House, terminal: Terminal) -> None:
    await house.ask("nobody is mentioned here")

    told = terminal.done("trace", house.decisions[0].id).out

    assert "silent" in told
    assert "The comment does not mention the bot. (not_mentioned" in told


async def test_json_is_what_rest_shows(answered: House, terminal: Terminal) -> None:
    identifier = answered.approvals[0].short_id
    found = answered.stores.database.read(lambda tx: trace(tx, identifier))

    assert terminal.done("trace", identifier, "--json").json == to_json(found)


async def test_delivery_nobody_took_yet_is_stored_not_lost(
    house: House, terminal: Terminal
) -> None:
    posted = await house.say("@bot when is it due?")
    delivery_id = posted.response.json()["delivery"]

    ended = terminal.run("trace", delivery_id)

    assert ended.code == 1
    assert f"{delivery_id} was received at 2026-11-19 11:01:" in ended.out
    assert "no worker has taken it yet" in ended.out


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param("zzzzzz", id="short"),
        pytest.param("dlv_00000000000000000000000000", id="delivery"),
        pytest.param("; DROP TABLE events", id="no-id"),
    ],
)
async def test_unknown_id_is_exit_2_with_a_sentence(
    quiet_terminal: Terminal, identifier: str
) -> None:
    ended = quiet_terminal.run("trace", identifier)

    assert ended.code == 2
    assert ended.err.startswith("chargehand: There is no ")
    assert identifier in ended.err


async def test_word_that_is_no_id_is_answered_with_what_has_one(quiet_terminal: Terminal) -> None:
    """Whatever its letters; some words have the letters of an action's short id."""
    told = {quiet_terminal.run("trace", word).err for word in ("nonsense", "what?")}

    assert told == {
        f"chargehand: There is no delivery, event, ask, decision, action or approval {word}.\n"
        for word in ("nonsense", "what?")
    }
