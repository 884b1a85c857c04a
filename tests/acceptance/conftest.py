"""A house for each test, on SQLite and on PostgreSQL; `-m "not postgres"` leaves the second out."""

import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import URL

from chargehand.bootstrap.stores import migrate_stores
from chargehand.testing.clock import FakeClock
from chargehand.testing.contracts import Contract
from tests.conftest import COUNTS, contracts_folder
from tests.house import START, Doubles, House, house_settings, open_house
from tests.postgres import PostgresServer
from tests.wire import ContractCheck

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]
OpenHouse = Callable[..., AbstractAsyncContextManager[House]]
both_sites = pytest.mark.parametrize("site", ["cloud", "data_center"], indirect=True)
"""For the scenarios that show what Data Center does otherwise; the rest speaks with Cloud."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out Data Center on PostgreSQL: neither knows of the other."""
    items[:] = [item for item in items if not _is_needless(item)]


def _is_needless(item: pytest.Item) -> bool:
    chosen = getattr(getattr(item, "callspec", None), "params", {})
    return chosen.get("site") == "data_center" and chosen.get("storage") == "postgres"


@pytest.fixture(scope="module", autouse=True)
def plain_logs() -> Iterator[None]:
    """Warnings only, in one line: the library's own tracebacks take half a second each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was migrated once and is copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate_stores(house_settings(folder), clock=FakeClock(START))
    return folder


@pytest.fixture(scope="session")
def migrated_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[URL, Path]:
    """A database that was migrated once and is cloned for each test, and its data folder."""
    folder, database = tmp_path_factory.mktemp("migrated-postgres"), postgres_server.create()
    settings = house_settings(folder, storage={"database_url": _text(database)})
    migrate_stores(settings, clock=FakeClock(START))
    return database, folder


@pytest.fixture(params=DATABASES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The storage settings of a migrated place nobody used before."""
    folder = tmp_path / "data"
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("migrated"), folder)
        yield {"data_dir": folder}
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template, migrated_folder = request.getfixturevalue("migrated_postgres")
    shutil.copytree(migrated_folder, folder)
    database = server.create(template=template)
    yield {"data_dir": folder, "database_url": _text(database)}
    server.drop(database)


@pytest.fixture(scope="session")
def contract_check(loaded_jira_contract: Contract) -> ContractCheck:
    return ContractCheck(loaded_jira_contract)


@pytest.fixture
def contract_if_any(
    request: pytest.FixtureRequest, site: str, pytestconfig: pytest.Config
) -> ContractCheck | None:
    """Jira's contract where its folder is at hand: what a house sends is held to it."""
    if site == "data_center":
        # Atlassian publishes none; the fake is what we made of the reference.
        pytestconfig.stash[COUNTS].update(data_center=1)
        return None
    if not contracts_folder().is_dir():
        return None
    # It fails the test when the contract was broken, whoever caught the error.
    request.getfixturevalue("jira_contract")
    check: ContractCheck = request.getfixturevalue("contract_check")
    return check


@pytest.fixture
def site(request: pytest.FixtureRequest) -> str:
    """Which Jira the house stands beside."""
    chosen: str = getattr(request, "param", "cloud")
    return chosen


@pytest.fixture
def open_another(
    storage: dict[str, Any], site: str, contract_if_any: ContractCheck | None
) -> OpenHouse:
    """Opens a house with other settings or doubles; `check` replaces the one at its end."""

    def open_with(
        check: Callable[[House], None] | None = None,
        doubles: Doubles | None = None,
        **changes: Any,
    ) -> AbstractAsyncContextManager[House]:
        folder = storage["data_dir"]
        settings = house_settings(folder, site, storage=storage, **changes)
        chosen = doubles or Doubles(contract=contract_if_any)
        if check is None:
            return open_house(settings, chosen)
        return open_house(settings, chosen, check=check)

    return open_with


@pytest.fixture
async def house(open_another: OpenHouse) -> AsyncIterator[House]:
    async with open_another() as house:
        yield house


def _text(database: URL) -> str:
    return database.set(drivername="postgresql").render_as_string(hide_password=False)
