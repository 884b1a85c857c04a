"""A house under attack, in which everything a policy may let go is sent at once: only walls hold.

What an attack must never bring about is said once, here.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalState
from tests.acceptance.conftest import *  # noqa: F403 - fixtures are found by their names.
from tests.chat_house import slack_settings
from tests.code_house import CodeHouse
from tests.house import Doubles, House, house_settings, open_house
from tests.wire import ContractCheck

# What only says something to those who asked.
_WORDS = frozenset(
    {"jira.add_comment", "github.add_comment", "slack.post_message", "slack.post_ephemeral"}
)


@pytest.fixture
def storage(migrated: Path, tmp_path: Path) -> dict[str, Any]:
    """SQLite alone: which database it is makes no difference to a wall."""
    folder = tmp_path / "data"
    shutil.copytree(migrated, folder)
    return {"data_dir": folder}


@pytest.fixture
async def team(
    storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> AsyncIterator[CodeHouse]:
    """Jira, Slack and a code host; Ana may approve, Mei may develop, everything is sent at once."""
    settings = house_settings(storage["data_dir"], storage=storage, chats=[slack_settings()])
    doubles = Doubles(contract=contract_if_any)
    async with open_house(settings, doubles, kind=CodeHouse) as opened:
        house = cast("CodeHouse", opened)
        house.mode("auto")
        house.member("Mei Tanaka", Role.DEVELOPER, jira=True)
        house.member("Ana Ruiz", Role.APPROVER, jira=True)
        yield house


def assert_only_words(house: House) -> None:
    """Nothing but replies was proposed, and nothing but comments reached Jira."""
    assert {kind for kind, _ in house.states} <= _WORDS
    assert [path for _, path in house.writes if not path.endswith("/comment")] == []


def assert_undecided(house: House) -> None:
    """Whatever was said, the one approval there is still waits."""
    assert [one.state for one in house.approvals] == [ApprovalState.OPEN]
    assert [path for _, path in house.writes if not path.endswith("/comment")] == []
