from collections.abc import AsyncIterator, Iterator

import pytest

from chargehand.testing.contracts import Contract, load_contract
from tests.conftest import COUNTS, OVERLAYS, contracts_folder
from tests.connectors.github.client.world import World, build_world


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def github_contract(pytestconfig: pytest.Config) -> Iterator[Contract | None]:
    """GitHub's description; None where its folder is missing, which `test_contract.py` says."""
    folder = contracts_folder()
    contract = load_contract(folder, OVERLAYS / "github.json") if folder.is_dir() else None
    yield contract
    if contract is not None:
        pytestconfig.stash[COUNTS].update(run=contract.tally.run)


@pytest.fixture
async def world(github_contract: Contract | None) -> AsyncIterator[World]:
    """Signed in by a token; every request and every answer is held against the description."""
    async for built in _built(github_contract, as_app=False):
        yield built


@pytest.fixture
async def app_world(github_contract: Contract | None) -> AsyncIterator[World]:
    """The same, signed in as the App."""
    async for built in _built(github_contract, as_app=True):
        yield built


async def _built(contract: Contract | None, *, as_app: bool) -> AsyncIterator[World]:
    built = build_world(contract, as_app=as_app)
    yield built
    await built.client.aclose()
    await built.fake.aclose()
    broken = [] if contract is None else [str(one) for one in contract.broken]
    if contract is not None:
        contract.broken.clear()
    assert broken == []
