from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from chargehand.storage.engines import open_engine, sqlite_url
from chargehand.storage.inbox.tables import inbox_metadata
from tests.postgres import PostgresServer

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """A database nobody used before."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "inbox.db")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create()


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    engine = open_engine(database_url)
    inbox_metadata.create_all(engine)
    yield engine
    engine.dispose()
