"""The budget door: reserve, settle, give back; what is refused, and what a crash leaves."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.stores import Stores
from chargehand.budgets.money import read_usd
from chargehand.config.settings import Settings
from chargehand.domain.budget import BudgetKey, BudgetPeriod, BudgetScope, BudgetUnit
from chargehand.domain.ids import ReservationId
from chargehand.domain.records import NoticeRecord
from chargehand.pipeline.budgeting import BudgetLine, read_budgets, set_budget
from chargehand.pipeline.spending import EXPIRES_AFTER, Spending
from chargehand.pipeline.spending_reports import SpendingBy, Wanted, report_spending
from chargehand.plugins.budget import (
    FOREMAN,
    BudgetExceeded,
    ReservationClosed,
    ReservationDiffers,
    ReservationUnknown,
    Spent,
    TokenBudgetExceeded,
)
from chargehand.storage.errors import StoreBusy
from chargehand.storage.transaction import Writing
from chargehand.testing.clock import FakeClock
from tests.budgets.requests import ANA, PAY, PRICE, again, request

pytestmark = pytest.mark.anyio
A_DAY_S = 86_400


class Books:
    """What the organization's day says, and how to change a cap."""

    def __init__(self, stores: Stores, settings: Settings, clock: FakeClock) -> None:
        self._database = stores.database
        self._rules = budget_rules(settings)
        self._clock = clock

    def line(
        self,
        scope: BudgetScope = BudgetScope.ORGANIZATION,
        period: BudgetPeriod = BudgetPeriod.DAY,
    ) -> BudgetLine:
        shown = self._database.read(lambda tx: read_budgets(tx, self._rules, now=self._clock.now()))
        return next(one for one in shown.budgets if (one.scope, one.period) == (scope, period))

    @property
    def held(self) -> tuple[str, str]:
        """What is spent today, and what is reserved."""
        line = self.line()
        return str(line.spent_usd), str(line.reserved_usd)

    def cap(
        self,
        usd: str | None = None,
        *,
        tokens: int | None = None,
        scope: BudgetScope = BudgetScope.ORGANIZATION,
        scope_id: str = "",
        period: BudgetPeriod = BudgetPeriod.DAY,
    ) -> None:
        changes: dict[BudgetUnit, int | None] = {}
        if usd is not None:
            changes[BudgetUnit.USD] = read_usd(usd, field="cap_usd")
        if tokens is not None:
            changes[BudgetUnit.TOKENS] = tokens
        key, now = BudgetKey(scope, scope_id, period), self._clock.now()
        self._database.write(
            lambda tx: set_budget(tx, key, changes, rules=self._rules, by="cli:tester", now=now)
        )

    @property
    def notices(self) -> tuple[NoticeRecord, ...]:
        return self._database.read(lambda tx: tx.notices.page().items)

    def reported(self) -> list[tuple[str, bool, tuple[str, ...]]]:
        """The lines of the report: cost, whether it is at most that, and by which prices."""
        found = self._database.read(
            lambda tx: report_spending(
                tx, self._rules, Wanted(SpendingBy.DAY), now=self._clock.now()
            )
        )
        return [(str(one.cost_usd), one.is_at_most, one.price_versions) for one in found.days]


@pytest.fixture
def books(stores: Stores, settings: Settings, clock: FakeClock) -> Books:
    return Books(stores, settings, clock)


async def test_worst_case_is_held_and_then_replaced_by_the_cost(
    door: Spending, books: Books
) -> None:
    wanted = request("4")

    assert await door.reserve(wanted) == Decimal(4)
    assert books.held == ("0", "4")

    cost = await door.settle(wanted.reservation_id, Spent(1_000_000, 500_000))

    assert cost == Decimal("1.5")
    assert books.held == ("1.5", "0")
    assert books.line(period=BudgetPeriod.MONTH).spent_usd == cost
    assert books.reported() == [("1.5", False, ("table 1",))]


async def test_request_that_does_not_fit_is_refused_and_holds_nothing(
    door: Spending, books: Books
) -> None:
    await door.reserve(request("9.5"))

    with pytest.raises(
        BudgetExceeded, match=r"which 0 USD are spent and 9\.5 USD reserved"
    ) as said:
        await door.reserve(request("0.500001"))

    assert said.value.resets_at == datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert books.held == ("0", "9.5")
    assert await door.reserve(request("0.5")) == Decimal("0.5")


