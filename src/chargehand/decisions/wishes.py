"""Several intents of one ask, made into a list in which no two contradict each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from chargehand.decisions.needs import asked_item
from chargehand.domain.ask import Ask
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import Intent, IntentKind

INTENT_LIMIT: Final = 5
_SINGLE: Final = frozenset({IntentKind.ASSIGN, IntentKind.TRANSITION, IntentKind.SET})
# What can be wanted in one way only: a kind of change of an item, or one field of it.
Place: TypeAlias = tuple[IntentKind, WorkItemKey | None, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be answered.

    Shape: `intents` are in the order of the ask, each once, at most five; `contradicted` names
    the changes asked for in two ways, which are asked back instead of proposed; `asked_count` is
    how many different intents there were.
    """

    intents: tuple[Intent, ...]
    contradicted: frozenset[Place]
    asked_count: int


def plan_intents(ask: Ask) -> Plan:
    """The intents of an ask without repetition; labels for one item become one intent."""
    merged = _merge(ask.intents, ask)
    wanted: dict[Place, int] = {}
    kept: list[Intent] = []
    for intent in merged:
        place = place_of(intent, asked_item(intent, ask))
        wanted[place] = wanted.get(place, 0) + 1
        if intent.kind not in _SINGLE or wanted[place] == 1:
            kept.append(intent)
    return Plan(
        intents=tuple(kept[:INTENT_LIMIT]),
        contradicted=frozenset(
            place for place, count in wanted.items() if count > 1 and place[0] in _SINGLE
        ),
        asked_count=len(kept),
    )


def place_of(intent: Intent, key: WorkItemKey | None) -> Place:
    """What an intent is about, so that two wishes about the same can be told."""
    field = next(iter(intent.arguments), "") if intent.kind is IntentKind.SET else ""
    return intent.kind, key, field


def _merge(intents: Sequence[Intent], ask: Ask) -> tuple[Intent, ...]:
    found: dict[tuple[object, ...], Intent] = {}
    for intent in intents:
        key = asked_item(intent, ask)
        if intent.kind is not IntentKind.LABEL:
            found.setdefault((intent.kind, key, tuple(sorted(intent.arguments.items()))), intent)
            continue
        # Two label actions on one item would each be based on the state before the other.
        earlier = found.get((intent.kind, key))
        found[intent.kind, key] = intent if earlier is None else _with_labels(earlier, intent)
    return tuple(found.values())


def _with_labels(left: Intent, right: Intent) -> Intent:
    both = (left.arguments.get("labels", ""), right.arguments.get("labels", ""))
    return replace(left, arguments={"labels": " ".join(both).strip()})
