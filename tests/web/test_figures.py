"""What `/metrics` tells of the whole service, read from what really happened in a house."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.bootstrap.stores import migrate_stores
from chargehand.pipeline.figures import FIGURES, Snapshot, take_snapshot
from chargehand.pipeline.watching import Watching
from chargehand.storage.errors import StoreUnavailable
from chargehand.testing.clock import FakeClock
from chargehand.web.figures import KEPT_FOR
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
    Watching(
        house.stores.database,
        house.stores.queue,
        {CONNECTION: house.connection},
        process_id=4711,
        clock=house.clock,
    ).watch()


def snapshot(house: House) -> Snapshot:
    backlog, now = house.stores.queue.backlog(), house.clock.now()
    return house.stores.database.read(
        lambda tx: take_snapshot(
            tx, backlog, version="9.9", disk_free_bytes=5, disk_reserve_bytes=3, now=now
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
