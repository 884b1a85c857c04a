"""What a model is shown of one ask, read for it: of a ticket, or of a thread in a chat."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from chargehand.decisions.audience_rules import (
    ReplyRule,
    Told,
    chat_rule,
    is_item_tellable_in_chat,
    is_other_item_tellable,
    reply_rule,
    tell,
)
from chargehand.decisions.model_brief import (
    brief,
    chat_brief,
    holds_outsiders_words,
    item_brief,
    keys_of_chat,
    known_keys,
    may_be_shown,
    model_needs,
)
from chargehand.domain.ask import Ask
from chargehand.domain.event import ActorKind
from chargehand.domain.fact import Fact
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.keys import keys_in, project_of_key
from chargehand.domain.thread import ThreadMessage
from chargehand.domain.work_item import FactNeeds, Facts, WorkItem
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.fact_reading import read_all
from chargehand.plugins.model import LookedUp

NO_SUCH_ITEM: Final[JSONObject] = {"error": "no such work item in this project"}
_MOST_MESSAGES: Final = 20
_MOST_ITEMS: Final = 5


@dataclass(slots=True)
class ModelSight:
    """What a model sees of one ask.

    Shape: `told` has what may be told where it was asked, and nothing else; `thread` is None where
    it could not be read; `facts` is what was read at once, as it was read, `looked_up` what the
    model asked for.
    """

    ask: Ask
    rule: ReplyRule
    told: dict[WorkItemKey, Told]
    thread: tuple[ThreadMessage, ...] | None = ()
    shown_keys: set[WorkItemKey] = field(default_factory=set)
    facts: Mapping[WorkItemKey, Facts] = field(default_factory=dict)
    looked_up: dict[WorkItemKey, Facts] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[WorkItemKey]:
        """The work items whose facts were read."""
        return frozenset().union(*(known_keys(one) for one in self.told.values()))

    @property
    def reads_outsiders(self) -> bool:
        """Whether people outside of the team wrote some of what is shown."""
        return holds_outsiders_words(self.thread, self.ask)

    def material(self, *, today: date) -> JSONObject:
        """Everything the model is shown at once."""
        ask = self.ask
        if ask.place is None:
            return self.show(brief(ask, self.told[ask.item], today=today))
        return self.show(chat_brief(ask, self.told, self.thread, today=today))

    def show(self, shown: JSONObject) -> JSONObject:
        """Note which keys the model sees from now on."""
        self.shown_keys |= keys_in(json.dumps(shown, ensure_ascii=False))
        return shown

    def look_at(self, wanted: str, facts: Facts) -> LookedUp:
        """One more item, told by the rule of the whole answer."""
        key = WorkItemKey(wanted.strip().upper())
        self.looked_up.setdefault(key, facts)
        item = facts.item
        if not isinstance(item, Fact) or not _may_tell(item.value, key, self.ask, self.rule):
            return LookedUp(NO_SUCH_ITEM)
        told = tell(facts, item, ask=self.ask, rule=self.rule)
        self.told.setdefault(key, told)
        return LookedUp(self.show(item_brief(told)), known_keys(told))

    def may_look_at(self, wanted: str) -> bool:
        """Whether a model may ask for an item at all: one of the asked project."""
        key = WorkItemKey(wanted.strip().upper())
        return keys_in(key) == {key} and project_of_key(key) == self.ask.project


@dataclass(slots=True)
class ModelReading:
    """What a model sees of an ask, and where more of it is read.

    Shape: `tracker` knows the work items of the ask's project.
    """

    sight: ModelSight
    tracker: LiveConnection

    async def look_up(self, wanted: str, *, now: datetime) -> LookedUp:
        """One more item of the asked project, read now."""
        if not self.sight.may_look_at(wanted):
            return LookedUp(NO_SUCH_ITEM)
        need = FactNeeds(work_item=WorkItemKey(wanted.strip().upper()))
        return self.sight.look_at(wanted, await self.tracker.tracker.read_facts(need, now=now))


async def read_for_model(
    ask: Ask,
    connection: LiveConnection,
    trackers: Mapping[ProjectKey, LiveConnection],
    *,
    now: datetime,
) -> ModelReading | None:
    """What is read at once; None where the ask is for no model."""
    if ask.place is not None:
        return await _read_chat(ask, connection, trackers, now=now)
    facts = await connection.tracker.read_facts(model_needs(ask), now=now)
    sight = sight_of(ask, {ask.item: facts}, ())
    return ModelReading(sight, connection) if sight is not None else None


def sight_of(
    ask: Ask,
    facts: Mapping[WorkItemKey, Facts],
    thread: tuple[ThreadMessage, ...] | None,
) -> ModelSight | None:
    """What a model is shown of what was read; None where the ask is for no model."""
    if ask.place is None:
        return _sight_of_ticket(ask, facts)
    rule = chat_rule(ask, ask.place)
    told = {
        key: tell(read, read.item, ask=ask, rule=rule)
        for key, read in facts.items()
        if isinstance(read.item, Fact) and _may_tell(read.item.value, key, ask, rule)
    }
    if ask.work_item is not None and ask.work_item not in told:
        # What may not be told there is answered as if it were not there at all.
        return None
    return ModelSight(ask, rule, told, thread, facts=facts)


def _sight_of_ticket(ask: Ask, facts: Mapping[WorkItemKey, Facts]) -> ModelSight | None:
    own = facts[ask.item]
    item = own.item
    if not isinstance(item, Fact) or item.value.project != ask.project:
        return None
    rule = reply_rule(ask, item.value)
    if not may_be_shown(ask, item.value, rule):
        return None
    return ModelSight(ask, rule, {ask.item: tell(own, item, ask=ask, rule=rule)}, facts=facts)


async def _read_chat(
    ask: Ask,
    connection: LiveConnection,
    trackers: Mapping[ProjectKey, LiveConnection],
    *,
    now: datetime,
) -> ModelReading | None:
    """The thread, and what of the work items named in it the channel may know."""
    place, tracker = ask.place, trackers.get(ask.project)
    is_person = ask.asker.kind is ActorKind.PERSON
    if place is None or tracker is None or not is_person or ask.project not in ask.served:
        return None
    thread: tuple[ThreadMessage, ...] | None = ()
    if connection.threads is not None:
        thread = await connection.threads.read_thread(place, limit=_MOST_MESSAGES)
    keys = keys_of_chat(ask, thread, most=_MOST_ITEMS)
    needs = [model_needs(ask) if key == ask.work_item else FactNeeds(work_item=key) for key in keys]
    facts = await read_all(lambda _: tracker.tracker, needs, now=now)
    sight = sight_of(ask, facts, thread)
    return ModelReading(sight, tracker) if sight is not None else None


def _may_tell(item: WorkItem, key: WorkItemKey, ask: Ask, rule: ReplyRule) -> bool:
    # A moved item answers to its old key too; under the new one it may be another project's.
    if item.key != key or not is_other_item_tellable(item, project=ask.project, rule=rule):
        return False
    return ask.place is None or (
        is_item_tellable_in_chat(item, ask) and not item.is_service_request
    )
