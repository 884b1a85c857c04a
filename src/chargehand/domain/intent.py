"""What an ask wants, compiled from a command or from plain language to the same value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chargehand.domain.ids import WorkItemKey


class IntentKind(StrEnum):
    """The closed list of wishes the rules understand."""

    HELP = "help"
    STATUS = "status"
    BLOCKERS = "blockers"
    SUMMARY = "summary"
    WHO = "who"
    DUE = "due"
    ASSIGN = "assign"
    TRANSITION = "transition"
    LABEL = "label"
    LINK = "link"
    SET = "set"
    CREATE = "create"
    PULL_REQUEST = "pull_request"
    REVIEWERS = "reviewers"
    REVIEW_QUEUE = "review_queue"
    APPROVE_PULL_REQUEST = "approve_pull_request"
    RUN = "run"
    BARE = "bare"
    UNCLEAR = "unclear"


WRITES = frozenset(
    {
        IntentKind.ASSIGN,
        IntentKind.TRANSITION,
        IntentKind.LABEL,
        IntentKind.LINK,
        IntentKind.SET,
        IntentKind.CREATE,
        IntentKind.APPROVE_PULL_REQUEST,
    }
)


class IntentForm(StrEnum):
    """How the wish was worded."""

    COMMAND = "command"
    QUESTION = "question"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish.

    Shape: `arguments` by kind: assign {"to": "me" | "nobody" | account id | name}, transition
    {"to": status or transition name}, label {"labels": names joined by one space}, link {how the
    item stands to the other: the other's key}, set {field name: its new value, "none" for nothing},
    create {type: title, and where said "project": key, "description": text},
    run {"command": its name, "line": the normalised line}, pull_request,
    reviewers and approve_pull_request {"pull_request": `acme/payments#12` or `#12`, where said},
    review_queue {"repository": its name, where said}, unclear {"heard": the words, "nearest":
    a command or ""}; other kinds have none.
    `work_item` is set only when the asker named another one than the comment's own.
    """

    kind: IntentKind
    form: IntentForm
    arguments: Mapping[str, str] = field(default_factory=dict)
    work_item: WorkItemKey | None = None

    @property
    def is_write(self) -> bool:
        """Whether granting it changes something at the vendor."""
        return self.kind in WRITES
