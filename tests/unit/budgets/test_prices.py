"""What a model costs: the table's price, the vendor's dearest, or what the operator configured."""

from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest

from chargehand.budgets.errors import PriceInvalid, PriceMissing
from chargehand.budgets.prices import CONFIGURED, TABLE_VERSION, ConfiguredPrice, price_for
from chargehand.plugins.budget import ModelPrice

NOW = datetime(2026, 11, 19, tzinfo=UTC)
FREE = ConfiguredPrice(input_usd=Decimal(0), output_usd=Decimal(0))


def price(
    provider: str = "anthropic",
    model: str = "claude-sonnet-4-5",
    *,
    base_url: str | None = None,
    configured: ConfiguredPrice | None = None,
    input_tokens_at_most: int | None = 20_000,
) -> ModelPrice:
    return price_for(
        provider,
        model,
        base_url=base_url,
        configured=configured,
        setting="models.price",
        now=NOW,
        input_tokens_at_most=input_tokens_at_most,
    )


@pytest.mark.parametrize(
    ("provider", "model"),
    [("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-4.1"), ("openai", "gpt-4o-mini")],
)
def test_known_model_costs_what_the_library_says(provider: str, model: str) -> None:
    usage = genai_prices.Usage(input_tokens=1_000, output_tokens=1_000)
    said = genai_prices.calc_price(
        usage, model, provider_id=provider, genai_request_timestamp=NOW
    ).total_price

    found = price(provider, model)

    assert (found.input_usd + found.output_usd) / 1000 == said
    assert (found.is_at_most, found.table_version) == (False, TABLE_VERSION)


def test_version_of_the_table_is_the_installed_one() -> None:
    assert f"genai-prices {genai_prices.__version__}" == TABLE_VERSION


def test_unknown_model_at_its_vendor_is_charged_at_the_dearest_and_says_so() -> None:
    unknown = price(model="claude-of-tomorrow")
    known = price()

    assert unknown.is_at_most
    assert unknown.model == "claude-of-tomorrow"
    assert unknown.input_usd >= known.input_usd
    assert unknown.output_usd >= known.output_usd
    assert unknown == price(model="claude-of-tomorrow", base_url="https://api.anthropic.com/v1")


def test_price_that_grows_with_the_input_is_the_one_this_input_can_reach() -> None:
    short, long = price(input_tokens_at_most=200_000), price(input_tokens_at_most=200_001)

    assert short.input_usd < long.input_usd
    assert (short.is_at_most, long.is_at_most) == (False, True)
    assert price(input_tokens_at_most=None) == long


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:11434/v1",
        "http://localhost:8000/v1",
        "https://models.example.org/v1",
        "https://api.anthropic.com.example.org/v1",
        "https://example.org/https://api.anthropic.com",
    ],
)
def test_address_no_vendor_has_needs_a_price_and_says_where(base_url: str) -> None:
    with pytest.raises(PriceMissing, match=r"models\.price") as refused:
        price(base_url=base_url)

    assert base_url in str(refused.value)
    assert price(base_url=base_url, configured=FREE).output_usd == 0


def test_provider_nobody_knows_needs_a_price() -> None:
    with pytest.raises(PriceMissing, match="the address of acme"):
        price("acme", "m")


def test_model_that_is_also_billed_by_request_needs_a_price() -> None:
    with pytest.raises(PriceMissing, match="by request"):
        price("perplexity", "sonar")


def test_configured_price_counts_everywhere_and_names_itself() -> None:
    configured = ConfiguredPrice(input_usd=Decimal("0.5"), output_usd=Decimal(2))

    found = price(configured=configured)

    assert (found.input_usd, found.output_usd) == (Decimal("0.5"), Decimal(2))
    assert found.cache_read_usd == found.cache_write_usd == Decimal("0.5")
    assert (found.table_version, found.is_at_most) == (CONFIGURED, False)


@pytest.mark.parametrize("amount", ["-0.1", "NaN", "Infinity", "1000001"])
def test_configured_price_that_can_not_be_one_is_named(amount: str) -> None:
    configured = ConfiguredPrice(input_usd=Decimal(1), output_usd=Decimal(amount))

    with pytest.raises(PriceInvalid, match=r"models\.price\.output_usd"):
        price(configured=configured)
