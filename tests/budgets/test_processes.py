"""Several processes spend at once, die and are killed: no cap is exceeded, nothing stays held."""

import json
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.stores import Stores
from chargehand.budgets.money import read_usd
from chargehand.config.settings import Settings
from chargehand.domain.budget import BudgetPeriod, BudgetScope
from chargehand.domain.ids import ProjectKey
from chargehand.pipeline.budgeting import read_budgets, set_budget
from chargehand.pipeline.spending import EXPIRES_AFTER, Spending
from chargehand.storage.tables_budgets import budget_periods, reservations
from chargehand.testing.clock import FakeClock
from tests.budgets.requests import NOW, PAY, ZONE
from tests.budgets.spender import DIED

pytestmark = [pytest.mark.process, pytest.mark.anyio]

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 80
LIVE = "settle settle settle unknown release cancel"
DIE = f"{LIVE} {LIVE} die"
# How requests end in each process, and the line after which it is killed; None lets it live.
SPENDERS = ((LIVE, 12), (LIVE, 25), (DIE, None), (LIVE, None), (LIVE, None))


def start(settings: Settings, seed: int, ends: str) -> "subprocess.Popen[str]":
    database = settings.storage.database_url
    told: dict[str, Any] = {"data_dir": str(settings.storage.data_dir)}
    if database is not None:
        told["database_url"] = database.get_secret_value()
    spoken = json.dumps({"storage": told, "business": {"time_zone": ZONE}})
    command = [sys.executable, "-m", "tests.budgets.spender", spoken, str(seed), str(REQUESTS)]
    return subprocess.Popen([*command, ends], stdout=subprocess.PIPE, cwd=ROOT, text=True)


def listen(process: "subprocess.Popen[str]", killed_after: int | None) -> dict[str, Any] | None:
    """What a process said of all its requests; None when it died first."""
    assert process.stdout is not None
    for number, line in enumerate(process.stdout):
        told: dict[str, Any] = json.loads(line)
        if told["what"] == "ended":
            process.wait()
            return told
        if number == killed_after:
            process.kill()
    return None


def run_all(settings: Settings) -> tuple[list[dict[str, Any] | None], set[int]]:
    """What every process said at its end, and how they ended."""
    with ExitStack() as all_of_them:
        processes = [
            all_of_them.enter_context(start(settings, seed, ends))
            for seed, (ends, _) in enumerate(SPENDERS)
        ]
        told = [
            listen(process, killed_after)
            for process, (_, killed_after) in zip(processes, SPENDERS, strict=True)
        ]
    return told, {process.returncode for process in processes}


def cap(stores: Stores, usd: str, project: ProjectKey | None) -> None:
    stores.database.write(
        lambda tx: set_budget(
            tx,
            read_usd(usd, field="cap_usd"),
            project=project,
            period=BudgetPeriod.DAY,
            served=frozenset({PAY}),
            by="cli:tester",
            now=NOW,
        )
    )


async def test_no_cap_is_exceeded_and_nothing_stays_held(
    settings: Settings, stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = budget_rules(settings)
    cap(stores, "25", None)
    cap(stores, "6", PAY)

    told, codes = run_all(settings)

    assert codes == {0, DIED, -signal.SIGKILL}
    # Those who died while they held money left it held; nobody else did.
    door = Spending(stores.database, rules=rules, clock=FakeClock(NOW + EXPIRES_AFTER))
    swept = 0
    while found := await door.end_expired():
        swept += found
    _tell(capsys, [one for one in told if one is not None], swept)
    with stores.database.engine.connect() as connection:
        held = list(connection.execute(select(budget_periods)))
        rows = list(connection.execute(select(reservations)))
    assert {row.state for row in rows} <= {"settled", "released"}
    assert {row.reserved_micro_usd for row in held} == {0}
    for row in held:
        is_all = row.scope == BudgetScope.ORGANIZATION.value
        costs = [one.cost_micro_usd for one in rows if is_all or one.project == row.scope_id]
        assert row.spent_micro_usd == sum(costs)
    lines = stores.database.read(lambda tx: read_budgets(tx, rules, now=NOW)).budgets
    capped = [(line.spent_usd, line.cap_usd) for line in lines if line.cap_usd is not None]
    assert len(capped) == 2
    assert all(0 < spent <= limit for spent, limit in capped)


def _tell(capsys: pytest.CaptureFixture[str], ended: list[dict[str, Any]], swept: int) -> None:
    """How long callers waited is told and not asserted: it says as much about the machine."""
    ends = sum((Counter(one["ends"]) for one in ended), Counter[str]())
    longest_ms = max(one["longest_s"] for one in ended) * 1000
    with capsys.disabled():
        print(f"\n{dict(ends)}, {swept} expired, longest wait {longest_ms:.0f} ms")  # noqa: T201
