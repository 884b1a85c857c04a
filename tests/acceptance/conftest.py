import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from chargehand.bootstrap.stores import migrate_stores
from chargehand.testing.clock import FakeClock
from tests.house import START, House, house_settings, open_house


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was migrated once and is copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate_stores(house_settings(folder), clock=FakeClock(START))
    return folder


@pytest.fixture
def data_dir(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated, tmp_path / "data"))


OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
async def house(data_dir: Path, anyio_backend: str) -> AsyncIterator[House]:
    async with open_house(house_settings(data_dir)) as house:
        yield house


@pytest.fixture
def open_another(data_dir: Path) -> Any:
    def open_with(transport: Any = None, **changes: Any) -> Any:
        return open_house(house_settings(data_dir, **changes), transport)

    return open_with
