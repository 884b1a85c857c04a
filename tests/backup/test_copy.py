"""Moving to PostgreSQL and back: every row compared, nothing sent by both."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select, text

from chargehand.audit.chain import Verification
from chargehand.bootstrap.errors import CopyTargetWrong, DataFolderInUse
from chargehand.bootstrap.moving_storage import copy_storage
from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import ConnectionId, DeliveryId
from chargehand.engine.errors import EngineNotDrained
from chargehand.kit.clock import SystemClock, to_micros
from chargehand.kit.ids import new_id
from chargehand.pipeline.auditing import verify_audit
from chargehand.storage.backup.errors import DatabaseNotEmpty
from chargehand.storage.inbox.tables import inbox_deliveries
from chargehand.storage.tables import deliveries, metadata
from chargehand.storage.transaction import Reading
from chargehand.testing.clock import FakeClock
from tests.backup.conftest import Migrate
from tests.cli.terminal import Terminal, write_config
from tests.house import START, Doubles, house_settings, open_house
from tests.postgres import PostgresServer

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
ODD = "Ünïcode 💥 \\ \t \n ' \" end"


@pytest.fixture
def postgres(postgres_server: PostgresServer):
    database = postgres_server.create()
    yield database.set(drivername="postgresql").render_as_string(hide_password=False)
    postgres_server.drop(database)


@pytest.fixture
async def used(tmp_path: Path, clock: FakeClock, migrate: Migrate, anyio_backend: str) -> Settings:
    """A SQLite installation that has answered, and waits for a person about something else."""
    settings = house_settings(tmp_path / "data")
    migrate(settings)
    async with open_house(settings, Doubles()) as house:
        house.mode("auto")
        await house.ask("@bot due")
        house.mode("approve")
        await house.ask(f"@bot label urgent {ODD}")
        clock.advance((house.clock.now() - clock.now()).total_seconds() + 1)
    store_something(settings)
    return settings


def store_something(settings: Settings) -> None:
    stores = open_stores(settings)
    delivery = VerifiedDelivery(
        connection_id=ConnectionId("jira"),
        connector="jira",
        delivery_key=new_id("dlv", START),
        source=DeliverySource.POLL,
        lane=Lane.BULK,
        received_at=START,
        body=bytes(range(256)),
        headers={"x": ODD},
    )
    stores.open_inbox()([(DeliveryId(new_id("dlv", START)), delivery)])
    stores.close()


def on_postgres(settings: Settings, url: str, folder: Path) -> Settings:
    return house_settings(folder, storage={"database_url": url})


def everything(settings: Settings) -> dict[str, list[tuple]]:
    """Every row of every table but those the copy itself is recorded in."""
    stores = open_stores(settings)
    found = {}
    try:
        with stores.database.engine.connect() as main, stores.inbox_engine.connect() as inbox:
            for table in metadata.sorted_tables:
                found[table.name] = sorted(map(repr, main.execute(select(table))))
            found["inbox"] = sorted(map(repr, inbox.execute(select(inbox_deliveries))))
    finally:
        stores.close()
    return found


def reading(settings: Settings, work):
    stores: Stores = open_stores(settings)
    try:
        return work(stores)
    finally:
        stores.close()


def verified(stores: Stores) -> Verification:
    return stores.database.read(lambda tx: verify_audit(tx, stores.checkpoint))


def is_held(stores: Stores) -> bool:
    def look(tx: Reading) -> bool:
        return tx.holds.current() is not None

    return stores.database.read(look)


async def test_everything_arrives_and_the_old_databases_are_held(
    used: Settings, postgres: str, clock: FakeClock
) -> None:
    before = everything(used)

    copied = copy_storage(used, postgres, clock=clock, by="cli:operator")

    new = on_postgres(used, postgres, used.storage.data_dir)
    assert everything(new) == before
    assert sum(table.rows for table in copied.tables) > 20
    assert reading(used, is_held)
    assert not reading(new, is_held)
    assert reading(new, verified).is_intact
    assert postgres.partition("@")[0] not in copied.target


async def test_new_rows_of_the_copy_are_counted_on(
    used: Settings, postgres: str, clock: FakeClock
) -> None:
    copy_storage(used, postgres, clock=clock, by="cli:operator")
    new = on_postgres(used, postgres, used.storage.data_dir)

    store_something(new)

    assert len(everything(new)["inbox"]) == len(everything(used)["inbox"]) + 1


async def test_way_there_and_back_changes_nothing(
    used: Settings, postgres: str, clock: FakeClock, tmp_path: Path
) -> None:
    before = everything(used)
    copy_storage(used, postgres, clock=clock, by="cli:operator")
    new = on_postgres(used, postgres, used.storage.data_dir)

    copy_storage(new, str(tmp_path / "back"), clock=clock, by="cli:operator")

    back = house_settings(tmp_path / "back")
    assert everything(back) == before
    assert reading(back, verified).is_intact
    assert reading(new, is_held)


async def test_place_that_is_not_empty_is_refused_and_unchanged(
    used: Settings, postgres: str, clock: FakeClock, tmp_path: Path
) -> None:
    taken = on_postgres(used, postgres, tmp_path / "other")
    migrate_stores(taken, clock=clock)
    before = everything(taken)

    with pytest.raises(DatabaseNotEmpty):
        copy_storage(used, postgres, clock=clock, by="cli:operator")
    with pytest.raises(CopyTargetWrong, match="there are databases in it"):
        copy_storage(taken, str(used.storage.data_dir), clock=clock, by="cli:operator")

    assert everything(taken) == before
    assert not reading(used, is_held)


async def test_copy_to_the_same_kind_is_refused(
    used: Settings, clock: FakeClock, tmp_path: Path
) -> None:
    with pytest.raises(CopyTargetWrong, match="in SQLite already"):
        copy_storage(used, str(tmp_path / "elsewhere"), clock=clock, by="cli:operator")


async def test_copy_beside_a_running_service_is_refused(
    used: Settings, postgres: str, clock: FakeClock
) -> None:
    front = open_stores(used)

    with pytest.raises(DataFolderInUse):
        copy_storage(used, postgres, clock=clock, by="cli:operator")

    front.close()


async def test_unfinished_tasks_are_finished_first(
    used: Settings, postgres: str, clock: FakeClock
) -> None:
    stores = open_stores(used)
    with stores.database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE workflow_status (status TEXT)"))
        connection.execute(text("INSERT INTO workflow_status VALUES ('PENDING'), ('SUCCESS')"))
    stores.close()

    with pytest.raises(EngineNotDrained, match="1 task"):
        copy_storage(used, postgres, clock=clock, by="cli:operator")


async def test_copy_by_command_says_what_arrived(
    used: Settings, postgres: str, clock: FakeClock, tmp_path: Path
) -> None:
    terminal = Terminal(write_config(used, tmp_path), clock)

    shown = terminal.done("storage", "copy", "--to", postgres).out

    assert "inbox_deliveries" in shown
    assert "HELD" in terminal.done("status").out


async def test_doctor_says_when_sqlite_is_outgrown(
    used: Settings, clock: FakeClock, tmp_path: Path
) -> None:
    terminal = Terminal(write_config(used, tmp_path), clock)
    now = to_micros(SystemClock().now())
    columns = ", ".join(column.name for column in deliveries.columns)
    row = "'default', 'dlv_' || n, 'jira', 'jira', n, 'poll', 'bulk', '', 1, :now, :now, n, NULL"
    stores = open_stores(used)
    with stores.database.engine.begin() as connection:
        connection.execute(
            text(
                "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000) "
                f"INSERT INTO deliveries ({columns}) SELECT {row} FROM c"
            ),
            {"now": now},
        )
    stores.close()

    # It runs an event loop of its own.
    told = (await asyncio.to_thread(terminal.run, "doctor")).out

    assert "warn  storage: SQLite" in told
    assert "10000 deliveries in 24 h" in told
    assert "chargehand storage copy" in told
