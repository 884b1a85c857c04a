"""Whom the bot may disturb: topics, mutes, snoozes, subscriptions, reminders, and feedback."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.ids import (
    AccountId,
    ActionId,
    AskId,
    ConnectionId,
    DecisionId,
    FeedbackId,
    MemberId,
    ProjectKey,
    ReminderId,
    SubscriptionId,
    WorkItemKey,
)


class Topic(StrEnum):
    """What a member can be told about without having asked."""

    APPROVALS = "approvals"
    LATE_ASKS = "late-asks"
    FAILURES = "failures"
    CHANGES = "changes"
    WEBHOOKS = "webhooks"


class QuietScope(StrEnum):
    """What a mute or snooze is about."""

    MEMBER = "member"
    CHANNEL = "channel"
    WORK_ITEM = "work_item"
    PROJECT = "project"


class QuietKind(StrEnum):
    """A mute drops what it covers, a snooze keeps it until its end."""

    MUTE = "mute"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True)
class Person:
    """Whose something is: a member, and the account it was said from.

    Shape: `member_id` is None where no member is known, the account is None on the command line
    and for an API key.
    """

    member_id: MemberId | None
    connection_id: ConnectionId | None
    account_id: AccountId | None


@dataclass(frozen=True, slots=True)
class Quiet:
    """One mute or snooze.

    Shape: `scope_id` is a member's id, `<connection>/<channel>`, a key or a project.
    Units: from `ends_at` on it does not count any more.
    """

    kind: QuietKind
    scope: QuietScope
    scope_id: str
    ends_at: datetime
    set_at: datetime
    set_by: str


@dataclass(frozen=True, slots=True)
class Spot:
    """What a message is about and where it would stand; None where it is about no such thing.

    Shape: `channel` is `<connection>/<channel>`.
    """

    channel: str | None = None
    work_item: WorkItemKey | None = None
    project: ProjectKey | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """That a member wants to hear of a topic in a project; None is every project.

    Shape: `work_item` is None but for the changes of one. `stopped_at` is since when nothing could
    be told, because the member may not read it or has no chat; `last_action_id` is the newest
    message that told of it.
    """

    member_id: MemberId
    topic: Topic
    project: ProjectKey | None
    since: datetime
    work_item: WorkItemKey | None = None
    stopped_at: datetime | None = None
    last_action_id: ActionId | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A subscription with what is to be told of it.

    Shape: `person` is whose it is and where it was said; `subjects` are ids of events, approvals,
    asks or actions, oldest first, and may be fewer than `count`.
    Units: `told_at` is when the member last heard of it, None for never.
    """

    id: SubscriptionId
    subscription: Subscription
    person: Person
    subjects: tuple[str, ...]
    count: int
    since: datetime
    last_change_at: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reminder:
    """Words that come back at a moment.

    Shape: with `is_here` everybody is told where it was said, in `channel` and `thread_id` or on
    `work_item`; without, the person alone. `fired_at` is None until it became a delivery;
    `is_erased` says that its words are gone.
    """

    id: ReminderId
    person: Person
    is_here: bool
    channel: str | None
    thread_id: str | None
    project: ProjectKey | None
    work_item: WorkItemKey | None
    text: str
    due_at: datetime
    set_at: datetime
    set_by: str
    fired_at: datetime | None
    is_erased: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """That somebody called an answer wrong.

    Shape: `is_asker` says that it was who asked; `undo_action_id` is what would withdraw the
    answer, None where nothing was posted or somebody else spoke.
    """

    id: FeedbackId
    decision_id: DecisionId
    ask_id: AskId | None
    person: Person
    project: ProjectKey | None
    work_item: str | None
    text: str
    is_asker: bool
    undo_action_id: ActionId | None
    given_at: datetime
    given_by: str
    is_erased: bool = False
