"""The API on SQLite and on PostgreSQL; `-m "not postgres"` leaves the second out."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL
from starlette.types import ASGIApp

from tests.postgres import PostgresServer
from tests.web.api.world import World, calling, open_world

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]
Place = tuple[Path, str | None]


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated stores to begin with, since migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    open_world(folder).close()
    return folder


@pytest.fixture(scope="session")
def migrated_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[URL, Path]:
    """A migrated database to clone, and its data folder."""
    folder, database = tmp_path_factory.mktemp("migrated-postgres"), postgres_server.create()
    open_world(folder, _text(database)).close()
    return database, folder


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A data folder, and the URL of a PostgreSQL database or None; migrated, used by nobody."""
    folder = tmp_path / "data"
    if request.param == "sqlite":
        yield shutil.copytree(request.getfixturevalue("migrated_folder"), folder), None
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template, migrated = request.getfixturevalue("migrated_postgres")
    database = server.create(template=template)
    yield shutil.copytree(migrated, folder), _text(database)
    server.drop(database)


@pytest.fixture
def world(place: Place) -> Iterator[World]:
    world = open_world(*place, is_migrated=True)
    yield world
    world.close()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client


@pytest.fixture(scope="session")
def quiet_world(migrated_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world for requests that change nothing, made once."""
    world = open_world(shutil.copytree(migrated_folder, tmp_path_factory.mktemp("quiet") / "data"))
    yield world
    world.close()


@pytest.fixture(scope="session")
def quiet_app(quiet_world: World) -> ASGIApp:
    return quiet_world.app()


@pytest.fixture(scope="session")
def quiet_key(quiet_world: World) -> str:
    return quiet_world.key()


@pytest.fixture
async def quiet_client(quiet_app: ASGIApp, quiet_key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A caller in the quiet world; what it asks for must be refused or only looked at."""
    async with calling(quiet_app, quiet_key) as client:
        yield client


def _text(database: URL) -> str:
    return database.set(drivername="postgresql").render_as_string(hide_password=False)
