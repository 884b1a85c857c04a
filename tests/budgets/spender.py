"""One process that spends: `spender SETTINGS SEED REQUESTS ENDS`, settings as JSON.

Makes model requests of random prices, three at a time, and lets each end as they do, by the words
in ENDS: settled, settled without knowing, given back, or cancelled at any moment. With `die` among
them the whole process dies at one of the first requests that it holds money for. Prints a line when
it could begin and waits for one; then prints a line for each request, and one about all of them at
its end.
Exits with 3 when it ever sees a cap exceeded.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.errors import Retryable
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.logs.log import configure_logs
from chargehand.pipeline.budgeting import read_budgets
from chargehand.pipeline.spending import Spending
from chargehand.plugins.budget import BudgetExceeded, SpendRequest, Spent
from chargehand.testing.clock import FakeClock
from tests.budgets.requests import ANA, NOW, PAY, PRICE, request

AT_ONCE = 3
BEN = MemberId("mbr_06f0c4h8k2v9m3p7r1t5w8x2z5")
SUBJECTS = 12
DIED, EXCEEDED = 9, 3
_MOST_TURNS = 60
_MOST_TRIES = 20
# Of those that hold money: later every cap may be full, and nobody could die holding any.
_MOST_BEFORE_DEATH = 8


class Spender:
    """Spends until its requests are used up."""

    def __init__(self, settings: Settings, stores: Stores, *, seed: int, ends: list[str]) -> None:
        self._stores = stores
        self._rules = budget_rules(settings)
        self._door = Spending(stores.database, rules=self._rules, clock=FakeClock(NOW))
        self._random = random.Random(seed)
        self._ends = [one for one in ends if one != "die"]
        self._until_death = self._random.randint(1, _MOST_BEFORE_DEATH) if "die" in ends else 0
        self.ends: Counter[str] = Counter()
        self.longest_s = 0.0

    async def spend(self) -> None:
        wanted = self._request()
        end = self._random.choice(self._ends)
        self.ends[await self._end(wanted, end)] += 1
        say("spent")

    async def _end(self, wanted: SpendRequest, end: str) -> str:
        if end == "cancel":
            return await self._cancelled(wanted)
        try:
            await self._reserve(wanted)
        except BudgetExceeded:
            return "refused"
        except Retryable:
            return "busy"
        await self._look()
        self._until_death -= 1
        if self._until_death == 0:
            os._exit(DIED)
        match end:
            case "settle":
                spent = Spent(
                    self._random.randint(0, wanted.input_tokens_at_most),
                    self._random.randint(0, wanted.output_tokens_at_most),
                )
                await self._timed(self._door.settle(wanted.reservation_id, spent))
            case "unknown":
                await self._timed(self._door.settle_unknown(wanted.reservation_id))
            case _:
                await self._timed(self._door.release(wanted.reservation_id))
        return end

    async def _reserve(self, wanted: SpendRequest) -> None:
        """Ask again where the database was busy, since a death takes a reservation first.

        Raises: BudgetExceeded; StoreBusy from the last try.
        """
        for _ in range(_MOST_TRIES - 1):
            try:
                await self._timed(self._door.reserve(wanted))
            except Retryable:
                self.ends["tried again"] += 1
            else:
                return
        await self._timed(self._door.reserve(wanted))

    async def _cancelled(self, wanted: SpendRequest) -> str:
        reserving = asyncio.ensure_future(self._door.reserve(wanted))
        for _ in range(self._random.randrange(_MOST_TURNS)):
            await asyncio.sleep(0)
        if reserving.done():
            self.ends["cancelled too late"] += 1
        reserving.cancel()
        try:
            await reserving
        except (asyncio.CancelledError, BudgetExceeded, Retryable):
            return "cancel"
        await self._door.release(wanted.reservation_id)
        return "cancel"

    async def _look(self) -> None:
        """No cap is exceeded at any moment anybody can look at."""
        shown = await self._stores.database.aread(lambda tx: read_budgets(tx, self._rules, now=NOW))
        for line in shown.budgets:
            if line.cap_usd is not None and line.spent_usd + line.reserved_usd > line.cap_usd:
                os._exit(EXCEEDED)
            used = line.spent_tokens + line.reserved_tokens
            if line.cap_tokens is not None and used > line.cap_tokens:
                os._exit(EXCEEDED)

    async def _timed(self, work: "asyncio.Future[object] | object") -> None:
        started_s = time.perf_counter()
        try:
            await work  # type: ignore[misc]
        finally:
            self.longest_s = max(self.longest_s, time.perf_counter() - started_s)

    def _request(self) -> SpendRequest:
        amounts = [Decimal(self._random.randrange(1, 3_000_000)) / 1_000_000 for _ in range(4)]
        price = replace(
            PRICE,
            input_usd=amounts[0],
            output_usd=amounts[1],
            cache_read_usd=amounts[2],
            cache_write_usd=amounts[3],
        )
        project = self._random.choice((None, PAY, ProjectKey("HELP")))
        usd = str(Decimal(self._random.randrange(1, 400_000)) / 1_000_000)
        return request(
            usd,
            price=price,
            project=project,
            member_id=self._random.choice((None, ANA, BEN)),
            subject_id=f"ask_{self._random.randrange(SUBJECTS)}",
        )

    async def idle(self) -> None:
        await self._door.idle()


def say(what: str, **more: object) -> None:
    print(json.dumps({"what": what, **more}), flush=True)  # noqa: T201 - the test reads it.


async def main(settings: Settings, seed: int, requests: int, ends: list[str]) -> None:
    configure_logs(level="error", form="json", role="spender")
    stores = open_stores(settings)
    spender = Spender(settings, stores, seed=seed, ends=ends)
    say("ready")
    # All of them begin at once, so that the caps are empty for each.
    sys.stdin.readline()
    left = iter(range(requests))

    async def some() -> None:
        for _ in left:
            await spender.spend()

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    await spender.idle()
    say("ended", ends=spender.ends, longest_s=spender.longest_s)
    stores.close()


if __name__ == "__main__":
    settings_json, seed, requests, ends = sys.argv[1:]
    asyncio.run(main(Settings(**json.loads(settings_json)), int(seed), int(requests), ends.split()))
