"""What goes first when a worker starts and finds work that was left."""

import asyncio

import pytest

from tests.house import CONNECTION, House

pytestmark = pytest.mark.anyio
_MOMENT_S = 0.3
_PATIENCE_S = 30.0


def _polled_at(house: House) -> object:
    known = house.stores.database.read(lambda tx: tx.connections.all())
    return next(record.polled_at for record in known if record.id == CONNECTION)


async def _until_polled(house: House) -> None:
    # ASYNC110: nothing sets an event for a row of a database.
    while await asyncio.to_thread(_polled_at, house) is None:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_first_poll_lets_an_approved_action_go_first(house: House) -> None:
    house.mode("approve")
    await house.ask("@bot what's blocking this?")
    house.approve(house.approvals[0])
    await house.connection.client.aclose()
    house.start()
    is_under_way, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        is_under_way.set()
        await may_end.wait()

    house.wire.before_answers = hold
    async with asyncio.timeout(_PATIENCE_S), asyncio.TaskGroup() as group:
        group.create_task(house.worker.run())
        await is_under_way.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_until_polled(house), _MOMENT_S)
        may_end.set()
        await _until_polled(house)
        house.worker.stop()

    assert len(house.replies()) == 1
