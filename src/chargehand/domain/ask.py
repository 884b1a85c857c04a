"""A person's request to the bot; one ask gets one answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.event import Actor, Visibility
from chargehand.domain.ids import AskId, ConnectionId, EventId, ProjectKey, WorkItemKey
from chargehand.domain.intent import Intent


class AskState(StrEnum):
    """Where an ask stands.

    `open` waits for the worker; `decided` has its decision; `late` waits for a person because it
    is too old to be answered by itself; `dismissed` was closed by that person; `withdrawn` was
    deleted by the asker; `stuck` could not be decided and was reported to the operator.
    """

    OPEN = "open"
    DECIDED = "decided"
    LATE = "late"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, with what understanding made of it.

    Shape: `ask_key` is natural (`<connection>:comment:<id>`); `revision` counts from 1 and grows
    when the asker edits before being answered; `comment_id` is the vendor's id of the question.
    Units: `asked_at` is the vendor's time, UTC.
    """

    id: AskId
    ask_key: str
    revision: int
    event_id: EventId
    connection_id: ConnectionId
    project: ProjectKey
    work_item: WorkItemKey
    comment_id: str
    asker: Actor
    visibility: Visibility
    asked_at: datetime
    text: str
    intents: tuple[Intent, ...]
    state: AskState = AskState.OPEN
