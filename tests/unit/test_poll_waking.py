"""A poll begins before its time when somebody wants it, and once for many wishes."""

import asyncio

import pytest

from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.poll_waking import PollWaking

pytestmark = pytest.mark.anyio
WIKI, OTHER = ConnectionId("confluence"), ConnectionId("other")
LONG_S = 3_600.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Pauses:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def test_a_wish_ends_the_rest_of_its_connection_alone() -> None:
    waking, pauses = PollWaking(settle_s=5.0), Pauses()
    ours = asyncio.create_task(waking.rest(WIKI, LONG_S, pause=pauses))
    theirs = asyncio.create_task(waking.rest(OTHER, LONG_S, pause=pauses))
    await asyncio.sleep(0)

    waking.want([WIKI, WIKI])
    await ours

    assert not theirs.done()
    assert pauses.seconds == [5.0]
    waking.stop()
    await theirs


async def test_what_is_not_found_yet_is_looked_for_once_more_soon() -> None:
    waking, pauses = PollWaking(settle_s=0.0, again_s=0.0), Pauses()
    waking.want([WIKI])

    await waking.rest(WIKI, LONG_S, pause=pauses)
    # A rest of an hour ends at once, with nobody wishing.
    await waking.rest(WIKI, LONG_S, pause=pauses)
    third = asyncio.create_task(waking.rest(WIKI, LONG_S, pause=pauses))
    await asyncio.sleep(0)

    assert pauses.seconds == [0.0]
    assert not third.done()
    waking.stop()
    await third
