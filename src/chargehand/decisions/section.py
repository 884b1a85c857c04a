"""What one intent contributes to a reply, and what its renderer is given."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.decisions.audience_rules import Told
from chargehand.decisions.dates import DateWording
from chargehand.domain.action import ProposedAction
from chargehand.domain.decision import Reason, Source
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import Intent
from chargehand.domain.work_item import Comment


class Part(StrEnum):
    """What a section looked at, so that it can be cited and its omissions named."""

    ITEM = "item"
    LINKS = "links"
    COMMENTS = "comments"
    HISTORY = "history"
    SPRINT = "sprint"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One intent that asks, with everything its answer may be made from.

    Shape: `quiet_comments` are ids of comments that were asks to the bot, which are no news.
    """

    intent: Intent
    told: Told
    wording: DateWording
    now: datetime
    quiet_comments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Talk:
    """One intent that is answered without looking at anything.

    Shape: `key` is the work item it was said about, None where none was named; `commands` are
    pairs of usage and what it does.
    """

    intent: Intent
    key: WorkItemKey | None
    commands: tuple[tuple[str, str], ...]
    bot_name: str


@dataclass(frozen=True, slots=True)
class Section:
    """The lines one intent adds to a reply.

    Shape: each of `lines` is one line of Markdown, most important first; `more` goes under the
    fold; `comments` are those told; `told` is None when nothing of a work item was told.
    """

    reason: Reason
    lines: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    more_title: str = ""
    told: Told | None = None
    looked_at: frozenset[Part] = frozenset()
    comments: tuple[Comment, ...] = ()
    actions: tuple[ProposedAction, ...] = ()
    withheld: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
