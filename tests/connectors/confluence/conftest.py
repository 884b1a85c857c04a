from collections.abc import AsyncIterator, Iterator

import pytest

from chargehand.testing.contracts import Contract, load_contract
from tests.conftest import COUNTS, OVERLAYS, contracts_folder
from tests.connectors.confluence.world import World, build_world


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def confluence_contract(pytestconfig: pytest.Config) -> Iterator[Contract | None]:
    folder = contracts_folder()
    if not (folder / "confluence").is_dir():
        yield None
        return
    contract = load_contract(folder, OVERLAYS / "confluence.json")
    yield contract
    pytestconfig.stash[COUNTS].update(confluence=contract.tally.run)


@pytest.fixture
async def world(
    confluence_contract: Contract | None, pytestconfig: pytest.Config
) -> AsyncIterator[World]:
    """Everything in it is held to the contract; where it is missing, the summary says so."""
    built = build_world(confluence_contract)
    yield built
    await built.client.aclose()
    if confluence_contract is None:
        pytestconfig.stash[COUNTS].update(confluence_unchecked=1)
        return
    broken = [str(error) for error in confluence_contract.broken]
    confluence_contract.broken.clear()
    assert broken == []
