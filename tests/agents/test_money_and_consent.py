"""Nothing leaves unpaid, to where nobody consented, or with a secret in it."""

import httpx2
import pytest
from pydantic_ai.models import ModelRequestParameters

from chargehand.agents.config import ProviderKind, RunLimits
from chargehand.agents.providers import open_model
from chargehand.agents.purse import UnpaidRequest
from chargehand.agents.transport import open_http_client
from chargehand.plugins.model import Consent, LookedUp, ModelFailure
from chargehand.testing.models import CallTool, Fail, ModelScript, decide, serving
from tests.agents.models import API_KEY, KINDS, open_bench, provider, question

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", KINDS)
async def test_empty_budget_sends_nothing(kind: ProviderKind) -> None:
    async with open_bench((kind, [decide()]), cap_usd="0.001") as bench:
        assert await bench.failure() is ModelFailure.BUDGET_EXCEEDED

    assert bench.scripts[0].received == []
    assert bench.cash.states == []


async def test_budget_that_ends_between_two_turns_ends_the_run() -> None:
    turns = [CallTool("look_up_work_item", {"key": "PAY-12"}), decide()]
    async with open_bench(("anthropic", turns), ("openai", [decide()]), cap_usd="0.043") as bench:
        run = await bench.models.decide(question())

    assert run.outcome is ModelFailure.BUDGET_EXCEEDED
    assert [one.outcome for one in run.requests] == ["answered", "not_sent"]
    assert [len(one.received) for one in bench.scripts] == [1, 0]


async def test_reservation_covers_the_bytes_that_left_and_the_whole_output() -> None:
    async with open_bench(("anthropic", [decide()])) as bench:
        await bench.plan()

    (reserved,) = bench.cash.reservations.values()
    (received,) = bench.scripts[0].received
    assert reserved.request.input_tokens_at_most >= len(received.raw)
    assert reserved.request.output_tokens_at_most == 1500
    assert (reserved.request.purpose, reserved.request.project) == ("decision", "PAY")
    assert 0 < reserved.cost_usd < reserved.at_most_usd


@pytest.mark.parametrize("kind", KINDS)
async def test_request_without_a_purse_never_leaves(kind: ProviderKind) -> None:
    script = ModelScript(otherwise=decide())
    async with serving(script) as url:
        client = open_http_client(provider(kind, url), RunLimits())
        model = open_model(provider(kind, url), client)
        with pytest.raises(UnpaidRequest):
            await client.post(url, json={})
        with pytest.raises(Exception, match=r"[Cc]onnection|held back"):
            async with model.request_stream([], None, ModelRequestParameters()):
                pass
        await client.aclose()

    assert script.received == []


@pytest.mark.parametrize("kind", KINDS)
async def test_redirect_is_not_followed(kind: ProviderKind) -> None:
    elsewhere = ModelScript(otherwise=decide())
    async with serving(elsewhere) as url:
        moved = Fail(307, location=f"{url}/v1/messages")
        async with open_bench((kind, [moved])) as bench:
            assert await bench.failure() is ModelFailure.REFUSED

    assert elsewhere.received == []


@pytest.mark.parametrize(
    ("consent", "is_local", "is_sent"),
    [
        (Consent.OFF, True, False),
        (Consent.OFF, False, False),
        (Consent.LOCAL, True, True),
        (Consent.LOCAL, False, False),
        (Consent.ANY, False, True),
    ],
)
async def test_texts_go_only_where_the_project_consents(
    consent: Consent, *, is_local: bool, is_sent: bool
) -> None:
    async with open_bench(("openai", [decide()]), is_local=is_local) as bench:
        assert bench.models.can_serve(consent) is is_sent
        await bench.models.decide(question(consent=consent))

    assert len(bench.scripts[0].received) == int(is_sent)


SECRETS = {
    "api token": "ATATT3xFfGF0123456789abcdefghij",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "github": "ghp_0123456789abcdefghij0123456789abcdef",
    "anthropic": "sk-ant-api03-0123456789abcdefghij",
    "google": "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "gitlab": "glpat-0123456789abcdefghij",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9",
    "password": "password: hunter2-and-more",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE01\nab\n-----END RSA PRIVATE KEY-----",
    "our own": "what-only-this-house-knows",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
async def test_secret_in_a_text_is_masked_in_what_is_really_sent(secret: str) -> None:
    async def found(_key: str) -> LookedUp:
        return LookedUp({"description": f"use {secret} there"})

    turns = [CallTool("look_up_work_item", {"key": "PAY-12"}), decide()]
    own = (SECRETS["our own"],)
    async with open_bench(("anthropic", turns), secrets=own) as bench:
        run = await bench.models.decide(
            question(
                material={"question": "why?", "comments": [{"text": f"try {secret} now"}]},
                look_up_work_item=found,
            )
        )

    first, second = bench.scripts[0].received
    kept = "MIIE01" if "\n" in secret else secret.rsplit(maxsplit=1)[-1]
    for raw in (first.raw, second.raw, *(one.body.encode() for one in run.requests)):
        assert kept.encode() not in raw
        assert b"********" in raw
        assert API_KEY.encode() not in raw


async def test_environment_alone_makes_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our client sends our key, whatever the environment holds."""
    # Only the environment itself can show that it is not read.
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-somebody-else-0123456789")
    async with open_bench(("anthropic", [decide()])) as bench:
        await bench.plan()

    headers = bench.scripts[0].received[0].headers
    assert "somebody-else" not in str(headers)


def test_paid_client_is_what_the_libraries_take() -> None:
    config = provider("openai", "http://127.0.0.1:9")

    assert isinstance(open_http_client(config, RunLimits()), httpx2.AsyncClient)
