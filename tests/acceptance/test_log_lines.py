"""What an answered question costs in the log: few lines, each with ids, none with its text."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from tests.house import House

pytestmark = pytest.mark.anyio
MOST_LINES = 3


@pytest.fixture(scope="module", autouse=True)
def plain_logs() -> Iterator[None]:
    """As loud as a service is by default."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.reset_defaults()


async def test_answered_mention_writes_at_most_three_lines(house: House) -> None:
    house.mode("auto")
    with capture_logs() as lines:
        await house.ask("@bot when is the strawberry release due?")

    assert house.replies() != []
    loud = [line for line in lines if line["log_level"] != "debug"]
    assert 1 <= len(loud) <= MOST_LINES
    assert [line["event"] for line in loud] == ["ask.decided", "action.executed"]
    assert loud[0]["ask_id"].startswith("ask_")
    assert loud[1]["action_id"].startswith("act_")
    assert "strawberry" not in json.dumps(lines, default=str)


async def test_comment_for_nobody_writes_nothing(house: House) -> None:
    with capture_logs() as lines:
        await house.ask("nobody is mentioned here")

    assert [line for line in lines if line["log_level"] != "debug"] == []
