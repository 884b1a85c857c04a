"""What `/metrics` tells of the whole service, read from what really happened in a house."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.stores import migrate_stores
from chargehand.domain.budget import BudgetKey, BudgetPeriod, BudgetScope, BudgetUnit
from chargehand.domain.ids import BackupId, OutgoingId
from chargehand.domain.outgoing import OutgoingEvent, OutgoingPost, OutgoingState
from chargehand.pipeline.breaking_glass import break_glass
from chargehand.pipeline.budgeting import set_budget
from chargehand.pipeline.figures import FIGURES
from chargehand.pipeline.holding import RestoredFrom, hold_after_restore
from chargehand.pipeline.snapshot import Snapshot, take_snapshot
from chargehand.pipeline.spending import Spending
from chargehand.pipeline.vendor_requests import keep_counted
from chargehand.pipeline.watching import Watching
from chargehand.storage.errors import StoreUnavailable
from chargehand.storage.transaction import Writing
from chargehand.testing.clock import FakeClock
from chargehand.web.figures import KEPT_FOR
from tests.budgets.requests import request
from tests.house import CONNECTION, START, Doubles, House, house_settings, open_house
from tests.postgres import PostgresServer
from tests.web.fronts import Front, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    migrate_stores(house_settings(folder), clock=FakeClock(START))
    return folder


@pytest.fixture
async def house(migrated: Path, tmp_path: Path, anyio_backend: str) -> AsyncIterator[House]:
    data_dir = Path(shutil.copytree(migrated, tmp_path / "data"))
    async with open_house(house_settings(data_dir), Doubles()) as house:
        yield house


@pytest.fixture
async def house_on_postgres(
    postgres_server: PostgresServer, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[House]:
    database = postgres_server.create()
    url = database.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = house_settings(tmp_path, storage={"database_url": url})
    migrate_stores(settings, clock=FakeClock(START))
    async with open_house(settings, Doubles()) as house:
        yield house
    postgres_server.drop(database)


def watch(house: House) -> None:
    """What a worker does every few seconds."""
    keep_counted(house.requests, house.stores.database)
    Watching(
        house.stores.database,
        house.stores.queue,
        {CONNECTION: house.connection},
        worker_pid=4711,
        clock=house.clock,
    ).watch()


def snapshot(house: House) -> Snapshot:
    backlog, now = house.stores.queue.backlog(), house.clock.now()
    return house.stores.database.read(
        lambda tx: take_snapshot(
            tx,
            backlog,
            budget_rules=budget_rules(house.settings),
            version="9.9",
            disk_free_bytes=5,
            disk_reserve_bytes=3,
            now=now,
        )
    )


def told(house: House) -> dict[str, float]:
    """Every figure as Prometheus would name it, label values in the order of the labels."""
    seen = snapshot(house)
    return {
        f"{figure.name}{{{','.join(labels)}}}": value
        for figure in FIGURES
        for labels, value in figure.read(seen)
    }


async def test_figures_tell_what_became_of_questions(house: House) -> None:
    await house.ask("@bot when is it due?")
    house.mode("approve")
    await house.ask("@bot what's blocking this?")
    await house.ask("nobody is mentioned here")
    await house.say("@bot status?")
    house.clock.advance(30)
    watch(house)

    figures = told(house)

    assert figures["chargehand_deliveries{jira,webhook}"] == 3
    assert figures["chargehand_events{comment.created}"] == 3
    assert figures["chargehand_decisions{respond,answered_from_facts}"] == 2
    assert figures["chargehand_decisions{silent,not_mentioned}"] == 1
    assert figures["chargehand_actions{jira.add_comment,simulated}"] == 1
    assert figures["chargehand_actions{jira.add_comment,proposed}"] == 1
    assert figures["chargehand_open_actions{jira.add_comment,waiting}"] == 1
    assert figures["chargehand_open_approvals{}"] == 1
    assert figures["chargehand_oldest_approval_seconds{}"] >= 30
    assert figures["chargehand_undispatched_deliveries{interactive}"] == 1
    assert figures["chargehand_undispatched_oldest_seconds{interactive}"] >= 30


@pytest.mark.postgres
async def test_figures_are_the_same_on_postgres(house_on_postgres: House) -> None:
    house = house_on_postgres
    await house.ask("@bot when is it due?")
    watch(house)
    first = told(house)
    for _ in range(3):
        house.clock.advance(3600)
        watch(house)
    await house.ask("nobody is mentioned here")
    await house.say("@bot status?")
    watch(house)

    figures = told(house)

    assert first["chargehand_deliveries{jira,webhook}"] == 1
    assert figures["chargehand_deliveries{jira,webhook}"] == 2
    assert figures["chargehand_events{comment.created}"] == 2
    assert figures["chargehand_decisions{silent,not_mentioned}"] == 1
    assert figures["chargehand_actions{jira.add_comment,simulated}"] == 1
    assert figures["chargehand_undispatched_deliveries{interactive}"] == 1
    assert figures["chargehand_database_bytes{main}"] > 1_000_000


async def test_requests_to_vendors_are_told_with_how_they_ended_and_how_long_they_took(
    house: House, front: Front
) -> None:
    await house.ask("@bot when is it due?")
    watch(house)
    before = told(house)
    house.jira.inject(method="GET", path="/rest/api/3/issue/PAY-7", status=503)
    await house.ask("@bot what's blocking this?")
    watch(house)

    async def read() -> Snapshot:
        return snapshot(house)

    async with serving(front, figures=read) as client:
        text = (await client.get("/metrics")).text

    after = told(house)
    answered = "chargehand_vendor_requests{jira,answered}"
    assert 0 < before[answered] < after[answered]
    assert after["chargehand_vendor_requests{jira,failing}"] == 1
    number = after[answered] + 1
    lines = text.splitlines()
    name = "chargehand_vendor_request_seconds"
    assert f'{name}_bucket{{connector="jira",le="+Inf"}} {number}.0' in lines
    assert f'{name}_count{{connector="jira"}} {number}.0' in lines
    assert f'{name}_sum{{connector="jira"}}' in text


async def test_watching_again_counts_nothing_twice(house: House) -> None:
    await house.ask("@bot when is it due?")
    watch(house)
    once = told(house)

    watch(house)

    assert told(house) == once


async def test_totals_stay_the_same_when_an_hour_is_over(house: House) -> None:
    await house.ask("@bot when is it due?")
    await house.ask("nobody is mentioned here")
    watch(house)
    before = told(house)

    for _ in range(5):
        house.clock.advance(3600)
        watch(house)
    await house.ask("nor here")
    after = told(house)

    for name, more in (("deliveries{jira,webhook}", 1), ("events{comment.created}", 1)):
        assert after[f"chargehand_{name}"] == before[f"chargehand_{name}"] + more
    # What is over was counted for good; only the last hour is still read from the deliveries.
    kept = house.stores.database.read(lambda tx: tx.traffic.kept())
    assert sum(one.deliveries for one in kept) == 2


async def test_hour_is_not_over_while_something_of_it_waits(house: House) -> None:
    await house.say("@bot when is it due?")
    house.clock.advance(5 * 3600)
    watch(house)

    await house.settle()
    house.clock.advance(3600)
    watch(house)

    kept = house.stores.database.read(lambda tx: tx.traffic.kept())
    assert sum(one.deliveries for one in kept) == 1


async def test_second_telling_of_an_event_is_a_delivery_and_no_event(house: House) -> None:
    posted = await house.ask("@bot when is it due?")
    await house.post({**posted.headers, "x-atlassian-webhook-identifier": "again"}, posted.body)
    await house.settle()

    figures = told(house)

    assert figures["chargehand_deliveries{jira,webhook}"] == 2
    assert figures["chargehand_events{comment.created}"] == 1


@pytest.mark.parametrize(("silent_for_s", "alive"), [(60, 1.0), (61, 0.0)], ids=["then", "later"])
async def test_worker_is_alive_while_it_is_heard_of(
    house: House, silent_for_s: int, alive: float
) -> None:
    watch(house)
    house.clock.advance(silent_for_s)

    assert told(house)["chargehand_worker_alive{}"] == alive


async def test_budgets_of_the_organization_and_of_projects_are_told_and_of_nobody_else(
    house: House,
) -> None:
    database, rules, now = house.stores.database, budget_rules(house.settings), house.clock.now()
    limits = {BudgetUnit.USD: 9_000_000, BudgetUnit.TOKENS: 5_000_000}
    month = BudgetPeriod.MONTH
    project, each, member = (
        BudgetKey(BudgetScope.PROJECT, "PAY", month),
        BudgetKey(BudgetScope.PROJECT, "", month),
        BudgetKey(BudgetScope.MEMBER, "mem_1", month),
    )

    def work(tx: Writing) -> None:
        for key in (project, each, member):
            set_budget(tx, key, limits, rules=rules, by="x", now=now)

    database.write(work)
    door = Spending(database, rules=rules, clock=house.clock)
    wanted = request("2.5", now=now)
    await door.reserve(wanted)

    figures = told(house)

    whose = {name.partition("{")[2] for name in figures if "_budget_" in name}
    assert whose == {"organization,,day}", "organization,,month}", "project,PAY,month}"}
    assert figures["chargehand_budget_reserved_usd{organization,,day}"] == 2.5
    assert figures["chargehand_budget_spent_usd{organization,,month}"] == 0
    assert figures["chargehand_budget_cap_usd{organization,,day}"] == 10
    assert figures["chargehand_budget_cap_tokens{project,PAY,month}"] == 5_000_000
    assert "chargehand_budget_cap_usd{organization,,month}" not in figures

    await door.settle_unknown(wanted.reservation_id)
    later = told(house)
    assert later["chargehand_budget_spent_usd{organization,,day}"] == 2.5
    assert later["chargehand_budget_reserved_usd{organization,,day}"] == 0


async def test_hold_broken_glass_and_waiting_posts_are_told(house: House) -> None:
    database, now = house.stores.database, house.clock.now()
    assert told(house)["chargehand_held{}"] == told(house)["chargehand_glass_broken{}"] == 0
    assert [name for name in told(house) if "outgoing" in name] == []
    source = RestoredFrom(BackupId("bkp_1"), now, None)
    post = OutgoingPost(
        id=OutgoingId("out_1"),
        webhook="ci",
        event=OutgoingEvent.DECISION_RECORDED,
        subject_id="dec_1",
        project=None,
        audit_seq=1,
        state=OutgoingState.WAITING,
        attempts=0,
        created_at=now,
        next_attempt_at=now,
        closed_at=None,
        problem="",
    )

    database.write(lambda tx: hold_after_restore(tx, source, by="cli:op", now=now))
    database.write(lambda tx: break_glass(tx, by="cli:op", reason="x", now=now))
    database.write(lambda tx: tx.outgoing.add(post))
    house.clock.advance(90)

    figures = told(house)
    assert figures["chargehand_held{}"] == figures["chargehand_glass_broken{}"] == 1
    assert figures["chargehand_outgoing_posts_waiting{ci}"] == 1
    assert figures["chargehand_outgoing_oldest_seconds{ci}"] == 90
    house.clock.advance(3600)
    assert told(house)["chargehand_glass_broken{}"] == 0


async def test_metrics_hold_the_figures_and_read_them_once_in_five_seconds(
    house: House, front: Front
) -> None:
    readings = 0

    async def read() -> Snapshot:
        nonlocal readings
        readings += 1
        return snapshot(house)

    async with serving(front, figures=read) as client:
        first = await client.get("/metrics")
        await client.get("/metrics")
        before = readings
        front.clock.advance(KEPT_FOR.total_seconds())
        await client.get("/metrics")

    assert 'chargehand_build_info{version="9.9"} 1.0' in first.text.splitlines()
    assert "chargehand_database_up 1.0" in first.text.splitlines()
    assert (before, readings) == (1, 2)


async def test_database_that_is_away_is_told_and_nothing_old_with_it(
    house: House, front: Front
) -> None:
    is_away = False

    async def read() -> Snapshot:
        if is_away:
            raise StoreUnavailable(detail="gone")
        return snapshot(house)

    async with serving(front, figures=read) as client:
        await client.get("/metrics")
        is_away = True
        front.clock.advance(KEPT_FOR.total_seconds())
        text = (await client.get("/metrics")).text

    assert "chargehand_database_up 0.0" in text.splitlines()
    assert "chargehand_worker_alive" not in text
    assert "chargehand_inbox_waiting 0.0" in text.splitlines()


def test_names_keep_the_conventions_of_prometheus() -> None:
    names = [figure.name for figure in FIGURES]

    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"chargehand(_[a-z]+)+", name)] == []
    assert [name for name in names if name.endswith("_total")] == []
    assert all(figure.help.endswith(".") for figure in FIGURES)
