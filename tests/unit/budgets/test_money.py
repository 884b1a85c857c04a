"""Money: rounded up, never down, and never above the worst case that was reserved."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.budgets.errors import AmountInvalid
from chargehand.budgets.money import cost_micro_usd, read_usd, to_usd, worst_case_micro_usd
from chargehand.plugins.budget import ModelPrice, Spent

PRICES = st.decimals(min_value=0, max_value=1000, places=9)
TOKENS = st.integers(min_value=0, max_value=10_000_000)


@st.composite
def prices(draw: st.DrawFn) -> ModelPrice:
    return ModelPrice(
        provider="acme",
        model="m",
        input_usd=draw(PRICES),
        output_usd=draw(PRICES),
        cache_read_usd=draw(PRICES),
        cache_write_usd=draw(PRICES),
        table_version="test",
        is_at_most=False,
    )


@st.composite
def usages_within(draw: st.DrawFn, most_input: int, most_output: int) -> Spent:
    total = draw(st.integers(0, most_input))
    read = draw(st.integers(0, total))
    return Spent(
        input_tokens=total,
        output_tokens=draw(st.integers(0, most_output)),
        cache_read_tokens=read,
        cache_write_tokens=draw(st.integers(0, total - read)),
    )


@given(price=prices(), most_input=TOKENS, most_output=TOKENS, data=st.data())
def test_no_usage_within_its_limits_costs_more_than_its_worst_case(
    price: ModelPrice, most_input: int, most_output: int, data: st.DataObject
) -> None:
    spent = data.draw(usages_within(most_input, most_output))

    worst = worst_case_micro_usd(
        price, input_tokens_at_most=most_input, output_tokens_at_most=most_output
    )

    assert 0 <= cost_micro_usd(price, spent) <= worst


@given(price=prices(), spent=usages_within(10_000_000, 10_000_000))
def test_cost_is_rounded_up_by_less_than_a_micro_dollar(price: ModelPrice, spent: Spent) -> None:
    plain = spent.input_tokens - spent.cache_read_tokens - spent.cache_write_tokens
    exact = (
        plain * price.input_usd
        + spent.cache_read_tokens * price.cache_read_usd
        + spent.cache_write_tokens * price.cache_write_usd
        + spent.output_tokens * price.output_usd
    )

    assert 0 <= cost_micro_usd(price, spent) - exact < 1


@given(amount=st.decimals(min_value=0, max_value=1_000_000, places=6))
def test_amount_survives_being_read_and_shown(amount: Decimal) -> None:
    assert to_usd(read_usd(f"{amount:f}", field="cap_usd")) == amount


def test_amounts_are_shown_without_exponents() -> None:
    assert [str(to_usd(one)) for one in (0, 10_000_000, 1_250_000, 1)] == [
        "0",
        "10",
        "1.25",
        "0.000001",
    ]


@pytest.mark.parametrize(
    "found",
    ["-0.01", "NaN", "sNaN", "Infinity", "-Infinity", "1000000.01", "0.0000001", "ten", "", "1e9"],
)
def test_amount_that_can_not_be_one_is_named(found: str) -> None:
    with pytest.raises(AmountInvalid, match="cap_usd") as refused:
        read_usd(found, field="cap_usd")

    assert "0 to 1000000 US dollars" in str(refused.value)


@pytest.mark.parametrize("tokens", [-1, 10**10 + 1])
def test_tokens_nobody_can_use_are_refused(tokens: int) -> None:
    price = ModelPrice("acme", "m", *[Decimal(1)] * 4, table_version="test", is_at_most=False)

    with pytest.raises(AmountInvalid, match="input_tokens"):
        cost_micro_usd(price, Spent(input_tokens=tokens, output_tokens=0))
    with pytest.raises(AmountInvalid, match="output_tokens_at_most"):
        worst_case_micro_usd(price, input_tokens_at_most=0, output_tokens_at_most=tokens)
