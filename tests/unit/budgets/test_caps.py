"""Which budgets count, and which of them refuses."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from chargehand.budgets.caps import ORGANIZATION_DAY, find_refusal, keys_for, refused
from chargehand.domain.budget import BudgetKey, BudgetPeriod, BudgetScope, PeriodTotal
from chargehand.domain.ids import ProjectKey

DAY = date(2026, 11, 19)
PAY_DAY = BudgetKey(BudgetScope.PROJECT, "PAY", BudgetPeriod.DAY)
AMOUNTS = st.integers(0, 10**9)


def total(key: BudgetKey, *, spent: int = 0, reserved: int = 0) -> PeriodTotal:
    return PeriodTotal(key, DAY, spent, reserved)


@given(spent=AMOUNTS, reserved=AMOUNTS, cap=AMOUNTS, wanted=AMOUNTS)
def test_what_is_let_through_never_exceeds_a_cap(
    spent: int, reserved: int, cap: int, wanted: int
) -> None:
    totals = [total(ORGANIZATION_DAY, spent=spent, reserved=reserved)]

    refusal = find_refusal(totals, {ORGANIZATION_DAY: cap}, wanted_micro_usd=wanted, day=DAY)

    fits = wanted == 0 or spent + reserved + wanted <= cap
    assert (refusal is None) is fits


def test_the_fullest_budget_is_the_one_that_is_named() -> None:
    totals = [total(ORGANIZATION_DAY, spent=90), total(PAY_DAY, spent=50, reserved=8)]

    refusal = find_refusal(
        totals, {ORGANIZATION_DAY: 100, PAY_DAY: 60}, wanted_micro_usd=11, day=DAY
    )

    assert refusal is not None
    assert refusal.total.key == PAY_DAY


def test_budget_without_a_cap_refuses_nothing() -> None:
    assert find_refusal([total(PAY_DAY, spent=10**9)], {}, wanted_micro_usd=1, day=DAY) is None


def test_cap_of_0_lets_only_through_what_is_free() -> None:
    caps = {ORGANIZATION_DAY: 0}

    assert find_refusal([total(ORGANIZATION_DAY)], caps, wanted_micro_usd=0, day=DAY) is None
    assert find_refusal([total(ORGANIZATION_DAY)], caps, wanted_micro_usd=1, day=DAY) is not None


def test_request_counts_against_its_organization_and_its_project() -> None:
    assert len(keys_for(None)) == len(BudgetPeriod)
    assert len(keys_for(ProjectKey("PAY"))) == 2 * len(BudgetPeriod)
    assert list(keys_for(ProjectKey("PAY"))) == sorted(keys_for(ProjectKey("PAY")))


def test_refusal_says_which_cap_how_full_until_when_and_what_still_works() -> None:
    totals = [total(ORGANIZATION_DAY, spent=9_500_000, reserved=250_000)]
    refusal = find_refusal(
        totals, {ORGANIZATION_DAY: 10_000_000}, wanted_micro_usd=300_000, day=DAY
    )
    assert refusal is not None

    said = str(refused(refusal, UTC))

    assert said.startswith(
        "The budget of the organization for the day 2026-11-19 has no room: 10 USD, of which 9.5 "
        "USD are spent and 0.25 USD reserved; this request may cost 0.3 USD. It resets at "
        "2026-11-20 00:00+00:00. What rules understand still works"
    )
    assert refused(refusal, UTC).resets_at == datetime(2026, 11, 20, tzinfo=UTC)
