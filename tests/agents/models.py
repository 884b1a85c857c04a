"""Two providers on one scripted server each, and a question to ask them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from chargehand.agents.config import ProviderConfig, ProviderKind, RunLimits
from chargehand.agents.deciding import Models
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.plugins.budget import ModelPrice
from chargehand.plugins.model import Consent, LookedUp, ModelFailure, ModelPlan, ModelQuestion
from chargehand.testing.budget import PettyCash
from chargehand.testing.clock import FakeClock
from chargehand.testing.models import ModelContract, ModelScript, Turn, serving
from tests.house import START

PAY = ProjectKey("PAY")
API_KEY = "sk-scripted-0123456789abcdef"
KINDS: tuple[ProviderKind, ...] = ("anthropic", "openai")
MODEL_NAMES = {"anthropic": "claude-haiku-5-5", "openai": "gpt-4o-mini"}


def price(provider: str, model: str) -> ModelPrice:
    return ModelPrice(
        provider=provider,
        model=model,
        input_usd=Decimal(3),
        output_usd=Decimal(15),
        cache_read_usd=Decimal("0.3"),
        cache_write_usd=Decimal("3.75"),
        table_version="configured",
        is_at_most=False,
    )


def provider(kind: ProviderKind, url: str, **changes: Any) -> ProviderConfig:
    base = url if kind == "anthropic" else f"{url}/v1"
    config = ProviderConfig(
        id=kind,
        kind=kind,
        model=MODEL_NAMES[kind],
        base_url=base,
        api_key=API_KEY,
        is_local=True,
        price=price(kind, MODEL_NAMES[kind]),
        timeout_s=60.0,
        idle_s=20.0,
        output_tokens=1500,
    )
    return replace(config, **changes)


@dataclass
class Asked:
    """What was looked up while a question was asked."""

    keys: list[str] = field(default_factory=list)

    async def look_up(self, key: str) -> LookedUp:
        self.keys.append(key)
        if key != "PAY-12":
            return LookedUp({"error": "there is no such work item in this project"})
        return LookedUp(
            {"key": "PAY-12", "status": "In Review"}, frozenset({WorkItemKey("PAY-12")})
        )


def question(asked: Asked | None = None, **changes: Any) -> ModelQuestion:
    made = ModelQuestion(
        project=PAY,
        subject_id="ask_06f0c4h8k2v9m3p7r1t5w8x2z4",
        consent=Consent.LOCAL,
        material={"question": "is the thing we spoke about anywhere near ready?"},
        known_keys=frozenset({WorkItemKey("PAY-7")}),
        served_projects=frozenset({PAY}),
        look_up_work_item=(asked or Asked()).look_up,
    )
    return replace(made, **changes)


@dataclass
class Bench:
    """Models under test, what they paid, and what their servers heard."""

    models: Models
    cash: PettyCash
    clock: FakeClock
    scripts: list[ModelScript]

    async def plan(self, **changes: Any) -> ModelPlan:
        outcome = (await self.models.decide(question(**changes))).outcome
        assert isinstance(outcome, ModelPlan), outcome
        return outcome

    async def failure(self, **changes: Any) -> ModelFailure:
        outcome = (await self.models.decide(question(**changes))).outcome
        assert isinstance(outcome, ModelFailure), outcome
        return outcome


@asynccontextmanager
async def open_bench(
    *talks: tuple[ProviderKind, Iterable[Turn]],
    contract: ModelContract | None = None,
    otherwise: Turn | None = None,
    limits: RunLimits | None = None,
    cap_usd: str = "10",
    secrets: tuple[str, ...] = (),
    **changes: Any,
) -> AsyncIterator[Bench]:
    """A bench whose every reservation has to be closed at its end.

    What is named beside, such as `idle_s=0.3`, is of the first provider alone.
    """
    cash, clock = PettyCash(cap_usd), FakeClock(START)
    async with AsyncExitStack() as stack:
        scripts, configs = [], []
        for kind, turns in talks:
            script = ModelScript(turns, otherwise=otherwise, contract=contract)
            url = await stack.enter_async_context(serving(script))
            scripts.append(script)
            configs.append(provider(kind, url, **({} if configs else changes)))
        models = Models(configs, cash, clock=clock, known_secrets=secrets, limits=limits)
        try:
            yield Bench(models, cash, clock, scripts)
        finally:
            await models.aclose()
    assert "open" not in cash.states
