"""A project whose tracker hangs, or that asks very much, keeps no other project waiting."""

from collections import Counter

import pytest

from chargehand.engine.port import Task
from chargehand.pipeline.starting import MOST_ASKS, MOST_ASKS_OF_A_PROJECT
from chargehand.testing.engine import InlineEngine
from tests.house import House

pytestmark = pytest.mark.anyio
PEOPLE = ("Ana Ruiz", "Mei Tanaka", "Tom Berg")
ITEMS = ("PAY-1", "PAY-3", "PAY-7", "PAY-12")


class HangingEngine(InlineEngine):
    """Tasks are begun and come to no end, as where the tracker does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []

    async def start(self, task: Task) -> bool:
        """Begin a task and leave it."""
        self.begun.append(str(task.arguments["ask_id"]))
        return True


async def test_project_that_hangs_leaves_room_for_the_others(house: House) -> None:
    house.mode("auto")
    for number in range(MOST_ASKS + 4):
        item, person = ITEMS[number % len(ITEMS)], PEOPLE[number % len(PEOPLE)]
        await house.say(f"@bot is it done, number {number}?", item=item, author=person)
    await house.say("@bot when is it due?", item="HELP-1", author="Ana Ruiz")
    while house.dispatcher.dispatch():
        pass
    engine = HangingEngine()
    house.start(engine)

    await house.worker.starter.start_due()

    by_id = {one.ask.id: one.ask.project for one in house.asks}
    begun = Counter(by_id[one] for one in engine.begun)
    assert begun == {"PAY": MOST_ASKS_OF_A_PROJECT, "HELP": 1}
    assert MOST_ASKS_OF_A_PROJECT < MOST_ASKS

    house.start()
    await house.settle()
    assert len(house.verdicts) == MOST_ASKS + 5
