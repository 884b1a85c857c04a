"""Money in whole micro-dollars: what is not a whole one is rounded up, never down.

A price in US dollars for one million tokens is the same number in micro-dollars for one token, so
no factor stands between the two.
"""

from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Final

from chargehand.budgets.errors import AmountInvalid
from chargehand.plugins.budget import ModelPrice, Spent

MOST_USD: Final = 1_000_000
ALLOWED_USD: Final = f"0 to {MOST_USD} US dollars, with at most 6 decimals"
MOST_TOKENS: Final = 10**10
ALLOWED_TOKENS: Final = f"0 to {MOST_TOKENS} tokens"
_SHOWN: Final = 40
_MICRO: Final = Decimal(1_000_000)
_MOST_DECIMALS: Final = 6


def read_usd(found: object, *, field: str) -> int:
    """An amount a person gave, in micro-dollars.

    Raises: AmountInvalid for what is negative, no number, not finite, too fine or too large.
    """
    try:
        amount = Decimal(str(found).strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MOST_USD or _decimals(amount) > _MOST_DECIMALS:
        raise AmountInvalid(field=field, found=str(found)[:_SHOWN], allowed=ALLOWED_USD)
    return int(amount * _MICRO)


def read_token_count(found: object, *, field: str) -> int:
    """A number of tokens a person gave.

    Raises: AmountInvalid for what is negative, no whole number, or too large.
    """
    text = str(found).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_TOKENS))):
        raise AmountInvalid(field=field, found=text[:_SHOWN], allowed=ALLOWED_TOKENS)
    _check_tokens(int(text), field)
    return int(text)


def to_usd(micro_usd: int) -> Decimal:
    """Micro-dollars as US dollars, with no more decimals than needed."""
    amount = Decimal(micro_usd) / _MICRO
    whole = amount.to_integral_value()
    # Normalizing alone would make 10 a 1E+1.
    return whole if amount == whole else amount.normalize()


def to_micro_usd(amount: Decimal) -> int:
    """US dollars that were made of micro-dollars, as these again."""
    return int(amount * _MICRO)


def worst_case_micro_usd(
    price: ModelPrice, *, input_tokens_at_most: int, output_tokens_at_most: int
) -> int:
    """The most a request can cost: all of its input at the dearest price input has.

    Raises: AmountInvalid.
    """
    _check_tokens(input_tokens_at_most, "input_tokens_at_most")
    _check_tokens(output_tokens_at_most, "output_tokens_at_most")
    dearest = max(price.input_usd, price.cache_read_usd, price.cache_write_usd)
    return _rounded_up(dearest * input_tokens_at_most + price.output_usd * output_tokens_at_most)


def cost_micro_usd(price: ModelPrice, spent: Spent) -> int:
    """What a request cost by what its provider reported.

    Raises: AmountInvalid for usage nobody can have.
    """
    for field in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"):
        _check_tokens(getattr(spent, field), field)
    # Cached tokens are a part of the input; a provider that counts them apart costs no less.
    plain = max(spent.input_tokens - spent.cache_read_tokens - spent.cache_write_tokens, 0)
    return _rounded_up(
        price.input_usd * plain
        + price.cache_read_usd * spent.cache_read_tokens
        + price.cache_write_usd * spent.cache_write_tokens
        + price.output_usd * spent.output_tokens
    )


def _check_tokens(found: int, field: str) -> None:
    if not 0 <= found <= MOST_TOKENS:
        raise AmountInvalid(field=field, found=found, allowed=ALLOWED_TOKENS)


def _rounded_up(micro_usd: Decimal) -> int:
    return int(micro_usd.to_integral_value(rounding=ROUND_CEILING))


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
