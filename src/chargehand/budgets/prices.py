"""What a model costs: as configured, by the price table, or at most its vendor's dearest.

The table is that of the library `genai-prices`, as it was installed: nothing is fetched. Loading it
takes a third of a second and 20 MB, so this module is imported only where a model is configured.

A vendor's own address is one the table knows. Anywhere else, on this machine too, the same name may
be another model at another price, so there the price has to be configured.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NoReturn

import genai_prices
from genai_prices.data_snapshot import DataSnapshot, find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, Provider, TieredPrices
from genai_prices.types import ModelPrice as TablePrice

from chargehand.budgets.errors import PriceInvalid, PriceMissing
from chargehand.plugins.budget import ModelPrice

CONFIGURED: Final = "configured"
TABLE_VERSION: Final = f"genai-prices {genai_prices.__version__}"
_MOST_USD: Final = 1_000_000
_ALLOWED: Final = f"0 to {_MOST_USD} US dollars for one million tokens"
# Every kind of output the table knows is billed as output that a limit in tokens covers.
_OUTPUTS: Final = ("output_mtok", "output_reasoning_mtok", "output_citation_mtok")
_AFTER_HOST: Final = frozenset({"", "/", ":", "?", "#"})


@dataclass(frozen=True, slots=True)
class ConfiguredPrice:
    """A price the operator set; what is left out of the cache's costs as much as plain input.

    Units: US dollars for one million tokens.
    """

    input_usd: Decimal
    output_usd: Decimal
    cache_read_usd: Decimal | None = None
    cache_write_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Amounts:
    input_usd: Decimal
    output_usd: Decimal
    cache_read_usd: Decimal
    cache_write_usd: Decimal
    is_tiered: bool


def price_for(
    provider: str,
    model: str,
    *,
    base_url: str | None,
    configured: ConfiguredPrice | None,
    setting: str,
    now: datetime,
    input_tokens_at_most: int | None = None,
) -> ModelPrice:
    """What a model costs now.

    Shape: `base_url` is None for the provider's own address; `setting` names the setting that
    holds the configured price, for the error; with `input_tokens_at_most` a price that grows with
    the length of the input is the one this much input can reach, else its dearest.
    Raises: PriceMissing, PriceInvalid.
    """
    if configured is not None:
        return _as_configured(provider, model, configured, setting)
    address = base_url or f"the address of {provider}"
    table = get_snapshot()
    vendor = _vendor_of(table, provider, base_url)
    if vendor is None:
        _missing(model, address, setting, reason="it is not an address of a vendor in the table")
    found = vendor.find_model(model, all_providers=table.providers)
    if found is None:
        amounts, is_dearest = _dearest(table, vendor, now), True
    else:
        amounts = _amounts_of(found.get_prices(now), input_tokens_at_most)
        is_dearest = False
    if amounts is None:
        reason = "the table knows no price for its tokens, or one by request that tokens do not say"
        _missing(model, address, setting, reason=reason)
    return ModelPrice(
        provider=vendor.id,
        model=model,
        input_usd=amounts.input_usd,
        output_usd=amounts.output_usd,
        cache_read_usd=amounts.cache_read_usd,
        cache_write_usd=amounts.cache_write_usd,
        table_version=TABLE_VERSION,
        is_at_most=is_dearest or amounts.is_tiered,
    )


def _as_configured(
    provider: str, model: str, configured: ConfiguredPrice, setting: str
) -> ModelPrice:
    cache_read, cache_write = configured.cache_read_usd, configured.cache_write_usd
    amounts = {
        "input_usd": configured.input_usd,
        "output_usd": configured.output_usd,
        "cache_read_usd": configured.input_usd if cache_read is None else cache_read,
        "cache_write_usd": configured.input_usd if cache_write is None else cache_write,
    }
    for field, amount in amounts.items():
        if not amount.is_finite() or not 0 <= amount <= _MOST_USD:
            raise PriceInvalid(setting=setting, field=field, found=amount, allowed=_ALLOWED)
    return ModelPrice(
        provider=provider, model=model, table_version=CONFIGURED, is_at_most=False, **amounts
    )


def _vendor_of(table: DataSnapshot, provider: str, base_url: str | None) -> Provider | None:
    if base_url is None:
        return find_provider_by_id(table.providers, provider)
    for one in table.providers:
        match = re.match(one.api_pattern, base_url)
        # A pattern may end inside a host: api.vendor.com.example.org is not the vendor's.
        if match is not None and (
            match[0].endswith("/") or base_url[match.end() : match.end() + 1] in _AFTER_HOST
        ):
            return one
    return None


def _dearest(table: DataSnapshot, vendor: Provider, now: datetime) -> _Amounts | None:
    """The highest price of each kind that any model of a vendor has."""
    known = [
        amounts
        for model in _models_of(table, vendor)
        if (amounts := _amounts_of(model.get_prices(now), None)) is not None
    ]
    if not known:
        return None
    return _Amounts(
        input_usd=max(one.input_usd for one in known),
        output_usd=max(one.output_usd for one in known),
        cache_read_usd=max(one.cache_read_usd for one in known),
        cache_write_usd=max(one.cache_write_usd for one in known),
        is_tiered=True,
    )


def _models_of(table: DataSnapshot, vendor: Provider) -> Iterator[ModelInfo]:
    yield from vendor.models
    for provider_id in vendor.fallback_model_providers or ():
        other = find_provider_by_id(table.providers, provider_id)
        yield from other.models if other is not None else ()


def _amounts_of(price: TablePrice, input_tokens_at_most: int | None) -> _Amounts | None:
    """A table's price for plain text; None when tokens do not say what a request costs."""
    names = ("input_mtok", "cache_read_mtok", "cache_write_mtok", *_OUTPUTS)
    held: dict[str, Decimal | TieredPrices] = {
        name: value for name in names if (value := getattr(price, name)) is not None
    }
    if price.requests_kcount is not None or not {"input_mtok", "output_mtok"} <= held.keys():
        return None
    reached = {name: _reached(value, input_tokens_at_most) for name, value in held.items()}
    plain = reached["input_mtok"]
    return _Amounts(
        input_usd=plain,
        output_usd=max(_held(reached, _OUTPUTS)),
        cache_read_usd=reached.get("cache_read_mtok", plain),
        cache_write_usd=reached.get("cache_write_mtok", plain),
        is_tiered=any(
            isinstance(value, TieredPrices) and reached[name] != value.base
            for name, value in held.items()
        ),
    )


def _held(amounts: dict[str, Decimal], names: Iterable[str]) -> list[Decimal]:
    return [amounts[name] for name in names if name in amounts]


def _reached(price: Decimal | TieredPrices, input_tokens_at_most: int | None) -> Decimal:
    """The dearest tier that this much input can reach; the dearest of all without a limit."""
    if not isinstance(price, TieredPrices):
        return price
    reachable = [
        tier.price
        for tier in price.tiers
        if input_tokens_at_most is None or input_tokens_at_most > tier.start
    ]
    return max([price.base, *reachable])


def _missing(model: str, address: str, setting: str, *, reason: str) -> NoReturn:
    raise PriceMissing(model=model, address=address, setting=setting, reason=reason)
