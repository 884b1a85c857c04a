import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.bootstrap.stores import migrate_stores
from chargehand.config.settings import Settings
from chargehand.testing.clock import FakeClock
from tests.cli.terminal import NOBODYS_PORT, Terminal, write_config
from tests.house import START, Doubles, House, house_settings, open_house


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was migrated once and is copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate_stores(house_settings(folder), clock=FakeClock(START))
    return folder


@pytest.fixture
def data_dir(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated, tmp_path / "data"))


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return house_settings(data_dir, server={"port": NOBODYS_PORT})


@pytest.fixture
def config(settings: Settings, tmp_path: Path) -> Path:
    return write_config(settings, tmp_path)


@pytest.fixture
async def house(data_dir: Path, anyio_backend: str) -> AsyncIterator[House]:
    async with open_house(house_settings(data_dir), Doubles()) as house:
        yield house


@pytest.fixture
def terminal(config: Path, house: House) -> Terminal:
    """The command line on the house's data, at the house's time."""
    return Terminal(config, house.clock)


@pytest.fixture
def quiet_terminal(config: Path) -> Terminal:
    """The command line on data where nothing ever happened."""
    return Terminal(config, FakeClock(START))
