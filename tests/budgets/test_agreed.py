"""One command spends no more than was agreed to, whatever the budgets would allow."""

import pytest

from chargehand.pipeline.capped_spending import AgreedAmountReached, CappedSpending
from chargehand.plugins.budget import BudgetExceeded, Spent
from chargehand.testing.budget import PettyCash
from tests.budgets.requests import request

pytestmark = pytest.mark.anyio


async def test_nothing_is_reserved_beyond_what_was_agreed_to() -> None:
    cash = PettyCash("10")
    door = CappedSpending(cash)
    with pytest.raises(AgreedAmountReached):
        await door.reserve(request("0.000002"))
    door.agree(3_000_000)
    first, second, third = request("2"), request("1"), request("1")

    await door.reserve(first)
    await door.reserve(second)
    with pytest.raises(AgreedAmountReached) as full:
        await door.reserve(third)
    await door.settle(first.reservation_id, Spent(input_tokens=500_000, output_tokens=0))
    await door.release(second.reservation_id)
    await door.reserve(third)
    await door.settle_unknown(third.reservation_id)
    with pytest.raises(AgreedAmountReached) as spent:
        await door.reserve(request("2"))

    assert isinstance(full.value, BudgetExceeded)
    assert "At most 3 USD were agreed to, 3 USD of them are spent" in str(full.value)
    assert "1.5 USD of them are spent" in str(spent.value)
    assert full.value.resets_at is None
    assert cash.states == ["settled", "released", "unknown"]


async def test_what_the_budgets_refuse_uses_nothing_up() -> None:
    door = CappedSpending(PettyCash("1"))
    door.agree(5_000_000)

    with pytest.raises(BudgetExceeded) as refused:
        await door.reserve(request("2"))
    await door.reserve(request("1"))

    assert not isinstance(refused.value, AgreedAmountReached)
