"""What a delivery means, in one vocabulary for all connectors."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.text import RichText


class EventKind(StrEnum):
    """The closed vocabulary; a new kind needs a line in the glossary."""

    COMMENT_CREATED = "comment.created"
    COMMENT_UPDATED = "comment.updated"
    COMMENT_DELETED = "comment.deleted"
    WORK_ITEM_CREATED = "work_item.created"
    WORK_ITEM_UPDATED = "work_item.updated"
    WORK_ITEM_DELETED = "work_item.deleted"
    WORKLOG_CREATED = "worklog.created"
    WORKLOG_UPDATED = "worklog.updated"
    WORKLOG_DELETED = "worklog.deleted"
    SPRINT_CREATED = "sprint.created"
    SPRINT_UPDATED = "sprint.updated"
    SPRINT_STARTED = "sprint.started"
    SPRINT_CLOSED = "sprint.closed"
    SPRINT_DELETED = "sprint.deleted"
    PULL_REQUEST_OPENED = "pull_request.opened"
    PULL_REQUEST_UPDATED = "pull_request.updated"
    PULL_REQUEST_APPROVED = "pull_request.approved"
    PULL_REQUEST_UNAPPROVED = "pull_request.unapproved"
    PULL_REQUEST_MERGED = "pull_request.merged"
    PULL_REQUEST_DECLINED = "pull_request.declined"
    REVIEW_SUBMITTED = "review.submitted"
    PUSH_RECEIVED = "push.received"
    CHECK_COMPLETED = "check.completed"
    WORKFLOW_RUN_COMPLETED = "workflow_run.completed"
    RELEASE_PUBLISHED = "release.published"
    PAGE_CREATED = "page.created"
    PAGE_UPDATED = "page.updated"
    MESSAGE_CREATED = "message.created"
    MESSAGE_UPDATED = "message.updated"
    MESSAGE_DELETED = "message.deleted"
    REACTION_ADDED = "reaction.added"
    REACTION_REMOVED = "reaction.removed"
    COMMAND_INVOKED = "command.invoked"
    BUTTON_PRESSED = "button.pressed"
    FORM_SUBMITTED = "form.submitted"
    SCHEDULE_FIRED = "schedule.fired"
    CONNECTION_PINGED = "connection.pinged"
    UNSUPPORTED = "unsupported"


class ActorKind(StrEnum):
    """What stands behind an account."""

    PERSON = "person"
    BOT = "bot"
    CUSTOMER = "customer"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did what the event tells.

    Shape: `account_id` is None only for an anonymous actor; `time_zone` is an IANA name, None
    when the vendor does not say.
    """

    account_id: AccountId | None
    name: str
    kind: ActorKind
    time_zone: str | None = None


class VisibilityKind(StrEnum):
    """Who may read a comment at the vendor."""

    EVERYONE = "everyone"
    ROLE = "role"
    GROUP = "group"
    INTERNAL = "internal"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Visibility:
    """The restriction a comment carries.

    Shape: `EVERYONE` is everyone who can see the work item; `ROLE` and `GROUP` carry the name in
    `value` and, where the vendor gives it, the stable id in `identifier`; `INTERNAL` and
    `CUSTOMER` exist only in service projects and say whether the customer reads along.
    """

    kind: VisibilityKind
    value: str = ""
    identifier: str = ""


EVERYONE = Visibility(VisibilityKind.EVERYONE)


class PlaceKind(StrEnum):
    """Who can read what is said in a chat's channel, a repository or a space of pages.

    `public` everybody of the workspace, and of a repository or space everybody at all; `private`
    whoever was let in; `direct` one person and the bot; `group` some people and the bot; `shared`
    people of other workspaces too; `unknown` where the vendor does not say, which is treated as
    `shared`.
    """

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"
    GROUP = "group"
    SHARED = "shared"
    UNKNOWN = "unknown"


# How the thread of a place begins that is no thread of a chat.
_DISCUSSIONS: Final = frozenset({"pull", "issue", "page"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a chat, on a pull request or on a page something was said or pressed.

    Shape: ids are the vendor's. `channel_id` is a chat's channel, a repository (`acme/payments`) or
    the key of a space of pages; `thread_id` is the message a thread hangs on, the pull request
    (`pull/12`), the issue (`issue/7`) or the page (`page/98311`), None outside of one; `message_id`
    is the message or comment itself, None where nothing is posted yet, as for a slash command;
    `root_id` is the comment that a conversation hangs on within the thread, as beside a line of a
    diff, None for one that stands alone;
    `is_outsider` says that the person there is a guest or belongs to another workspace;
    `reply_token` is what a vendor demands to answer an interaction by, good for minutes.
    """

    channel_id: str
    kind: PlaceKind
    message_id: str | None = None
    thread_id: str | None = None
    is_outsider: bool = False
    reply_token: str | None = field(default=None, repr=False)
    root_id: str | None = None

    @property
    def is_discussion(self) -> bool:
        """Whether it is a pull request, an issue of a code host or a page, and no chat.

        Nobody can be told anything alone there.
        """
        what, is_one, _ = (self.thread_id or "").partition("/")
        return bool(is_one) and what in _DISCUSSIONS


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as the rest of the house sees it.

    Shape: `project`, `work_item`, `text` are None where the vendor's payload has none; `lines` is
    the same text with quotes, code and mentions told apart; `mentions` names account ids, first
    mention first; `data` holds the few extra facts the event's kind defines, as JSON; `place` is
    None for what was said on a work item, or happened nowhere.
    Units: `occurred_at` is the vendor's own time, UTC.
    """

    kind: EventKind
    event_key: str
    connector: str
    connection_id: ConnectionId
    occurred_at: datetime
    actor: Actor
    project: ProjectKey | None = None
    work_item: WorkItemKey | None = None
    text: str | None = None
    lines: RichText = ()
    mentions: tuple[AccountId, ...] = ()
    visibility: Visibility = EVERYONE
    data: JSONObject = field(default_factory=dict)
    place: Place | None = None
