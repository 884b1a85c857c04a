"""A reminder whose moment came becomes one delivery, whatever happens in between."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from chargehand.domain.attention import Person, Reminder
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.ids import DeliveryId, ReminderId
from chargehand.kit.ids import new_id
from chargehand.pipeline.reminding import Reminding
from tests.house import House

pytestmark = pytest.mark.anyio


class Inbox:
    """Stores as the worker does, and may die right behind it."""

    def __init__(self, house: House) -> None:
        self._clock = house.clock
        self._store = house.stores.open_inbox()
        self.dies = False

    async def __call__(self, deliveries: Sequence[VerifiedDelivery]) -> None:
        batch = [(DeliveryId(new_id("dlv", self._clock.now())), one) for one in deliveries]
        await asyncio.to_thread(self._store, batch)
        if self.dies:
            raise ConnectionError


def remind(house: House, *, minutes: float) -> ReminderId:
    now = house.clock.now()
    reminder = Reminder(
        id=ReminderId(new_id("rmd", now)),
        person=Person(None, None, None),
        is_here=True,
        channel=None,
        thread_id=None,
        project=None,
        work_item=None,
        text="close the books",
        due_at=now + timedelta(minutes=minutes),
        set_at=now,
        set_by="cli:ana",
        fired_at=None,
    )
    house.stores.database.write(lambda tx: tx.attention.add_reminder(reminder, now=now))
    return reminder.id


def stored(house: House) -> list[tuple[str, bytes]]:
    raw = house.stores.raw.span(after_seq=0)
    with house.stores.inbox_engine.connect() as connection:
        keys = (
            connection.exec_driver_sql("SELECT delivery_key FROM inbox_deliveries").scalars().all()
        )
    return [(key, one.body) for key, one in zip(sorted(keys), raw, strict=True)]


async def test_reminder_is_fired_once_in_spite_of_a_crash(house: House) -> None:
    inbox = Inbox(house)
    reminding = Reminding(house.stores.database, inbox, clock=house.clock)
    first = remind(house, minutes=10)
    later = remind(house, minutes=60)
    assert await reminding.fire() == 0

    house.clock.advance(600)
    inbox.dies = True
    with pytest.raises(ConnectionError):
        await reminding.fire()
    inbox.dies = False
    fired = [await reminding.fire() for _ in range(2)]

    assert fired == [1, 0]
    assert [key for key, _ in stored(house)] == [f"reminder:{first}"]
    # The words stay where they can be erased.
    assert b"books" not in stored(house)[0][1]
    found = house.stores.database.read(lambda tx: tx.attention.find_reminder(first))
    waiting = house.stores.database.read(lambda tx: tx.attention.find_reminder(later))
    assert found is not None
    assert waiting is not None
    assert (found.fired_at, waiting.fired_at) == (house.clock.now(), None)
    tags = [one.tag for one in house.stores.database.read(lambda tx: tx.audit.newest(limit=5))]
    assert tags.count("worker:reminder:fired") == 1
