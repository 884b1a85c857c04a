"""Puts the configured models together; without one nothing of their libraries is loaded.

The libraries take seconds and a hundred megabytes, so they are loaded beside a start and not before
it; what an operator can have got wrong is found out at once.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from chargehand.bootstrap.configured import served_projects
from chargehand.bootstrap.trust import read_certificates
from chargehand.config.model_settings import ProviderSettings
from chargehand.config.settings import Settings
from chargehand.config.shown import secret_values
from chargehand.domain.ids import ProjectKey
from chargehand.kit.clock import Clock
from chargehand.pipeline.model_deciding import ModelDeciding, ModelRules
from chargehand.plugins.budget import BudgetDoor, ModelPrice
from chargehand.plugins.model import Consent, ModelDoor, ModelQuestion, ModelRun
from chargehand.storage.database import Database

if TYPE_CHECKING:
    # Loaded only where a model is configured.
    from chargehand.agents.config import ProviderConfig

_Priced = tuple[ProviderSettings, ModelPrice]


def open_models(
    settings: Settings, database: Database, budget: BudgetDoor, *, clock: Clock
) -> "tuple[ModelDeciding, LateModelDoor] | None":
    """What lets models decide, and the door to close at the end; None when none may be asked.

    Raises: PriceMissing, PriceInvalid, CertificatesUnusable.
    """
    consents = {Consent(value) for value in settings.model.consent.values()}
    if not settings.providers or consents <= {Consent.OFF}:
        return None
    priced = _priced(settings, clock.now())

    def load() -> ModelDoor:
        return _load(settings, priced, budget, clock)

    door = LateModelDoor(load, settings)
    return ModelDeciding(database, door, rules=model_rules(settings), clock=clock), door


def model_rules(settings: Settings) -> ModelRules:
    """What the operator set about models."""
    return ModelRules(
        consents={ProjectKey(key): Consent(value) for key, value in settings.model.consent.items()},
        confidence_threshold=settings.model.confidence_threshold,
        served=served_projects(settings),
    )


class LateModelDoor:
    """A `ModelDoor` that is loaded when it is first needed, or earlier by `warm_up`."""

    def __init__(self, load: Callable[[], ModelDoor], settings: Settings) -> None:
        self._load = load
        self._has_any = bool(settings.providers)
        self._has_local = any(
            one.is_local(settings.model.local_hosts) for one in settings.providers
        )
        self._lock = asyncio.Lock()
        self._door: ModelDoor | None = None

    async def warm_up(self) -> None:
        """Load the libraries now, beside whatever else happens."""
        await self._opened()

    def can_serve(self, consent: Consent) -> bool:
        """Whether any configured model may be asked under this consent."""
        match consent:
            case Consent.OFF:
                return False
            case Consent.LOCAL:
                return self._has_local
            case Consent.ANY:
                return self._has_any

    async def decide(self, question: ModelQuestion) -> ModelRun:
        """As the door behind it."""
        door = await self._opened()
        return await door.decide(question)

    async def aclose(self) -> None:
        """Close what was opened; safe to call twice."""
        if self._door is not None:
            await self._door.aclose()

    async def _opened(self) -> ModelDoor:
        async with self._lock:
            if self._door is None:
                self._door = await asyncio.to_thread(self._load)
            return self._door


def provider_configs(settings: Settings, *, now: datetime) -> "list[ProviderConfig]":
    """The configured models as the libraries want them.

    Raises: PriceMissing, PriceInvalid, CertificatesUnusable.
    """
    return _configs(settings, _priced(settings, now))


def provider_config(
    settings: Settings, provider: ProviderSettings, *, now: datetime
) -> "ProviderConfig":
    """One model as the libraries want it, whether it is among the settings or not.

    Raises: PriceMissing, PriceInvalid, CertificatesUnusable.
    """
    priced = (provider, provider_price(provider, now))
    read_certificates(settings.network.ca_file)
    return _configs(settings, [priced])[0]


def _priced(settings: Settings, now: datetime) -> list[_Priced]:
    priced = [(one, provider_price(one, now)) for one in settings.providers]
    read_certificates(settings.network.ca_file)
    return priced


def provider_price(provider: ProviderSettings, now: datetime) -> ModelPrice:
    """What a configured model costs.

    Raises: PriceMissing, PriceInvalid.
    """
    # lazy: the price table is 20 MB, and only who configured a model needs it.
    from chargehand.budgets.prices import ConfiguredPrice, price_for

    configured = None
    if provider.input_usd is not None and provider.output_usd is not None:
        configured = ConfiguredPrice(
            input_usd=provider.input_usd,
            output_usd=provider.output_usd,
            cache_read_usd=provider.cache_read_usd,
            cache_write_usd=provider.cache_write_usd,
        )
    return price_for(
        provider.kind,
        provider.model,
        base_url=provider.base_url,
        configured=configured,
        setting=f"providers.{provider.id}.input_usd",
        now=now,
    )


def _load(
    settings: Settings, priced: Sequence[_Priced], budget: BudgetDoor, clock: Clock
) -> ModelDoor:
    # lazy: the libraries of models take seconds and 100 MB, and most installations have none.
    from chargehand.agents.deciding import Models

    return Models(
        _configs(settings, priced),
        budget,
        clock=clock,
        known_secrets=tuple(secret_values(settings)),
    )


def _configs(settings: Settings, priced: Sequence[_Priced]) -> "list[ProviderConfig]":
    # lazy: as above.
    from chargehand.agents.config import ProviderConfig

    return [
        ProviderConfig(
            id=one.id,
            kind=one.kind,
            model=one.model,
            base_url=one.address,
            api_key=one.api_key.get_secret_value() if one.api_key is not None else "",
            is_local=one.is_local(settings.model.local_hosts),
            price=price,
            timeout_s=one.timeout.total_seconds(),
            idle_s=one.idle_timeout.total_seconds(),
            output_tokens=one.output_tokens,
            ca_file=settings.network.ca_file,
        )
        for one, price in priced
    ]
