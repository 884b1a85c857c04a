"""A house beside a fake Slack for each test, on both databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import pytest

from tests.acceptance.conftest import *  # noqa: F403 - fixtures are found by their names.
from tests.chat_house import ChatHouse, slack_settings
from tests.house import Doubles, house_settings, open_house
from tests.wire import ContractCheck

OpenChats = Callable[..., AbstractAsyncContextManager[ChatHouse]]


@pytest.fixture
def open_chats(storage: dict[str, Any], contract_if_any: ContractCheck | None) -> OpenChats:
    """Opens a house with a Slack of other settings."""

    def open_with(**slack: Any) -> AbstractAsyncContextManager[ChatHouse]:
        chats = [slack_settings(**slack)]
        settings = house_settings(storage["data_dir"], storage=storage, chats=chats)
        doubles = Doubles(contract=contract_if_any)
        opened = open_house(settings, doubles, kind=ChatHouse)
        return cast("AbstractAsyncContextManager[ChatHouse]", opened)

    return open_with


@pytest.fixture
async def chats(open_chats: OpenChats) -> AsyncIterator[ChatHouse]:
    """The house most tests are in; the bot's own words are sent at once."""
    async with open_chats() as house:
        house.mode("auto", kind="slack.post_message")
        yield house
