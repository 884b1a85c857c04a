from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.confluence_data_center import FakeConfluenceDataCenter, seed_demo
from tests.conftest import COUNTS
from tests.connectors.confluence.world import NOW, World

SITE = "https://wiki.example.org/confluence"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class DataCenterWorld(World):
    """The same shorthand, on a Data Center by a personal access token."""

    def connect(self, **changes: Any) -> Any:
        ours = {"site": SITE, "email": None, "is_data_center": True}
        return super().connect(**{**ours, **changes})


@pytest.fixture
async def world(pytestconfig: pytest.Config) -> AsyncIterator[World]:
    """Nothing in it is checked against a vendor contract, since there is none."""
    clock = FakeClock(NOW)
    fake = FakeConfluenceDataCenter(clock=clock)
    page_id = seed_demo(fake)
    pytestconfig.stash[COUNTS].update(confluence_data_center=1)
    built = DataCenterWorld(fake, clock, None, page_id)
    yield built
    await built.client.aclose()
