"""What the live view shows of the sentence: the REST answers, reduced to what people look at.

`read_trace` takes the JSON of `GET /v1/trace/{id}`, which `pipeline.showing` also makes of what the
database holds, so that the demo, the live view and looking back show the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from chargehand.domain.errors import Fault

T = TypeVar("T")


class AnswerUnreadable(Fault):
    """An answer that does not hold what it has to."""

    code = "answer_unreadable"
    template = "An answer can not be read: {detail}."


@dataclass(frozen=True, slots=True)
class SeenDelivery:
    """A delivery, as shown."""

    id: str
    source: str
    size_bytes: int
    received_at: datetime
    dispatched_at: datetime


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event, as shown."""

    id: str
    kind: str
    project: str | None
    work_item: str | None
    actor_name: str
    occurred_at: datetime
    recorded_at: datetime
    text: str | None
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SeenAsk:
    """An ask, as shown."""

    id: str
    state: str
    asked_at: datetime
    problem: str


@dataclass(frozen=True, slots=True)
class SeenSource:
    """Where a statement can be checked."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class SeenDecision:
    """A decision, as shown."""

    id: str
    should_respond: bool
    reason: str
    reasoning: str
    decided_by: str
    confidence: float
    sources: tuple[SeenSource, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenAction:
    """An action, as shown."""

    id: str
    kind: str
    target: str
    params: Mapping[str, object]
    preview: str
    mode: str
    state: str
    problem: str


@dataclass(frozen=True, slots=True)
class SeenApproval:
    """An approval, as shown."""

    id: str
    short_id: str
    state: str
    decided_at: datetime | None
    decided_by: str


@dataclass(frozen=True, slots=True)
class SeenEffect:
    """The ledger's line, as shown."""

    state: str
    external_id: str
    url: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeenStep:
    """One action with its approval and its effect."""

    action: SeenAction
    approval: SeenApproval | None
    effect: SeenEffect | None


@dataclass(frozen=True, slots=True)
class SeenTrace:
    """The way of one event through the house, in order."""

    deliveries: tuple[SeenDelivery, ...]
    event: SeenEvent
    ask: SeenAsk | None
    decisions: tuple[SeenDecision, ...]
    actions: tuple[SeenStep, ...]


def read_seen(found: object, shape: type[T]) -> T:
    """JSON as one of these shapes; what a shape does not name is left out.

    Raises: AnswerUnreadable.
    """
    try:
        return msgspec.convert(found, type=shape)
    except msgspec.ValidationError as error:
        raise AnswerUnreadable(detail=str(error)) from error


def read_trace(found: object) -> SeenTrace:
    """The JSON of a trace.

    Raises: AnswerUnreadable.
    """
    return read_seen(found, SeenTrace)
