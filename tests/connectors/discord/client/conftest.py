from collections.abc import AsyncIterator, Iterator

import pytest

from chargehand.testing.contracts import Contract, load_contract
from tests.conftest import COUNTS, OVERLAYS, contracts_folder
from tests.connectors.discord.client.world import World, build_world


@pytest.fixture(scope="session")
def discord_contract(pytestconfig: pytest.Config) -> Iterator[Contract | None]:
    """Discord's description; None where its folder is missing, which `test_contract.py` says."""
    folder = contracts_folder()
    contract = load_contract(folder, OVERLAYS / "discord.json") if folder.is_dir() else None
    yield contract
    if contract is not None:
        pytestconfig.stash[COUNTS].update(run=contract.tally.run)


@pytest.fixture
async def world(discord_contract: Contract | None) -> AsyncIterator[World]:
    """Every request and every answer is held against the description."""
    built = build_world(discord_contract)
    yield built
    await built.client.aclose()
    broken = [] if discord_contract is None else [str(one) for one in discord_contract.broken]
    if discord_contract is not None:
        discord_contract.broken.clear()
    assert broken == []
