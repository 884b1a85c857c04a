"""Settings with a migrated place of their own, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from chargehand.bootstrap.stores import Stores, database_url, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.testing.clock import FakeClock
from tests.house import START, house_settings
from tests.postgres import PostgresServer

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


Migrate = Callable[[Settings], None]


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated stores to begin with, since migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate_stores(house_settings(folder), clock=FakeClock(START))
    return folder


@pytest.fixture(scope="session")
def migrated_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[URL, Path]:
    """A migrated database to clone, and its data folder."""
    folder, database = tmp_path_factory.mktemp("migrated-postgres"), postgres_server.create()
    settings = house_settings(folder, storage={"database_url": _text(database)})
    migrate_stores(settings, clock=FakeClock(START))
    return database, folder


@pytest.fixture
def migrate(request: pytest.FixtureRequest) -> Migrate:
    """Makes an unused place what `migrate_stores` makes of it at the start of the clock."""

    def fill(settings: Settings) -> None:
        if settings.storage.database_url is None:
            template = request.getfixturevalue("migrated_folder")
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            database, template = request.getfixturevalue("migrated_postgres")
            server.replace(database_url(settings), template=database)
        shutil.copytree(template, settings.storage.data_dir, dirs_exist_ok=True)

    return fill


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "sqlite":
        yield house_settings(tmp_path / "data")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = server.create()
    yield house_settings(tmp_path / "data", storage={"database_url": _text(database)})
    server.drop(database)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def stores(settings: Settings, migrate: Migrate) -> Iterator[Stores]:
    migrate(settings)
    opened = open_stores(settings)
    yield opened
    opened.close()


def _text(database: URL) -> str:
    return database.set(drivername="postgresql").render_as_string(hide_password=False)