async def test_operator_is_told_once_a_day_that_a_budget_is_full(
    door: Spending, books: Books, clock: FakeClock
) -> None:
    books.cap("0")
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            await door.reserve(request("1"))
    clock.advance(A_DAY_S)
    with pytest.raises(BudgetExceeded):
        await door.reserve(request("1"))

    told = [(one.code, one.count) for one in books.notices]

    assert told == [("budget_exceeded", 1), ("budget_exceeded", 3)]


async def test_each_step_done_twice_is_done_once(door: Spending, books: Books) -> None:
    settled, released = request("2"), request("3")
    for wanted in (settled, settled, released, released):
        await door.reserve(wanted)
    assert books.held == ("0", "5")

    for _ in range(2):
        assert await door.settle(settled.reservation_id, Spent(1, 1)) == Decimal("0.000002")
        await door.release(released.reservation_id)

    assert books.held == ("0.000002", "0")


async def test_reservation_is_not_stretched_to_a_larger_request(
    door: Spending, books: Books
) -> None:
    wanted = request("2")
    await door.reserve(wanted)

    with pytest.raises(ReservationDiffers):
        await door.reserve(again(wanted, "2.000002"))

    assert books.held == ("0", "2")


async def test_ended_reservation_can_not_be_ended_otherwise(door: Spending) -> None:
    settled, released = request("2"), request("2")
    await door.reserve(settled)
    await door.reserve(released)
    await door.settle(settled.reservation_id, Spent(1, 1))
    await door.release(released.reservation_id)

    with pytest.raises(ReservationClosed, match="settled"):
        await door.release(settled.reservation_id)
    with pytest.raises(ReservationClosed, match="released"):
        await door.settle(released.reservation_id, Spent(1, 1))
    with pytest.raises(ReservationClosed, match="released"):
        await door.reserve(released)
    with pytest.raises(ReservationUnknown):
        await door.settle_unknown(ReservationId("rsv_nobody"))


async def test_request_of_unknown_end_costs_its_worst_case_until_more_is_known(
    door: Spending, books: Books
) -> None:
    wanted = request("4")
    await door.reserve(wanted)

    assert await door.settle_unknown(wanted.reservation_id) == Decimal(4)
    assert books.reported() == [("4", True, ("table 1",))]

    assert await door.settle(wanted.reservation_id, Spent(1_000_000, 0)) == Decimal(1)
    assert await door.settle_unknown(wanted.reservation_id) == Decimal(1)
    assert books.held == ("1", "0")
    assert books.reported() == [("1", False, ("table 1",))]


async def test_usage_above_the_reservation_counts_in_full_and_is_told(
    door: Spending, books: Books
) -> None:
    wanted = request("1")
    await door.reserve(wanted)

    assert await door.settle(wanted.reservation_id, Spent(3_000_000, 0)) == Decimal(3)

    assert books.held == ("3", "0")
    [notice] = books.notices
    assert notice.code == "usage_above_reservation"
    assert "3 USD instead of at most 1 USD" in notice.text


async def test_usage_nobody_can_have_is_charged_at_the_worst_case(
    door: Spending, books: Books
) -> None:
    wanted = request("1")
    await door.reserve(wanted)

    assert await door.settle(wanted.reservation_id, Spent(-5, 0)) == Decimal(1)

    assert books.held == ("1", "0")
    assert [one.code for one in books.notices] == ["usage_unreadable"]


async def test_reservation_of_the_dead_expires_at_its_worst_case(
    door: Spending, books: Books, clock: FakeClock
) -> None:
    await door.reserve(request("4"))
    clock.advance(EXPIRES_AFTER.total_seconds() - 1)
    assert await door.end_expired() == 0
    clock.advance(1)

    assert await door.end_expired() == 1

    assert await door.end_expired() == 0
    assert books.held == ("4", "0")
    assert [one.code for one in books.notices] == ["reservation_expired"]


async def test_owner_thought_dead_may_still_tell_what_it_used(
    door: Spending, books: Books, clock: FakeClock
) -> None:
    used, unsent = request("4"), request("5")
    await door.reserve(used)
    await door.reserve(unsent)
    clock.advance(EXPIRES_AFTER.total_seconds())
    await door.end_expired()

    await door.settle(used.reservation_id, Spent(1_000_000, 0))
    await door.release(unsent.reservation_id)

    assert books.held == ("1", "0")


