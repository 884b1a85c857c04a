"""Whatever a model or its server does, there is a plan or a closed word, and nothing else."""

import gzip
from typing import Any

import pytest

from chargehand.agents.config import ProviderKind, RunLimits
from chargehand.plugins.model import ModelFailure, ModelPlan
from chargehand.testing.models import (
    CallTool,
    Cut,
    Endless,
    Fail,
    Hang,
    Junk,
    Say,
    Turn,
    decide,
)
from tests.agents.models import KINDS, Asked, open_bench, question

pytestmark = pytest.mark.anyio
QUICK: dict[str, Any] = {"timeout_s": 0.4, "idle_s": 0.3}
BAD_DECISIONS: dict[str, CallTool] = {
    "unknown field": decide(command="rm -rf /"),
    "missing field": decide(confidence=...),
    "too sure": decide(confidence=1.5),
    "unknown urgency": decide(urgency="now!"),
    "a thousand actions": decide(
        suggested_actions=[{"kind": "label", "work_item": "PAY-7"}] * 1000
    ),
    "endless words": decide("word " * 2000),
    "another type": decide(["no", "text"]),  # type: ignore[arg-type]
    "another tool": CallTool("delete_project", {"key": "PAY"}),
    "plain words": Say("I have decided, trust me."),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", BAD_DECISIONS.values(), ids=BAD_DECISIONS)
async def test_decision_that_does_not_fit_is_junk_after_one_more_try(
    kind: ProviderKind, turn: Turn
) -> None:
    async with open_bench((kind, []), otherwise=turn) as bench:
        assert await bench.failure() is ModelFailure.JUNK

    assert len(bench.scripts[0].received) == 2
    assert bench.cash.states == ["settled", "settled"]


async def test_number_that_is_none_is_junk() -> None:
    """It can not even be sent back with the request to do better."""
    async with open_bench(("anthropic", []), otherwise=decide(confidence=float("nan"))) as bench:
        assert await bench.failure() is ModelFailure.JUNK


BAD_BODIES: dict[str, Junk] = {
    "no events": Junk(b"<html>502 Bad Gateway</html>", content_type="text/html"),
    "nothing": Junk(b""),
    "no JSON": Junk(b"data: {not json\n\n"),
    "other JSON": Junk(b'data: {"hello": [1, 2, {"x": null}]}\n\n'),
    "a list": Junk(b"data: [1, 2, 3]\n\n"),
    "half a surrogate": Junk(b'data: {"type": "message_start", "message": "\\ud800"}\n\n'),
    "not UTF-8": Junk(b"data: \xff\xfe\xfa\n\n"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", BAD_BODIES.values(), ids=BAD_BODIES)
async def test_body_no_vendor_sends_makes_no_plan_and_is_paid_in_full(
    kind: ProviderKind, turn: Turn
) -> None:
    async with open_bench((kind, []), otherwise=turn) as bench:
        word = await bench.failure()

    assert word in (ModelFailure.JUNK, ModelFailure.UNAVAILABLE)
    assert set(bench.cash.states) == {"unknown"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "turn", [pytest.param(Hang(), id="before"), pytest.param(Hang(after_start=True), id="after")]
)
async def test_server_that_hangs_is_left(kind: ProviderKind, turn: Turn) -> None:
    async with open_bench((kind, [turn]), **QUICK) as bench:
        assert await bench.failure() is ModelFailure.TIMED_OUT

    assert bench.cash.states == ["unknown"]


@pytest.mark.parametrize("kind", KINDS)
async def test_stream_that_never_ends_is_cut_off(kind: ProviderKind) -> None:
    limits = RunLimits(answer_bytes=50_000)
    async with open_bench((kind, [Endless()]), limits=limits) as bench:
        assert await bench.failure() is ModelFailure.LIMIT_REACHED

    assert bench.cash.states == ["unknown"]


@pytest.mark.parametrize("kind", KINDS)
async def test_packed_answer_is_not_unpacked(kind: ProviderKind) -> None:
    bomb = Junk(gzip.compress(b"data: " + b" " * 5_000_000), content_encoding="gzip")
    async with open_bench((kind, [bomb])) as bench:
        assert isinstance(await bench.failure(), ModelFailure)

    assert bench.cash.states == ["unknown"]


@pytest.mark.parametrize("kind", KINDS)
async def test_stream_cut_in_its_middle_is_no_answer(kind: ProviderKind) -> None:
    async with open_bench((kind, []), otherwise=Cut(), **QUICK) as bench:
        assert isinstance(await bench.failure(), ModelFailure)

    assert set(bench.cash.states) <= {"unknown", "settled"}


@pytest.mark.parametrize("kind", KINDS)
async def test_thousand_tool_calls_end_at_the_limit(kind: ProviderKind) -> None:
    asked = Asked()
    again = CallTool("look_up_work_item", {"key": "PAY-12"})
    limits = RunLimits(requests=4, tool_calls=3)
    async with open_bench((kind, []), otherwise=again, limits=limits) as bench:
        run = await bench.models.decide(question(asked))

    assert run.outcome is ModelFailure.LIMIT_REACHED
    assert len(asked.keys) <= 3
    assert len(run.requests) <= 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "word", "state"),
    [
        (401, ModelFailure.REFUSED, "settled"),
        (404, ModelFailure.REFUSED, "settled"),
        (429, ModelFailure.BUSY, "settled"),
        (500, ModelFailure.UNAVAILABLE, "unknown"),
        (503, ModelFailure.UNAVAILABLE, "settled"),
        (529, ModelFailure.UNAVAILABLE, "settled"),
    ],
)
async def test_failure_of_the_server_is_told_in_a_word_and_paid_by_what_is_known(
    kind: ProviderKind, status: int, word: ModelFailure, state: str
) -> None:
    async with open_bench((kind, [Fail(status)])) as bench:
        assert await bench.failure() is word

    assert bench.cash.states == [state]
    assert (bench.cash.spent_usd > 0) == (state == "unknown")


async def test_server_that_is_not_there_costs_nothing() -> None:
    async with open_bench(("anthropic", []), base_url="http://127.0.0.1:9") as bench:
        assert await bench.failure() is ModelFailure.UNAVAILABLE

    assert bench.cash.states == ["released"]
    assert bench.cash.spent_usd == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "turn",
    [
        pytest.param(Fail(500), id="failing"),
        pytest.param(Fail(429, retry_after_s=60), id="busy"),
        pytest.param(Junk(b"nonsense"), id="junk"),
        pytest.param(Hang(), id="hanging"),
        pytest.param(Fail(401), id="key refused"),
    ],
)
async def test_second_provider_answers_where_the_first_fails(
    kind: ProviderKind, turn: Turn
) -> None:
    other: ProviderKind = "openai" if kind == "anthropic" else "anthropic"
    async with open_bench((kind, [turn]), (other, [decide("It waits.")]), **QUICK) as bench:
        run = await bench.models.decide(question())

    assert isinstance(run.outcome, ModelPlan)
    assert run.provider == other
    assert [one.provider for one in run.requests] == [kind, other]


async def test_provider_that_failed_rests_longer_each_time() -> None:
    async with open_bench(("anthropic", [Fail(500), Fail(500), decide()])) as bench:
        heard = bench.scripts[0].received
        assert await bench.failure() is ModelFailure.UNAVAILABLE
        assert await bench.failure() is ModelFailure.UNAVAILABLE
        assert len(heard) == 1

        bench.clock.advance(6)
        assert await bench.failure() is ModelFailure.UNAVAILABLE
        bench.clock.advance(6)
        assert await bench.failure() is ModelFailure.UNAVAILABLE
        assert len(heard) == 2

        bench.clock.advance(6)
        assert (await bench.plan()).response == "It waits for review."


async def test_provider_rests_for_as_long_as_it_asks() -> None:
    async with open_bench(("openai", [Fail(429, retry_after_s=60), decide()])) as bench:
        run = await bench.models.decide(question())
        assert run.retry_after_s == 60
        bench.clock.advance(59)
        assert await bench.failure() is ModelFailure.UNAVAILABLE
        bench.clock.advance(2)
        await bench.plan()
