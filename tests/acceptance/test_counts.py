"""Statistics come from counts by the hour that are right after anything, and outlive their rows."""

import random

import pytest
from sqlalchemy import text

from tests.house import House
from tests.recount import counted, recount

pytestmark = pytest.mark.anyio
WORDINGS = ("@bot when is it due?", "@bot assign this to Tom Berg", "nobody is asked", "@bot xyz")


async def live(house: House, rng: random.Random) -> None:
    """A day on which people ask, edit, delete, approve and reject in no order."""
    for _ in range(12):
        posted = await house.say(rng.choice(WORDINGS), item=rng.choice(("PAY-7", "PAY-12")))
        await house.settle()
        if rng.random() < 0.3:
            await house.edit(posted.id, rng.choice(WORDINGS))
        if rng.random() < 0.2:
            await house.delete(posted.id)
        for approval in house.approvals:
            if approval.state.value == "open" and rng.random() < 0.5:
                rng.choice((house.approve, house.reject))(approval, by="cli:anna")
        await house.settle()
        house.clock.advance(rng.choice((60, 3600, 3600 * 5)))


async def test_counts_by_the_hour_are_those_of_all_rows(house: House) -> None:
    database = house.stores.database
    house.mode("approve")

    await live(house, random.Random(11))

    wanted = recount(database)
    assert sum(wanted["actions"].values()) > 5
    assert len(wanted["approvals"]) > 1
    assert counted(database) == wanted
    while database.write(lambda tx: tx.stats.fold(limit=7)):
        assert counted(database) == wanted


async def test_failed_work_is_not_counted_and_deleted_rows_still_are(house: House) -> None:
    database = house.stores.database
    await house.ask("@bot when is it due?")
    before = counted(database)

    def fail(tx: object) -> None:
        house.clock.advance(1)
        tx.asks.reopen(house.asks[0].ask.id)  # type: ignore[attr-defined]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(fail)
    with database.engine.begin() as connection:
        for table in ("deliveries", "events", "asks", "decisions", "actions", "approvals"):
            connection.execute(text(f"DELETE FROM {table}"))

    assert counted(database) == before
    assert before["verdicts"] == {"respond": 1}