async def test_project_has_a_cap_of_its_own(door: Spending, books: Books) -> None:
    books.cap("1", scope=BudgetScope.PROJECT, scope_id=PAY)

    with pytest.raises(BudgetExceeded, match="the project PAY for the day 2026-11-19"):
        await door.reserve(request("1.5"))

    await door.reserve(request("1.5", project=None))
    assert books.line(BudgetScope.PROJECT).left_usd == Decimal(1)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        pytest.param(
            BudgetKey(BudgetScope.MEMBER, ANA, BudgetPeriod.DAY), "the member mbr_", id="member"
        ),
        pytest.param(
            BudgetKey(BudgetScope.MEMBER, "", BudgetPeriod.MONTH), "the member mbr_", id="each"
        ),
        pytest.param(
            BudgetKey(BudgetScope.AGENT, FOREMAN, BudgetPeriod.DAY), "the agent charge", id="agent"
        ),
        pytest.param(BudgetKey(BudgetScope.RUN, "", BudgetPeriod.WHOLE), "the run ask_", id="run"),
    ],
)
async def test_every_node_on_the_path_can_refuse_and_others_go_on(
    door: Spending, books: Books, key: BudgetKey, name: str
) -> None:
    books.cap("2", scope=key.scope, scope_id=key.scope_id, period=key.period)
    await door.reserve(request("1.5", member_id=ANA))

    with pytest.raises(BudgetExceeded, match=f"The budget of {name}.* 1.5 USD reserved"):
        await door.reserve(request("1", member_id=ANA))

    if key.scope is BudgetScope.RUN:
        await door.reserve(request("1", subject_id="ask_another"))
    assert books.line(key.scope, key.period).reserved_usd >= Decimal("1.5")


async def test_tokens_have_caps_of_their_own(door: Spending, books: Books) -> None:
    books.cap(tokens=3_000_000)
    first = request("2")
    await door.reserve(first)

    with pytest.raises(TokenBudgetExceeded, match="3000000 tokens, of which 0 are spent and 200"):
        await door.reserve(request("1.5"))
    await door.settle(first.reservation_id, Spent(1_000_000, 400_000))
    await door.reserve(request("1.5"))

    line = books.line()
    assert (line.spent_tokens, line.reserved_tokens, line.left_tokens) == (
        1_400_000,
        1_500_000,
        100_000,
    )
    assert line.changed_by == ""


async def test_operator_is_warned_once_at_each_step_of_a_budget(
    door: Spending, books: Books, clock: FakeClock
) -> None:
    for usd in ("4", "1", "1", "2", "0.5", "1.5"):
        await door.settle_unknown(await _reserved(door, usd))
    books.cap("20")
    clock.advance(A_DAY_S)
    await door.settle_unknown(await _reserved(door, "10"))

    told = sorted((one.text.partition(" %")[0], one.code, one.count) for one in books.notices)

    # The cap that was raised is half full at once, and so is the next day's.
    assert told == [
        ("100", "budget_exceeded", 1),
        ("50", "budget_warning", 1),
        ("50", "budget_warning", 1),
        ("50", "budget_warning", 1),
        ("80", "budget_warning", 1),
    ]
    [full] = [one for one in books.notices if one.code == "budget_exceeded"]
    assert "What rules understand still works" in full.text


async def test_month_counts_what_its_days_spent_before_it_had_a_cap(
    door: Spending, books: Books, clock: FakeClock
) -> None:
    await door.settle_unknown(await _reserved(door, "8"))
    clock.advance(A_DAY_S)
    books.cap("9", period=BudgetPeriod.MONTH)

    with pytest.raises(BudgetExceeded, match="the organization for the month 2026-11") as said:
        await door.reserve(request("1.5"))

    assert said.value.resets_at == datetime(2026, 11, 30, 23, tzinfo=UTC)


async def test_next_day_has_its_whole_budget_and_the_last_keeps_its_cost(
    door: Spending, books: Books, clock: FakeClock
) -> None:
    late = await _reserved(door, "10")
    clock.advance(A_DAY_S)

    await door.reserve(request("10"))
    await door.settle(late, Spent(7_000_000, 0))

    assert books.held == ("0", "10")
    assert ("7", False, ("table 1",)) in books.reported()


