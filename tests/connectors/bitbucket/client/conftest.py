from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chargehand.testing.bitbucket import FakeBitbucket, seed_demo
from chargehand.testing.clock import FakeClock
from chargehand.testing.contracts import Contract, load_contract
from tests.conftest import COUNTS, OVERLAYS
from tests.connectors.bitbucket.client.world import NOW, World, closing


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def loaded_bitbucket_contract(contracts: Path, pytestconfig: pytest.Config) -> Iterator[Contract]:
    contract = load_contract(contracts, OVERLAYS / "bitbucket.json")
    yield contract
    pytestconfig.stash[COUNTS].update(run=contract.tally.run, own=contract.tally.own)


@pytest.fixture
async def world(loaded_bitbucket_contract: Contract) -> AsyncIterator[World]:
    """Everything in it is held to Bitbucket Cloud's own description."""
    clock = FakeClock(NOW)
    fake = FakeBitbucket(clock=clock, retry_delays_s=())
    seed_demo(fake)
    async with closing(World(fake, clock, loaded_bitbucket_contract, "acme/payments")) as built:
        yield built
    broken = [str(error) for error in loaded_bitbucket_contract.broken]
    loaded_bitbucket_contract.broken.clear()
    assert broken == []
