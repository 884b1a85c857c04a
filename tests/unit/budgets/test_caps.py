"""Which budgets count, and which of them refuses."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.budgets.caps import (
    ORGANIZATION_DAY,
    Path,
    find_refusal,
    keys_for,
    limits_of,
    refused,
)
from chargehand.budgets.warnings import steps_reached
from chargehand.domain.budget import (
    Amount,
    BudgetKey,
    BudgetPeriod,
    BudgetScope,
    Limits,
    PeriodTotal,
)
from chargehand.domain.ids import MemberId, ProjectKey

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

    refusal = find_refusal(
        totals, {ORGANIZATION_DAY: Limits(cap)}, wanted=Amount(wanted, 1), day=DAY
    )

    fits = wanted == 0 or spent + reserved + wanted <= cap
    assert (refusal is None) is fits


def test_the_fullest_budget_is_the_one_that_is_named() -> None:
    totals = [total(ORGANIZATION_DAY, spent=90), total(PAY_DAY, spent=50, reserved=8)]

    refusal = find_refusal(
        totals, {ORGANIZATION_DAY: Limits(100), PAY_DAY: Limits(60)}, wanted=Amount(11, 1), day=DAY
    )

    assert refusal is not None
    assert refusal.total.key == PAY_DAY


def test_budget_without_a_cap_refuses_nothing() -> None:
    assert find_refusal([total(PAY_DAY, spent=10**9)], {}, wanted=Amount(1, 1), day=DAY) is None


def test_cap_of_0_lets_only_through_what_is_free() -> None:
    caps = {ORGANIZATION_DAY: Limits(0)}

    assert find_refusal([total(ORGANIZATION_DAY)], caps, wanted=Amount(0, 1), day=DAY) is None
    assert find_refusal([total(ORGANIZATION_DAY)], caps, wanted=Amount(1, 1), day=DAY) is not None


def test_request_counts_against_every_node_of_its_path() -> None:
    path = Path("ask_1", "chargehand", MemberId("mbr_1"), ProjectKey("PAY"))

    assert [(one.scope, one.scope_id, one.period) for one in keys_for(path)] == [
        (BudgetScope.AGENT, "chargehand", BudgetPeriod.DAY),
        (BudgetScope.AGENT, "chargehand", BudgetPeriod.MONTH),
        (BudgetScope.MEMBER, "mbr_1", BudgetPeriod.DAY),
        (BudgetScope.MEMBER, "mbr_1", BudgetPeriod.MONTH),
        (BudgetScope.ORGANIZATION, "", BudgetPeriod.DAY),
        (BudgetScope.ORGANIZATION, "", BudgetPeriod.MONTH),
        (BudgetScope.PROJECT, "PAY", BudgetPeriod.DAY),
        (BudgetScope.PROJECT, "PAY", BudgetPeriod.MONTH),
        (BudgetScope.RUN, "ask_1", BudgetPeriod.WHOLE),
    ]


def test_request_of_nobody_known_counts_for_no_member() -> None:
    scopes = {one.scope for one in keys_for(Path("doctor", "chargehand", None, None))}

    assert scopes == {BudgetScope.AGENT, BudgetScope.ORGANIZATION, BudgetScope.RUN}


def test_cap_of_each_one_holds_where_nobody_set_another() -> None:
    ana = BudgetKey(BudgetScope.MEMBER, "mbr_ana", BudgetPeriod.DAY)
    ben = ana._replace(scope_id="mbr_ben")
    caps = {ana._replace(scope_id=""): Limits(5, 500), ana: Limits(micro_usd=9)}

    assert limits_of(ana, caps) == Limits(9, 500)
    assert limits_of(ben, caps) == Limits(5, 500)


def test_tokens_are_refused_even_when_they_cost_nothing() -> None:
    caps = {ORGANIZATION_DAY: Limits(tokens=100)}
    used = total(ORGANIZATION_DAY)._replace(spent_tokens=60, reserved_tokens=30)

    refusal = find_refusal([used], caps, wanted=Amount(0, 11), day=DAY)

    assert refusal is not None
    said = str(refused(refusal, UTC))
    assert "100 tokens, of which 60 are spent and 30 reserved; this request may use 11." in said


def test_budget_of_a_run_has_no_room_again_by_itself() -> None:
    run = BudgetKey(BudgetScope.RUN, "ask_1", BudgetPeriod.WHOLE)
    refusal = find_refusal([total(run)], {run: Limits(0)}, wanted=Amount(1, 1), day=DAY)
    assert refusal is not None

    error = refused(refusal, UTC)

    assert error.resets_at is None
    assert "The budget of the run ask_1 has no room: 0 USD" in str(error)
    assert "It has no room again by itself" in str(error)


@pytest.mark.parametrize(
    ("spent_before", "spent", "steps"),
    [
        pytest.param(0, 49, [], id="below-the-half"),
        pytest.param(49, 50, [50], id="at-the-half"),
        pytest.param(50, 79, [], id="told-already"),
        pytest.param(10, 95, [80], id="two-steps-at-once-are-told-as-the-higher"),
        pytest.param(99, 130, [100], id="over-it"),
    ],
)
def test_each_step_of_a_budget_is_told_when_it_is_reached(
    spent_before: int, spent: int, steps: list[int]
) -> None:
    before, after = (total(PAY_DAY, spent=one) for one in (spent_before, spent))

    told = [one.percent for one in steps_reached(before, after, {PAY_DAY: Limits(100)})]

    assert told == steps


def test_refusal_says_which_cap_how_full_until_when_and_what_still_works() -> None:
    totals = [total(ORGANIZATION_DAY, spent=9_500_000, reserved=250_000)]
    refusal = find_refusal(
        totals, {ORGANIZATION_DAY: Limits(10_000_000)}, wanted=Amount(300_000, 9), day=DAY
    )
    assert refusal is not None

    said = str(refused(refusal, UTC))

    assert said.startswith(
        "The budget of the organization for the day 2026-11-19 has no room: 10 USD, of which 9.5 "
        "USD are spent and 0.25 USD reserved; this request may cost 0.3 USD. It resets at "
        "2026-11-20 00:00+00:00. What rules understand still works"
    )
    assert refused(refusal, UTC).resets_at == datetime(2026, 11, 20, tzinfo=UTC)
