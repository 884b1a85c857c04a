"""A house beside a scripted code host for each test, on both databases."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from tests.acceptance.conftest import *  # noqa: F403 - fixtures are found by their names.
from tests.chat_house import slack_settings
from tests.code_house import CodeHouse
from tests.house import Doubles, house_settings, open_house
from tests.wire import ContractCheck


@pytest.fixture
async def code(
    storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> AsyncIterator[CodeHouse]:
    """The house most tests are in; the bot's own words are sent at once."""
    chats = [slack_settings()]
    settings = house_settings(storage["data_dir"], storage=storage, chats=chats)
    doubles = Doubles(contract=contract_if_any)
    async with open_house(settings, doubles, kind=CodeHouse) as house:
        opened = cast("CodeHouse", house)
        for kind in ("github.add_comment", "confluence.add_comment", "slack.post_message"):
            opened.mode("auto", kind=kind)
        yield opened
