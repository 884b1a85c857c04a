"""`doctor` and `status` say of models what is configured and was seen; asking one is a wish."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.testing.models import Fail, ModelScript, Say, serving
from tests.acceptance.talking import QUESTION
from tests.cli.terminal import Terminal
from tests.house import Doubles, House, house_settings, open_house

pytestmark = pytest.mark.anyio
PROVIDER = {
    "id": "ours",
    "kind": "openai",
    "model": "qwen3",
    "input_usd": 3,
    "output_usd": 15,
}


@pytest.fixture
async def script() -> ModelScript:
    return ModelScript([], otherwise=Say("ready"))


@pytest.fixture
async def url(script: ModelScript, anyio_backend: str) -> AsyncIterator[str]:
    async with serving(script) as url:
        yield f"{url}/v1"


@pytest.fixture
async def house(data_dir: Path, url: str) -> AsyncIterator[House]:
    providers, consent = [{**PROVIDER, "base_url": url}], {"consent": {"PAY": "local"}}
    settings = house_settings(data_dir, providers=providers, model=consent)
    async with open_house(settings, Doubles()) as house:
        yield house


@pytest.fixture
def asking(terminal: Terminal, config: Path, url: str) -> Terminal:
    provider = "".join(
        f"{key} = {value!r}\n".replace("'", '"')
        for key, value in {**PROVIDER, "base_url": url}.items()
    )
    consent = '\n[model.consent]\nPAY = "local"\n'
    config.write_text(f"{config.read_text()}\n[[providers]]\n{provider}{consent}")
    return terminal


async def lines(terminal: Terminal, *arguments: str) -> str:
    """What a command prints, while the model's server goes on in this loop."""
    return (await asyncio.to_thread(terminal.run, *arguments)).out


async def test_configured_models_are_shown_and_not_asked(
    house: House, asking: Terminal, script: ModelScript
) -> None:
    doctor = await lines(asking, "doctor")
    status = await lines(asking, "status")

    assert "ok    model ours: ours: qwen3 at http://127.0.0.1" in doctor
    assert (
        "nearby; 3 in and 15 out US dollars a million tokens (configured); not asked yet" in doctor
    )
    assert "model consent: HELP off, PAY local" in doctor
    assert "not asked yet" in status
    assert "consent: HELP off, PAY local" in status
    assert script.received == []


async def test_last_answer_and_last_failure_are_told(
    house: House, asking: Terminal, script: ModelScript
) -> None:
    house.mode("auto")
    script.turns.extend([Fail(401)])
    await house.ask(QUESTION)

    doctor = await lines(asking, "doctor")

    assert "warn  model ours" in doctor
    assert "no answer yet, FAILING (refused" in doctor


async def test_model_is_asked_and_paid_when_wanted(
    house: House, asking: Terminal, script: ModelScript
) -> None:
    worked = await lines(asking, "doctor", "--models")
    script.turns.extend([Fail(500)])
    failed = await lines(asking, "doctor", "--models")

    assert "ok    model ours asked: answered, 0.0" in worked
    assert "FAIL  model ours asked: unavailable" in failed
    assert len(script.received) == 2
    assert b"ready" in script.received[0].raw
    spent = asking.done("budget", "show", "--json").out
    assert '"spent_usd"' in spent
