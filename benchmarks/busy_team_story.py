"""What happens where a team works on a busy day, from a seed: few of it is for the bot."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from busy_day_story import BY_EDIT, CHATTER, QUESTIONS, REWORDED, TAKEN_BACK
from busy_team_rooms import Room, Said

# Shares of everything that is no question; the rest is chatter.
_EDITS, _DELETIONS, _OTHERS = 0.05, 0.02, 0.4


@dataclass(slots=True)
class RoomAsk:
    """One question to the bot, on a work item of its own; `where` is where its answer belongs."""

    room: str
    where: str
    key: str
    is_taken_back: bool = False


class RoomStory:
    """Acts in one room; afterwards `asks` holds every question."""

    def __init__(self, room: Room, chance: random.Random) -> None:
        self.room = room
        self._chance = chance
        # What may be edited or deleted without touching a question.
        self._loose: list[Said] = []
        self.asks: list[RoomAsk] = []

    def act(self, happenings: int, keys: Sequence[str], others: Sequence[str]) -> None:
        """As many things happen, a question for each of `keys` among them; others name `others`."""
        asking = set(self._chance.sample(range(happenings), len(keys)))
        left = iter(keys)
        for number in range(happenings):
            if number in asking:
                self._ask(next(left))
            else:
                self._anything(self._chance.choice(others))

    def _ask(self, key: str) -> None:
        room, fate = self.room, self._chance.random()
        question = self._chance.choice(QUESTIONS).format(key=key)
        said = room.say(question, key, to_bot=fate >= BY_EDIT)
        asked = RoomAsk(room.name, said.where, key)
        if fate < BY_EDIT:
            room.reword(said, question, to_bot=True)
        elif fate < BY_EDIT + REWORDED:
            room.reword(said, f"{question} Please.", to_bot=True)
        elif fate < BY_EDIT + REWORDED + TAKEN_BACK:
            room.take_back(said)
            asked.is_taken_back = True
        self.asks.append(asked)

    def _anything(self, key: str) -> None:
        chance = self._chance.random()
        if chance < _EDITS and self._loose:
            self.room.reword(self._chance.choice(self._loose), self._words(key), to_bot=False)
        elif chance < _EDITS + _DELETIONS and self._loose:
            self.room.take_back(self._loose.pop(self._chance.randrange(len(self._loose))))
        elif chance < _EDITS + _DELETIONS + _OTHERS:
            self.room.happen(key)
        else:
            self._loose.append(self.room.say(self._words(key), key, to_bot=False))

    def _words(self, key: str) -> str:
        return self._chance.choice(CHATTER).format(key=key)
