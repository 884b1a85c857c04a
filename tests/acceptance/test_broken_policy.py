"""Where nobody can tell what is allowed nothing is done, nothing is lost, and `doctor` says why."""

import asyncio
from pathlib import Path

import pytest

from chargehand.storage.errors import PolicyUnreadable
from tests.cli.terminal import Terminal, write_config
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("document", "why"),
    [
        pytest.param("not json", "no JSON object", id="unparsable"),
        pytest.param("[]", "no JSON object", id="no-object"),
        pytest.param('{"format": 2, "rules": 7}', "rules is", id="no-policy"),
    ],
)
async def test_broken_policy_lets_nothing_through_until_it_is_mended(
    house: House, tmp_path: Path, document: str, why: str
) -> None:
    house.mode("auto")
    good = house.stores.database.read(lambda tx: tx.policies.current_text())
    assert good is not None
    terminal = Terminal(write_config(house.settings, tmp_path), house.clock)
    terminal.done("members", "add", "Ana Ruiz", "--role", "admin")
    policy = tmp_path / "policy.toml"
    policy.write_text(terminal.done("policy", "show").out)
    house.sql(
        "UPDATE policy_versions SET document = :document WHERE version = :version",
        document=document,
        version=good[0],
    )
    posted = await house.say("@bot status")

    assert posted.response.status_code == 202
    assert house.dispatcher.dispatch() == 1
    with pytest.raises(PolicyUnreadable, match=why):
        await house.answering.answer(house.asks[0].ask.id)

    assert (house.writes, house.actions, house.notices) == ([], (), [])
    # It has an event loop of its own.
    told = await asyncio.to_thread(terminal.run, "doctor")
    assert told.code == 1
    assert "FAIL  policy" in told.out
    assert why in told.out
    assert why in terminal.run("status").err

    terminal.done("policy", "apply", str(policy), "--yes")
    # For the checks at the end of the house, which read the whole history.
    house.sql(
        "UPDATE policy_versions SET document = :document WHERE version = :version",
        document=good[1],
        version=good[0],
    )
    await house.settle()

    assert len(house.replies()) == 1
