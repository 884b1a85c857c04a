"""`decisions show --request`: exactly what was sent to a model."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.testing.models import CallTool, ModelScript, decide, serving
from tests.acceptance.talking import QUESTION, provider
from tests.cli.terminal import Terminal
from tests.house import Doubles, House, house_settings, open_house

pytestmark = pytest.mark.anyio
TURNS = [CallTool("look_up_work_item", {"key": "PAY-12"}), decide("Nearly ready.")]


@pytest.fixture
def script() -> ModelScript:
    return ModelScript(TURNS)


@pytest.fixture
async def house(data_dir: Path, script: ModelScript, anyio_backend: str) -> AsyncIterator[House]:
    async with serving(script) as url:
        settings = house_settings(
            data_dir, providers=[provider(url)], model={"consent": {"PAY": "local"}}
        )
        async with open_house(settings, Doubles()) as house:
            yield house


async def test_every_request_is_shown_as_it_left(
    house: House, script: ModelScript, terminal: Terminal
) -> None:
    house.mode("auto")
    house.write("log in with password: hunter2 there")
    await house.ask(QUESTION)
    decision_id = house.decisions[0].id

    shown = terminal.done("decisions", "show", decision_id, "--request", "--json").json

    assert [one["body"].encode() for one in shown] == [one.raw for one in script.received]
    assert [one["outcome"] for one in shown] == ["answered", "answered"]
    text = terminal.done("decisions", "show", decision_id, "--request").out
    assert "Request 2: answered" in text
    assert "claude-haiku-5-5 of anthropic" in text
    assert "hunter2" not in text
    assert "password********" in json.dumps(shown)
    whole = terminal.done("decisions", "show", decision_id).out
    assert "claude-haiku-5-5 of anthropic (prompt decision-3)" in whole
    assert "The status says so." in whole


async def test_decision_by_rule_says_that_nothing_was_sent(
    house: House, terminal: Terminal
) -> None:
    await house.ask("@bot what is blocking this?")

    ended = terminal.done("decisions", "show", house.decisions[0].id, "--request")

    assert ended.out == "Nothing was sent to a model for this decision.\n"


async def test_unknown_decision_is_refused(house: House, terminal: Terminal) -> None:
    ended = terminal.run("decisions", "show", "dec_06f0c4h8k2v9m3p7r1t5w8x2z4", "--request")

    assert ended.code == 2
    assert "There is no decision" in ended.err
