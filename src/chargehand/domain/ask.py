"""A person's request to the bot; one ask gets one answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.event import Actor, Place, Visibility
from chargehand.domain.ids import AccountId, AskId, ConnectionId, EventId, ProjectKey, WorkItemKey
from chargehand.domain.intent import Intent, IntentKind


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


class Repeat(StrEnum):
    """What follows when the same person asks the same again and the facts have changed.

    `new` answers below the question; `update` words the bot's last comment anew, where it may.
    """

    NEW = "new"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, with what understanding made of it.

    Shape: `ask_key` is natural (`<connection>:comment:<id>`); `revision` counts from 1 and grows
    when the asker edits before being answered; `comment_id` is the vendor's id of the question.
    `place` is None outside of a chat; in one, `work_item` is the first that was named, or None,
    `project` may be NO_PROJECT, `served` are the projects whose items may be told there, and
    `tracker_account` is the asker's confirmed account where the work items live; these two are
    looked up anew whenever it is decided, and never stored.
    Units: `asked_at` is the vendor's time, UTC.
    """

    id: AskId
    ask_key: str
    revision: int
    event_id: EventId
    connection_id: ConnectionId
    project: ProjectKey
    work_item: WorkItemKey | None
    comment_id: str
    asker: Actor
    visibility: Visibility
    asked_at: datetime
    text: str
    intents: tuple[Intent, ...]
    state: AskState = AskState.OPEN
    place: Place | None = None
    served: frozenset[ProjectKey] = frozenset()
    tracker_account: AccountId | None = None

    @property
    def item(self) -> WorkItemKey:
        """The work item it was asked on.

        Raises: AssertionError for an ask of a chat that names none.
        """
        if self.work_item is None:
            message = f"{self.id} was asked on no work item"
            raise AssertionError(message)
        return self.work_item

    @property
    def is_run(self) -> bool:
        """Whether a command is run for it, which deciding it once more would run once more."""
        return any(intent.kind is IntentKind.RUN for intent in self.intents)

    @property
    def subject(self) -> str:
        """What it is about, for people and for keeping what belongs together with one worker."""
        if self.work_item is not None:
            return self.work_item
        return f"channel {self.place.channel_id}" if self.place is not None else self.project
