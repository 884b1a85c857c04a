"""How many reservations of money a second eight callers get, beside the machine's commits."""

import asyncio
import time
from decimal import Decimal

from actions import commits_per_s
from measuring import Plan, Row, at_least

from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.errors import Retryable
from chargehand.domain.ids import MemberId, ProjectKey, ReservationId
from chargehand.kit.clock import Clock, SystemClock
from chargehand.kit.ids import new_id
from chargehand.pipeline.spending import Spending
from chargehand.plugins.budget import ModelPrice, SpendRequest

_CALLERS = 8
_RESERVATIONS = 600
_BAR = 0.5
_PRICE = Decimal("0.01")


def measure(plan: Plan) -> list[Row]:
    """Reserve for asks of several members and projects, all nodes of the tree counted."""
    folder, clock = plan.folder / "reservations", SystemClock()
    settings = Settings(storage={"data_dir": folder})
    migrate_stores(settings, clock=clock)
    before = commits_per_s(plan.folder / "reservations")
    stores = open_stores(settings)
    try:
        door = Spending(stores.database, rules=budget_rules(settings), clock=clock)
        rate, busy, longest_s = asyncio.run(_reserve(door, clock))
    finally:
        stores.close()
    extra = f" (single-row commits here: {before:.0f} /s; longest wait {longest_s * 1000:.0f} ms"
    extra += f"; {busy} told to try again)"
    what = f"reservations, {_CALLERS} callers"
    return [at_least(what, rate, before * _BAR, unit="/s", extra=extra)]


async def _reserve(door: Spending, clock: Clock) -> tuple[float, int, float]:
    """How many were reserved a second, how many were refused as busy, and the longest wait."""
    left, waits, busy = iter(range(_RESERVATIONS)), [], 0

    async def call() -> None:
        nonlocal busy
        for number in left:
            wanted = _request(number, clock)
            started = time.perf_counter()
            try:
                await door.reserve(wanted)
            except Retryable:
                busy += 1
            waits.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(_CALLERS)))
    took_s = time.perf_counter() - started
    return (_RESERVATIONS - busy) / took_s, busy, max(waits)


def _request(number: int, clock: Clock) -> SpendRequest:
    price = ModelPrice("bench", "m", *[_PRICE] * 4, table_version="bench", is_at_most=False)
    return SpendRequest(
        reservation_id=ReservationId(new_id("rsv", clock.now())),
        project=ProjectKey(f"P{number % 3}"),
        purpose="decision",
        subject_id=f"ask_{number % 50}",
        model=price,
        input_tokens_at_most=1000,
        output_tokens_at_most=100,
        member_id=MemberId(f"mbr_{number % 7}"),
    )
