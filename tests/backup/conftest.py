"""Settings with a migrated place of their own, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.testing.clock import FakeClock
from tests.house import START, house_settings
from tests.postgres import PostgresServer

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "sqlite":
        yield house_settings(tmp_path / "data")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = server.create()
    url = database.set(drivername="postgresql").render_as_string(hide_password=False)
    yield house_settings(tmp_path / "data", storage={"database_url": url})
    server.drop(database)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def stores(settings: Settings, clock: FakeClock) -> Iterator[Stores]:
    migrate_stores(settings, clock=clock)
    opened = open_stores(settings)
    yield opened
    opened.close()
