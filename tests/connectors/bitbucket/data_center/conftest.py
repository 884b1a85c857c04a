from collections.abc import AsyncIterator

import pytest

from chargehand.connectors.bitbucket.config import Deployment
from chargehand.testing.bitbucket import seed_demo
from chargehand.testing.bitbucket_data_center import FakeBitbucketDataCenter
from chargehand.testing.clock import FakeClock
from tests.conftest import COUNTS
from tests.connectors.bitbucket.client.world import NOW, World, closing

REPOSITORY = "PAY/payments"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class DataCenterWorld(World):
    """The same shorthand, on a Data Center by an HTTP access token."""

    def connect(self, **changes: object) -> object:  # type: ignore[override]
        return super().connect(
            **{
                "deployment": Deployment.DATA_CENTER,
                "email": None,
                "api_url": "https://git.example.com",
                **changes,
            }
        )


@pytest.fixture
async def world(pytestconfig: pytest.Config) -> AsyncIterator[World]:
    """Nothing in it is checked against a vendor contract, since there is none."""
    clock = FakeClock(NOW)
    fake = FakeBitbucketDataCenter(clock=clock, retry_delays_s=())
    seed_demo(fake, repository=REPOSITORY)
    pytestconfig.stash[COUNTS].update(bitbucket_data_center=1)
    async with closing(DataCenterWorld(fake, clock, None, REPOSITORY)) as built:
        yield built
