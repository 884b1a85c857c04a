from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine

from chargehand.engine.port import TaskBody, TaskEngine
from tests.engine.engines import OPENERS
from tests.postgres import PostgresServer

CASES = [
    pytest.param("dbos sqlite", id="dbos-sqlite"),
    pytest.param("dbos postgres", id="dbos-postgres", marks=pytest.mark.postgres),
]


@dataclass
class Place:
    """One fresh database, and the engines opened on it one after the other."""

    kind: str
    url: str
    opened: list[tuple[TaskEngine, Engine]] = field(default_factory=list)

    async def launch(
        self, bodies: dict[str, TaskBody], executor_id: str = "worker-1", **limits: int
    ) -> TaskEngine:
        engine = self.open(executor_id, **limits)
        engine.register(bodies)
        await engine.launch()
        return engine

    def open(self, executor_id: str = "worker-1", **limits: int) -> TaskEngine:
        engine, database = OPENERS[self.kind](self.url, executor_id=executor_id, **limits)
        self.opened.append((engine, database))
        return engine


@pytest.fixture(params=CASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The engine's name, and the URL of a database nobody used before."""
    kind, _, database = request.param.partition(" ")
    if database == "sqlite":
        return kind, f"sqlite:///{tmp_path / 'main.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return kind, server.create().render_as_string(hide_password=False)


@pytest.fixture
async def place(database_url: tuple[str, str]) -> AsyncIterator[Place]:
    place = Place(*database_url)
    yield place
    for engine, database in place.opened:
        await engine.close()
        database.dispose()
