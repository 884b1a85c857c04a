from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import contracts_folder
from tests.connectors.slack.client.world import World, build_world
from tests.connectors.slack.contract import SlackContract

_CHECKED: dict[str, int] = {"run": 0}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def slack_folder() -> Path | None:
    folder = contracts_folder() / "slack"
    return folder if folder.is_dir() else None


@pytest.fixture
async def world(slack_folder: Path | None) -> AsyncIterator[World]:
    """Everything in it is held to Slack's files where they are there."""
    contract = SlackContract(slack_folder) if slack_folder is not None else None
    built = build_world(contract)
    yield built
    await built.client.aclose()
    await built.fake.aclose()
    if contract is not None:
        _CHECKED["run"] += contract.checked.total()
        assert contract.broken == []


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None] | None:
    folder = contracts_folder() / "slack"
    if not folder.is_dir():
        terminalreporter.write_line(
            f"Slack's contract was NOT checked: there is no folder {folder}"
        )
    elif _CHECKED["run"]:
        terminalreporter.write_line(
            f"contract checks of the Slack client: {_CHECKED['run']} calls, 0 skipped"
        )
    return None
