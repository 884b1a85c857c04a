"""What one process heard in a webhook is read soon by the one that polls."""

import asyncio

import pytest

from chargehand.pipeline.poll_waking import PollWaking
from chargehand.pipeline.sharing import Alone
from chargehand.pipeline.wanted_polls import WantedPolls
from tests.house import CONNECTION, House

pytestmark = pytest.mark.anyio
_LONG_S = 3_600.0


class OneOfTwo(Alone):
    callers = 2


def wanted_polls(house: House) -> tuple[WantedPolls, PollWaking]:
    waking = PollWaking(settle_s=0.0, again_s=_LONG_S)
    return WantedPolls(house.stores.database, waking, OneOfTwo(), house.clock), waking


async def no_pause(seconds: float) -> None:
    _ = seconds


async def test_wish_of_another_process_ends_one_rest_of_whoever_polls(house: House) -> None:
    dispatching, _ = wanted_polls(house)
    polling, waking = wanted_polls(house)
    polling.polled_here.add(CONNECTION)

    await dispatching.want([CONNECTION])
    await polling.look()
    await waking.rest(CONNECTION, _LONG_S, pause=no_pause)
    await polling.look()
    second = asyncio.create_task(waking.rest(CONNECTION, _LONG_S, pause=no_pause))
    await asyncio.sleep(0)

    assert not second.done(), "one wish is one poll"
    house.clock.advance(1)
    await dispatching.want([CONNECTION])
    await polling.look()
    await second


async def test_wish_of_whoever_polls_itself_is_not_written_down(house: House) -> None:
    polling, waking = wanted_polls(house)
    polling.polled_here.add(CONNECTION)

    await polling.want([CONNECTION])
    await waking.rest(CONNECTION, _LONG_S, pause=no_pause)
    noted = house.stores.database.read(lambda tx: tx.observations.all_of("poll_wanted"))

    assert noted == {}
