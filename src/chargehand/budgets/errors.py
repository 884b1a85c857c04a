"""Errors of the budgets room.

Rejected
├── AmountInvalid   an amount of money or tokens that can not be one
├── BudgetKept      the organization's cap for a day, which is never without an amount
├── PriceMissing    a model nobody priced, at an address no vendor is known to have
└── PriceInvalid    a configured price that can not be one
"""

from chargehand.domain.errors import Rejected


class AmountInvalid(Rejected):
    """An amount that can not be one."""

    code = "amount_invalid"
    template = "{field} is {found}; allowed: {allowed}."


class BudgetKept(Rejected):
    """The organization always has a cap for a day."""

    code = "budget_kept"
    template = (
        "The organization always has a cap for a day; set another amount instead, 0 to spend "
        "nothing at all."
    )


class PriceMissing(Rejected):
    """A model nobody priced, at an address no vendor is known to have."""

    code = "price_missing"
    template = (
        "No price is known for {model} at {address}: {reason}. Set {setting}, in US dollars for "
        "one million tokens; 0 when it costs nothing."
    )


class PriceInvalid(Rejected):
    """A configured price that can not be one."""

    code = "price_invalid"
    template = "{setting}.{field} is {found}; allowed: {allowed}."
