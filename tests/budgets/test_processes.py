"""Several processes spend at once, die and are killed: no cap is exceeded, nothing stays held."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path as FilePath
from typing import Any

import pytest
from sqlalchemy import select

from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.stores import Stores
from chargehand.budgets.caps import BudgetRules, Path, keys_for, limits_of
from chargehand.config.settings import Settings
from chargehand.domain.budget import (
    BudgetKey,
    BudgetPeriod,
    BudgetScope,
    BudgetUnit,
    Limits,
    PeriodTotal,
)
from chargehand.domain.records import NoticeRecord
from chargehand.pipeline.budgeting import set_budget
from chargehand.pipeline.spending import EXPIRES_AFTER, Spending
from chargehand.plugins.budget import FOREMAN
from chargehand.storage.tables_budgets import budget_periods, reservations
from chargehand.testing.clock import FakeClock
from tests.budgets.requests import ANA, NOW, PAY, ZONE
from tests.budgets.spender import DIED

pytestmark = [pytest.mark.process, pytest.mark.anyio]

ROOT = FilePath(__file__).resolve().parents[2]
REQUESTS = 80
LIVE = "settle settle settle unknown release cancel"
DIE = f"{LIVE} die"
# How requests end in each process, and the line after which it is killed; None lets it live.
CAPS = {
    BudgetKey(BudgetScope.ORGANIZATION, "", BudgetPeriod.DAY): Limits(25_000_000),
    BudgetKey(BudgetScope.PROJECT, PAY, BudgetPeriod.DAY): Limits(6_000_000),
    BudgetKey(BudgetScope.AGENT, FOREMAN, BudgetPeriod.MONTH): Limits(24_000_000),
    BudgetKey(BudgetScope.MEMBER, "", BudgetPeriod.DAY): Limits(7_000_000, 9_000_000),
    BudgetKey(BudgetScope.MEMBER, ANA, BudgetPeriod.DAY): Limits(3_000_000),
    BudgetKey(BudgetScope.RUN, "", BudgetPeriod.WHOLE): Limits(2_000_000, 3_000_000),
}
SPENDERS = ((LIVE, 12), (LIVE, 25), (DIE, None), (LIVE, None), (LIVE, None))


def start(settings: Settings, seed: int, ends: str) -> "subprocess.Popen[str]":
    database = settings.storage.database_url
    told: dict[str, Any] = {"data_dir": str(settings.storage.data_dir)}
    if database is not None:
        told["database_url"] = database.get_secret_value()
    spoken = json.dumps({"storage": told, "business": {"time_zone": ZONE}})
    command = [sys.executable, "-m", "tests.budgets.spender", spoken, str(seed), str(REQUESTS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([*command, ends], **pipes, cwd=ROOT, text=True)


def begin(processes: "Sequence[subprocess.Popen[str]]") -> None:
    """Let all of them spend, once each could."""
    for process in processes:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"what": "ready"}
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("begin\n")
        process.stdin.flush()


def listen(process: "subprocess.Popen[str]", killed_after: int | None) -> dict[str, Any] | None:
    """What a process said of all its requests; None when it died first."""
    assert process.stdout is not None
    for number, line in enumerate(process.stdout, start=1):
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
        begin(processes)
        told = [
            listen(process, killed_after)
            for process, (_, killed_after) in zip(processes, SPENDERS, strict=True)
        ]
    return told, {process.returncode for process in processes}


def cap(stores: Stores, rules: BudgetRules, key: BudgetKey, limits: Limits) -> None:
    changes = {BudgetUnit.USD: limits.micro_usd, BudgetUnit.TOKENS: limits.tokens}
    stores.database.write(
        lambda tx: set_budget(tx, key, changes, rules=rules, by="cli:tester", now=NOW)
    )


async def test_no_cap_is_exceeded_and_nothing_stays_held(
    settings: Settings, stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = budget_rules(settings)
    for key, limits in CAPS.items():
        cap(stores, rules, key, limits)

    told, codes = run_all(settings)

    assert codes == {0, DIED, -signal.SIGKILL}
    # Those who died while they held money left it held; nobody else did.
    door = Spending(stores.database, rules=rules, clock=FakeClock(NOW + EXPIRES_AFTER))
    swept = 0
    while found := await door.end_expired():
        swept += found
    _tell(capsys, [one for one in told if one is not None], swept)
    with stores.database.engine.connect() as connection:
        held = [total_of(row) for row in connection.execute(select(budget_periods))]
        rows = list(connection.execute(select(reservations)))
    assert {row.state for row in rows} <= {"settled", "released"}
    assert {(one.reserved_micro_usd, one.reserved_tokens) for one in held} == {(0, 0)}
    assert {one.key.scope for one in held} == set(BudgetScope)
    for one in held:
        mine = [row for row in rows if one.key in keys_for(path_of(row))]
        assert one.spent_micro_usd == sum(row.cost_micro_usd for row in mine)
        assert one.spent_tokens == sum(row.input_tokens + row.output_tokens for row in mine)
        limits = limits_of(one.key, CAPS)
        assert limits.micro_usd is None or one.spent_micro_usd <= limits.micro_usd
        assert limits.tokens is None or one.spent_tokens <= limits.tokens
    full = {one.subject_id.partition(" for ")[0] for one in refusals(stores)}
    assert len(full) > 1


def refusals(stores: Stores) -> list[NoticeRecord]:
    notices = stores.database.read(lambda tx: tx.notices.page(limit=200)).items
    return [one for one in notices if one.code == "budget_exceeded"]


def path_of(row: Any) -> Path:
    return Path(row.subject_id, row.agent, row.member_id, row.project)


def total_of(row: Any) -> PeriodTotal:
    return PeriodTotal(
        BudgetKey(BudgetScope(row.scope), row.scope_id, BudgetPeriod(row.period)),
        date.fromisoformat(row.starts_on),
        row.spent_micro_usd,
        row.reserved_micro_usd,
        row.spent_tokens,
        row.reserved_tokens,
    )


def _tell(capsys: pytest.CaptureFixture[str], ended: list[dict[str, Any]], swept: int) -> None:
    """How long callers waited is told and not asserted: it says as much about the machine."""
    ends = sum((Counter(one["ends"]) for one in ended), Counter[str]())
    longest_ms = max(one["longest_s"] for one in ended) * 1000
    with capsys.disabled():
        print(f"\n{dict(ends)}, {swept} expired, longest wait {longest_ms:.0f} ms")  # noqa: T201
