"""One caller who asks too often is told when to come back, and holds up nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.types import ASGIApp

from chargehand.web.api.request_rate import RequestRate, TooManyRequests
from tests.web.api.world import World, calling

pytestmark = pytest.mark.anyio


async def test_key_that_asks_too_often_is_told_when_to_come_back(world: World) -> None:
    app = world.app(replace(world.deps(), rate=RequestRate(4)))
    async with calling(app, world.key("board")) as board, calling(app, world.key("ci")) as ci:
        let_in = [(await board.get("/v1/modes")).status_code for _ in range(4)]
        refused = await board.get("/v1/modes", headers={"X-Forwarded-For": "203.0.113.9"})
        other = await ci.get("/v1/modes")
        strangers = {await _status_of_a_stranger(app) for _ in range(9)}
        world.clock.advance(15)
        after = await board.get("/v1/modes")
        again = await board.get("/v1/modes")

    assert let_in == [200] * 4
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "15"
    assert "try again in 15 s" in refused.json()["detail"]
    assert other.status_code == 200
    assert strangers == {401}
    assert (after.status_code, again.status_code) == (200, 429)


async def _status_of_a_stranger(app: ASGIApp) -> int:
    async with calling(app, "chk_nobody") as client:
        return (await client.get("/v1/modes")).status_code


def test_memory_has_an_end_and_a_clock_that_was_set_back_gives_nothing(
    quiet_world: World,
) -> None:
    rate, now = RequestRate(1), quiet_world.clock.now()
    rate.take("first", now)
    with pytest.raises(TooManyRequests):
        rate.take("first", now - timedelta(hours=1))

    for number in range(10_000):
        rate.take(f"caller-{number}", now)

    # Forgotten, since so many asked after it.
    rate.take("first", now)
