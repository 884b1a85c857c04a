"""A delivery that breaks our own code is given up after three tries; the others go on."""

from dataclasses import replace
from pathlib import Path

import pytest

from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Event
from chargehand.plugins.connector import EventParser
from chargehand.storage.errors import StoreUnavailable
from tests.acceptance.conftest import OpenHouse
from tests.cli.terminal import Terminal, write_config
from tests.house import Doubles, House

pytestmark = pytest.mark.anyio
POISON = "poison"


class BrokenParser:
    """A parser with a mistake in it that shows with one text only."""

    def __init__(self, parser: EventParser) -> None:
        self._parser = parser
        self.outages = 0
        self.is_mended = False

    def parse(self, delivery: VerifiedDelivery) -> Event:
        event = self._parser.parse(delivery)
        if self.outages:
            self.outages -= 1
            raise StoreUnavailable(detail="it is away")
        if self.is_mended or POISON not in (event.text or ""):
            return event
        if "unstorable" in (event.text or ""):
            return replace(event, data={"comment_id": {1, 2}})  # type: ignore[dict-item] # broken.
        message = "list index out of range"
        raise IndexError(message)


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(f"@bot {POISON}", id="parsing"),
        pytest.param(f"@bot {POISON} unstorable", id="judging"),
    ],
)
async def test_poison_is_given_up_and_reported_once_and_the_others_go_on(
    open_another: OpenHouse, poison: str
) -> None:
    async with open_another(doubles=Doubles(wrap_parser=BrokenParser)) as house:
        house.mode("auto")
        for number in range(3):
            await house.say("@bot due", item=("PAY-1", "PAY-3", "PAY-7")[number])
            await house.say(poison)

        await house.settle()

        assert [len(house.replies(item)) for item in ("PAY-1", "PAY-3", "PAY-7")] == [1, 1, 1]
        counts = house.stores.queue.counts()
        assert (counts.dispatched, counts.dead, counts.interactive) == (3, 3, 0)
        assert house.notices == ["delivery_given_up"] * 3
        assert house.told[0].severity.value == "critical"
        assert len(house.events) == 3


async def test_what_was_given_up_is_listed_and_dispatched_once_more_when_told_to(
    open_another: OpenHouse, tmp_path: Path
) -> None:
    """A dead letter is there for somebody to replay, and then it is answered once."""
    parsers: list[BrokenParser] = []

    def wrap(parser: EventParser) -> BrokenParser:
        parsers.append(BrokenParser(parser))
        return parsers[-1]

    async with open_another(doubles=Doubles(wrap_parser=wrap)) as house:
        house.mode("auto")
        posted = await house.say(f"@bot {POISON}\n@bot due")
        await house.settle()
        delivery_id = posted.response.json()["delivery"]
        terminal = Terminal(write_config(house.settings, tmp_path), house.clock)

        (listed,) = terminal.done("deliveries", "given-up", "--json").json["items"]
        assert (listed["id"], listed["error"]) == (delivery_id, "IndexError")
        assert delivery_id in terminal.done("deliveries", "given-up").out
        assert terminal.run("deliveries", "retry", "dlv_unknown").code == 2
        assert terminal.run("deliveries", "retry").code == 2
        parsers[-1].is_mended = True
        assert "dispatched next" in terminal.done("deliveries", "retry", "--all").out
        await house.settle()

        assert len(house.replies()) == 1
        assert house.stores.queue.counts().dead == 0
        assert terminal.run("deliveries", "retry", delivery_id).code == 2
        (record,) = house.stores.database.read(lambda tx: tx.audit.about(delivery_id))
        assert record.tag == "person:delivery:retried"


async def test_notice_names_the_delivery_and_no_text_of_anybody(open_another: OpenHouse) -> None:
    async with open_another(doubles=Doubles(wrap_parser=BrokenParser)) as house:
        posted = await house.say(f"@bot {POISON}")

        await house.settle()

        [notice] = house.told
        assert posted.response.json()["delivery"] in notice.text
        assert "IndexError" in notice.text
        assert "out of range" not in notice.text


async def test_poison_is_tried_three_times(open_another: OpenHouse) -> None:
    async with open_another(doubles=Doubles(wrap_parser=BrokenParser)) as house:
        posted = await house.say(f"@bot {POISON}")
        delivery_id = posted.response.json()["delivery"]

        handled = [house.dispatcher.dispatch() for _ in range(4)]

        assert handled == [1, 1, 1, 0]
        assert house.stores.queue.read(delivery_id) is not None
        assert house.stores.queue.counts().dead == 1


async def test_store_that_is_away_is_no_fault_of_the_delivery(open_another: OpenHouse) -> None:
    parsers: list[BrokenParser] = []

    def wrap(parser: EventParser) -> BrokenParser:
        parsers.append(BrokenParser(parser))
        return parsers[-1]

    async with open_another(doubles=Doubles(wrap_parser=wrap)) as house:
        await house.say("@bot due")
        parsers[-1].outages = 5

        for _ in range(5):
            with pytest.raises(StoreUnavailable):
                house.dispatcher.dispatch()
        await house.settle()

        assert len(house.decisions) == 1
        assert house.notices == []


async def test_delivery_of_a_connection_nobody_configured_is_put_aside(house: House) -> None:
    await house.say("@bot due")
    house.sql_inbox("UPDATE inbox_deliveries SET connection_id = 'gone'")

    await house.settle()

    assert house.stores.queue.counts().dead == 1
    assert house.events == ()
