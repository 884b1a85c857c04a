"""Opens the models that a replay asks: one that was named, or who was asked then."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

from chargehand.agents.config import ProviderConfig, RunLimits
from chargehand.agents.deciding import Models, may_serve
from chargehand.agents.prompts import DECISION_PROMPT, SystemPrompt, tried_prompt
from chargehand.agents.worst_case import most_tokens
from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.errors import TriedModelUnknown, TriedModelUnpriced
from chargehand.bootstrap.models import provider_config
from chargehand.budgets.money import worst_case_micro_usd
from chargehand.config.model_settings import ProviderSettings
from chargehand.config.settings import Settings
from chargehand.config.shown import secret_values
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import Clock
from chargehand.pipeline.capped_spending import CappedSpending
from chargehand.pipeline.spending import Spending
from chargehand.plugins.budget import BudgetDoor
from chargehand.plugins.model import Consent
from chargehand.storage.database import Database

PURPOSE: Final = "replay"
# How often one that fails is asked is for whoever asks; what it wants to be waited for counts.
_LIMITS: Final = RunLimits(first_rest_s=0.0)
_SHOWN: Final = 80


class ReplayModels:
    """The models that a replay asks, paid within what was agreed to."""

    def __init__(
        self,
        settings: Settings,
        budget: BudgetDoor,
        *,
        configs: Mapping[str, ProviderConfig],
        named: str | None,
        prompt: SystemPrompt,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._spending = CappedSpending(budget)
        self._configs = configs
        self._named = named
        self._prompt = prompt
        self._clock = clock
        self._doors: dict[str, Models] = {}

    def provider_for(self, then: str) -> str | None:
        """The one that was named, else who was asked then, if it is configured still."""
        return self._named or (then if then in self._configs else None)

    def may_see(self, provider: str, consent: Consent) -> bool:
        """Whether texts with this consent may go there."""
        return may_serve(self._configs[provider], consent)

    def worst_micro_usd(self, provider: str, material: JSONObject) -> int:
        """What a question can cost at most, in micro-dollars."""
        config = self._configs[provider]
        most = most_tokens(config, self._prompt, material, limits=_LIMITS)
        return worst_case_micro_usd(
            config.price,
            input_tokens_at_most=most.input_tokens,
            output_tokens_at_most=most.output_tokens,
        )

    def agree(self, micro_usd: int) -> None:
        """Let so much be spent."""
        self._spending.agree(micro_usd)

    def named(self, provider: str) -> str:
        """A provider in words: which model, and where."""
        config = self._configs[provider]
        return f"{config.model} of {config.id} at {config.base_url}"

    def door(self, provider: str) -> Models:
        """Where it is asked."""
        if provider not in self._doors:
            self._doors[provider] = Models(
                [self._configs[provider]],
                self._spending,
                clock=self._clock,
                known_secrets=tuple(secret_values(self._settings)),
                limits=_LIMITS,
                prompt=self._prompt,
                purpose=PURPOSE,
            )
        return self._doors[provider]

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        for door in self._doors.values():
            await door.aclose()


@asynccontextmanager
async def open_replay_models(
    settings: Settings,
    database: Database,
    *,
    model: str | None,
    prompt: str | None,
    clock: Clock,
) -> AsyncIterator[ReplayModels]:
    """The models that a replay asks; what they cost is written down at the end.

    Shape: `model` names a provider, a model or both; without it, who was asked then is asked, by
    the model it has now. `prompt` takes the place of the system prompt.
    Raises: TriedModelUnknown, TriedModelUnpriced, PriceMissing, PriceInvalid, CertificatesUnusable.
    """
    now = clock.now()
    wanted = [chosen_provider(settings, model)] if model is not None else list(settings.providers)
    configs = {one.id: provider_config(settings, one, now=now) for one in wanted}
    spending = Spending(database, rules=budget_rules(settings), clock=clock)
    models = ReplayModels(
        settings,
        spending,
        configs=configs,
        named=wanted[0].id if model is not None else None,
        prompt=tried_prompt(prompt) if prompt is not None else DECISION_PROMPT,
        clock=clock,
    )
    try:
        yield models
    finally:
        await models.aclose()
        await spending.idle()


def chosen_provider(settings: Settings, wanted: str) -> ProviderSettings:
    """The provider that a name stands for: its own, that of its model, or `PROVIDER:MODEL`.

    Shape: with `PROVIDER:MODEL` the model may be another one at the same address.
    Raises: TriedModelUnknown, TriedModelUnpriced.
    """
    for one in settings.providers:
        if wanted in (one.id, one.model, f"{one.id}:{one.model}"):
            return one
    for one in settings.providers:
        model = wanted.removeprefix(f"{one.id}:")
        if model not in (wanted, ""):
            return _with_model(one, model)
    configured = ", ".join(f"{one.id}:{one.model}" for one in settings.providers) or "none"
    raise TriedModelUnknown(wanted=wanted[:_SHOWN], configured=configured)


def _with_model(provider: ProviderSettings, model: str) -> ProviderSettings:
    """Another model of a provider, at a price that is known for it."""
    prices = {provider.input_usd, provider.output_usd}
    # What costs nothing runs on a machine of one's own, where everything does.
    if prices - {None, Decimal(0)}:
        raise TriedModelUnpriced(
            model=model[:_SHOWN], provider=provider.id, configured=provider.model
        )
    return provider.model_copy(update={"model": model})
