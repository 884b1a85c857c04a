from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import COUNTS, contracts_folder
from tests.connectors.slack.client.world import World, build_world
from tests.connectors.slack.contract import SlackContract


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def slack_contract() -> SlackContract | None:
    folder: Path = contracts_folder() / "slack"
    return SlackContract(folder) if folder.is_dir() else None


@pytest.fixture
async def world(
    slack_contract: SlackContract | None, pytestconfig: pytest.Config
) -> AsyncIterator[World]:
    """Everything in it is held to Slack's files; where they are missing, the summary says so."""
    built = build_world(slack_contract)
    yield built
    await built.client.aclose()
    await built.fake.aclose()
    if slack_contract is None:
        pytestconfig.stash[COUNTS].update(slack_unchecked=1)
        return
    pytestconfig.stash[COUNTS].update(slack=slack_contract.checked.total())
    broken = list(slack_contract.broken)
    slack_contract.checked.clear()
    slack_contract.broken.clear()
    assert broken == []
