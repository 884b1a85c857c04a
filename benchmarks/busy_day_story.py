"""What happens in a workspace on a busy day, from a seed: messages, and few of them for the bot.

The fake Slack acts it out, so every event has the shape Slack gives it, and every question the bot
may answer really stands in its channel.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from chat_service import MENTION

from chargehand.testing.slack import FakeSlack, people
from chargehand.testing.slack.records import Person
from chargehand.testing.slack.sending import Sending

QUESTIONS: Final = (
    "status {key}",
    "who is working on {key}?",
    "when is {key} due?",
    "what is blocking {key}?",
)
CHATTER: Final = (
    "morning all",
    "the release went out, thanks everybody",
    "has anybody seen the export fail again? {key} maybe",
    "chargehand would know, I am sure",
    "lunch?",
    "UTF-8 and SHA-256 are no tickets of ours",
    "I pushed a fix for {key}, please have a look",
)
# Shares of everything that happens; the rest is chatter.
_EDITS, _DELETIONS, _BOTS, _REACTIONS = 0.03, 0.01, 0.05, 0.02
_IN_THREAD: Final = 0.3
# Of the asks: reworded, asked by an edit alone, taken back.
REWORDED, BY_EDIT, TAKEN_BACK = 0.08, 0.05, 0.05


@dataclass(slots=True)
class Asked:
    """One question to the bot, on a work item of its own.

    Shape: `thread` is where its answer has to stand; `told_by` are the sendings each of which is
    enough to know of it; `is_taken_back` when whoever asked deleted it.
    """

    key: str
    channel: str
    thread: str
    told_by: list[Sending] = field(default_factory=list)
    is_taken_back: bool = False


class Story:
    """Acts a day out; afterwards `asks` holds every question, and the fake what it has to tell."""

    def __init__(
        self,
        slack: FakeSlack,
        chance: random.Random,
        *,
        channels: Sequence[str],
        persons: Sequence[Person],
    ) -> None:
        self._slack = slack
        self._place = slack.workspace
        self._chance = chance
        self._channels = channels
        self._persons = persons
        # The roots of threads, and what may be edited or deleted without touching a question.
        self._roots: dict[str, list[str]] = {one: [] for one in channels}
        self._loose: list[tuple[str, str]] = []
        self.asks: list[Asked] = []

    def act(self, happenings: int, keys: Sequence[str], others: Sequence[str] = ()) -> None:
        """As many things happen, a question for each of `keys` among them.

        Shape: what is no question names `others`, and the same keys where there are none.
        """
        asking = set(self._chance.sample(range(happenings), len(keys)))
        left = iter(keys)
        for number in range(happenings):
            if number in asking:
                self._ask(next(left))
            else:
                self._anything(self._chance.choice(others or keys))

    def _ask(self, key: str) -> None:
        channel, person = self._somewhere(), self._somebody()
        roots, chance = self._roots[channel], self._chance
        thread = chance.choice(roots) if roots and chance.random() < _IN_THREAD else None
        question = chance.choice(QUESTIONS).format(key=key)
        fate, began = chance.random(), len(self._told)
        is_by_edit = fate < BY_EDIT
        text = question if is_by_edit else f"{MENTION} {question}"
        message = people.say(self._place, channel, user=person, text=text, thread_ts=thread)
        if is_by_edit:
            began = len(self._told)
            people.edit_message(self._place, channel, message.ts, text=f"{MENTION} {question}")
        asked = Asked(key, channel, thread or message.ts, self._told[began:])
        if BY_EDIT <= fate < BY_EDIT + REWORDED:
            people.edit_message(self._place, channel, message.ts, text=f"{text} Please.")
        elif BY_EDIT + REWORDED <= fate < BY_EDIT + REWORDED + TAKEN_BACK:
            people.delete_message(self._place, channel, message.ts)
            asked.is_taken_back = True
        self.asks.append(asked)

    def _anything(self, key: str) -> None:
        chance = self._chance.random()
        if chance < _EDITS and self._loose:
            channel, stamp = self._chance.choice(self._loose)
            people.edit_message(self._place, channel, stamp, text=self._words(key))
        elif chance < _EDITS + _DELETIONS and self._loose:
            place = self._loose.pop(self._chance.randrange(len(self._loose)))
            people.delete_message(self._place, *place)
        elif chance < _EDITS + _DELETIONS + _BOTS:
            self._another_bot_speaks(key)
        elif chance < _EDITS + _DELETIONS + _BOTS + _REACTIONS and self._loose:
            self._react(*self._chance.choice(self._loose))
        else:
            self._chat(key)

    def _chat(self, key: str) -> None:
        channel = self._somewhere()
        roots = self._roots[channel]
        thread = None
        if roots and self._chance.random() < _IN_THREAD:
            thread = self._chance.choice(roots[-20:])
        text = self._words(key)
        said = people.say(self._place, channel, user=self._somebody(), text=text, thread_ts=thread)
        # A message that others answered stays, because questions may hang on it.
        if thread is None and self._chance.random() < _IN_THREAD:
            roots.append(said.ts)
        else:
            self._loose.append((channel, said.ts))

    def _another_bot_speaks(self, key: str) -> None:
        """It may even mention ours, which must not answer it."""
        channel = self._place.channel(self._somewhere())
        text = f"{MENTION} status {key}" if self._chance.random() < _IN_THREAD else f"built {key}"
        bot = self._place.person("Deploys")
        self._place.write(channel, bot, text=text, bot_id="B0DEPLOYS", subtype="bot_message")

    def _react(self, channel: str, stamp: str) -> None:
        message = self._place.find(self._place.channel(channel), stamp)
        person = self._somebody()
        taken = (
            [one["users"] for one in message.raw.get("reactions", [])] if message else [[person]]
        )
        if not any(person in users for users in taken):
            people.react(self._place, channel, stamp, user=person, name="tada")

    @property
    def _told(self) -> list[Sending]:
        return self._slack.sender.sendings

    def _words(self, key: str) -> str:
        return self._chance.choice(CHATTER).format(key=key)

    def _somewhere(self) -> str:
        return self._chance.choice(self._channels)

    def _somebody(self) -> str:
        return self._chance.choice(self._persons).id
