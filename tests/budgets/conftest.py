"""Migrated stores on SQLite and on PostgreSQL, and the budget door on them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.pipeline.spending import Spending
from chargehand.testing.clock import FakeClock
from tests.budgets.requests import NOW, ZONE
from tests.postgres import PostgresServer

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated stores to begin with, since migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate_stores(_settings(folder), clock=FakeClock(NOW))
    return folder


@pytest.fixture(scope="session")
def migrated_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[URL, Path]:
    """A migrated database to clone, and its data folder."""
    folder, database = tmp_path_factory.mktemp("migrated-postgres"), postgres_server.create()
    migrate_stores(_settings(folder, database), clock=FakeClock(NOW))
    return database, folder


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    folder = tmp_path / "data"
    if request.param == "sqlite":
        yield _settings(shutil.copytree(request.getfixturevalue("migrated_folder"), folder))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template, migrated = request.getfixturevalue("migrated_postgres")
    database = server.create(template=template)
    yield _settings(shutil.copytree(migrated, folder), database)
    server.drop(database)


@pytest.fixture
def stores(settings: Settings) -> Iterator[Stores]:
    opened = open_stores(settings)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def door(settings: Settings, stores: Stores, clock: FakeClock) -> Spending:
    return Spending(stores.database, rules=budget_rules(settings), clock=clock)


def _settings(data_dir: Path, database: URL | None = None) -> Settings:
    storage: dict[str, object] = {"data_dir": data_dir}
    if database is not None:
        url = database.set(drivername="postgresql").render_as_string(hide_password=False)
        storage["database_url"] = url
    return Settings(storage=storage, business={"time_zone": ZONE})