async def test_clock_set_back_an_hour_over_midnight_gives_no_second_budget(
    door: Spending, books: Books, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 11, 19, 23, 30, tzinfo=UTC))
    await door.reserve(request("10"))
    clock.set(datetime(2026, 11, 19, 22, 30, tzinfo=UTC))

    with pytest.raises(BudgetExceeded, match="2026-11-20"):
        await door.reserve(request("1"))

    assert books.held == ("0", "10")


async def test_price_that_changes_meanwhile_counts_for_later_requests_only(
    door: Spending, books: Books
) -> None:
    before = request("2")
    dearer = replace(PRICE, input_usd=Decimal(3), output_usd=Decimal(3), table_version="table 2")
    await door.reserve(before)
    after = request("2", price=dearer)

    assert await door.reserve(after) == Decimal(6)
    assert await door.settle(before.reservation_id, Spent(1_000_000, 0)) == Decimal(1)
    assert await door.settle(after.reservation_id, Spent(1_000_000, 0)) == Decimal(3)

    assert books.reported() == [("4", False, ("table 1", "table 2"))]


async def test_model_charged_at_most_is_reported_so(door: Spending, books: Books) -> None:
    wanted = request("2", price=replace(PRICE, is_at_most=True))
    await door.reserve(wanted)
    await door.settle(wanted.reservation_id, Spent(1_000_000, 0))

    assert books.reported() == [("1", True, ("table 1",))]


async def test_cap_set_below_what_is_spent_refuses_all_but_what_is_free(
    door: Spending, books: Books
) -> None:
    await door.reserve(request("5"))
    books.cap("3")
    free = replace(
        PRICE,
        input_usd=Decimal(0),
        output_usd=Decimal(0),
        cache_read_usd=Decimal(0),
        cache_write_usd=Decimal(0),
    )

    with pytest.raises(BudgetExceeded):
        await door.reserve(request("0.000002"))
    assert await door.reserve(request("100", price=free)) == 0
    assert books.line().left_usd == 0


async def test_whoever_is_cancelled_while_reserving_leaves_nothing_behind(
    door: Spending, books: Books, stores: Stores
) -> None:
    may_go_on = threading.Event()
    holding = asyncio.create_task(stores.database.awrite(lambda _tx: may_go_on.wait(60)))
    reserving = asyncio.create_task(door.reserve(request("4")))
    await asyncio.sleep(0)

    reserving.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await reserving
    await holding
    await door.idle()

    assert books.held == ("0", "0")


async def test_settling_goes_on_when_its_caller_is_cancelled(door: Spending, books: Books) -> None:
    reservation_id = await _reserved(door, "4")
    settling = asyncio.create_task(door.settle(reservation_id, Spent(1_000_000, 0)))
    await asyncio.sleep(0)

    settling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await settling
    await door.idle()

    assert books.held == ("1", "0")


async def test_nobody_waits_for_a_database_that_stays_busy(
    door: Spending, books: Books, stores: Stores
) -> None:
    may_go_on = threading.Event()

    def hold(_tx: Writing) -> None:
        may_go_on.wait(60)

    holding = asyncio.create_task(stores.database.awrite(hold))

    with pytest.raises(StoreBusy):
        await door.reserve(request("4"))

    may_go_on.set()
    await holding
    await door.idle()
    assert books.held == ("0", "0")


async def test_what_was_spent_is_written_later_when_the_database_is_busy_now(
    door: Spending, books: Books, stores: Stores
) -> None:
    settled, unknown, released = [await _reserved(door, "2") for _ in range(3)]
    may_go_on = threading.Event()
    holding = asyncio.create_task(stores.database.awrite(lambda _tx: may_go_on.wait(60)))

    assert await door.settle(settled, Spent(1_000_000, 0)) == Decimal(1)
    assert await door.settle_unknown(unknown) == Decimal(2)
    await door.release(released)
    assert books.held == ("0", "6")
    may_go_on.set()
    await holding
    await door.idle()

    assert books.held == ("3", "0")


async def _reserved(door: Spending, usd: str) -> ReservationId:
    wanted = request(usd)
    await door.reserve(wanted)
    return wanted.reservation_id
