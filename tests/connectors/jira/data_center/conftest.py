from collections.abc import AsyncIterator

import pytest

from tests.connectors.jira.data_center.world import World, build_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    built = build_world()
    yield built
    await built.client.aclose()
    await built.jira.aclose()
