"""Decisions made again from what was kept of them, on both databases."""

import pytest

from chargehand.pipeline.pruning import Pruning
from chargehand.pipeline.replaying import WhyNotReplayed, inputs_of
from chargehand.testing.models import CallTool, ModelContract, decide
from tests.acceptance.talking import QUESTION, OpenHouse, house_with_models, script
from tests.house import House
from tests.replaying import replayed

pytestmark = pytest.mark.anyio


async def test_model_is_not_asked_again_and_says_the_same(
    open_another: OpenHouse, model_contract: ModelContract
) -> None:
    said = decide("PAY-7 waits for PAY-12.", confidence=0.83, urgency="medium")
    model = script(CallTool("look_up_work_item", {"key": "PAY-12"}), said, contract=model_contract)
    async with house_with_models(open_another, model) as house:
        await house.ask(QUESTION)
        asked, spent = len(model.received), house.cash.spent_usd
        requests = len(house.jira.requests)

        found = replayed(house, house.decisions[0].id)

        assert found.is_identical, found
        assert (len(model.received), house.cash.spent_usd) == (asked, spent)
        assert len(house.jira.requests) == requests
        inputs = house.stores.database.read(lambda tx: inputs_of(tx, house.decisions[0]))
        assert not isinstance(inputs, WhyNotReplayed)
        assert inputs.model is not None
        assert inputs.model.plan is not None
        assert inputs.model.plan.response == "PAY-7 waits for PAY-12."
        assert set(inputs.model.looked_up) == {"PAY-12"}


async def test_unsure_model_is_replayed_too(open_another: OpenHouse) -> None:
    model = script(otherwise=decide("It is nearly ready.", confidence=0.2))
    async with house_with_models(open_another, model) as house:
        await house.ask(QUESTION)

        assert house.decisions[0].reason.value == "model_unsure"
        assert replayed(house, house.decisions[0].id).is_identical


async def test_facts_are_kept_with_source_and_time_and_go_with_their_retention(
    house: House,
) -> None:
    await house.ask("@bot when is it due?")
    decided = house.decisions[0]
    inputs = house.stores.database.read(lambda tx: inputs_of(tx, decided))
    size = house.stores.database.read(lambda tx: tx.decision_inputs.find(decided.id)).size_bytes
    before = replayed(house, decided.id)
    house.clock.advance(400 * 24 * 3600)
    run = Pruning(house.stores.database, house.queue, house.pruning.retention, house.clock).begin()
    while run.step():
        pass

    after = replayed(house, decided.id)

    assert not isinstance(inputs, WhyNotReplayed)
    [facts] = inputs.facts.values()
    assert facts.item.read_at <= decided.decided_at
    assert facts.item.source_url.endswith("/browse/PAY-7")
    assert inputs.ask.asker.name == "Mei Tanaka"
    assert 1_000 < size < 16_000
    assert before.is_identical
    assert (after.why_not, after.changes, after.actions) == (WhyNotReplayed.GONE, (), ())


async def test_what_is_too_large_is_not_kept_and_says_so(house: House) -> None:
    for _ in range(12):
        house.write("word " * 2_400, author="Tom Berg")
    await house.ask("@bot summary")

    found = replayed(house, house.decisions[0].id)

    assert found.why_not is WhyNotReplayed.TOO_LARGE
    assert house.decisions[0].verdict.value == "respond"
