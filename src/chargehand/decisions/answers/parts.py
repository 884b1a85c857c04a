"""Sentences that several answers share."""

from collections.abc import Iterable
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.audience_rules import field_key
from chargehand.decisions.dates import DateWording
from chargehand.decisions.markdown import EXCERPT_LIMIT, escape_markdown, link, shown
from chargehand.decisions.section import Inquiry
from chargehand.domain.fact import Fact, Known, T, Unknown
from chargehand.domain.work_item import (
    Change,
    Comment,
    LinkDirection,
    LinkedItem,
    Sprint,
    StatusCategory,
    WorkItem,
)

_CLOSED: Final = "closed"
_FUTURE: Final = "future"
_SPACE: Final = " "


def about(inquiry: Inquiry) -> str:
    """The key in front of a sentence about another item than the one it was asked on."""
    if inquiry.told.is_own:
        return ""
    return catalogue.ABOUT.format(key=link(inquiry.told.item.key, inquiry.told.item_url))


def sentences(parts: Iterable[str]) -> str:
    """The non-empty sentences as one line."""
    return _SPACE.join(part for part in parts if part)


def status_sentence(inquiry: Inquiry) -> str:
    """The status, who has the item, and since when where the history tells."""
    item = inquiry.told.item
    status = shown(item.status)
    if item.assignee is None:
        return catalogue.STATUS_UNASSIGNED.format(status=status)
    return catalogue.STATUS_ASSIGNED.format(
        status=status, name=shown(item.assignee.name), since=assigned_since(inquiry)
    )


def assigned_since(inquiry: Inquiry) -> str:
    """` since <day>`, or nothing when the history does not show the present assignment."""
    assignee = inquiry.told.item.assignee
    moves = [one for one in changes(inquiry) if field_key(one.field) == "assignee"]
    if assignee is None or not moves or moves[-1].to_value != assignee.name:
        return ""
    return catalogue.SINCE.format(day=inquiry.wording.day_of(moves[-1].changed_at))


def due_sentence(item: WorkItem, wording: DateWording) -> str:
    """When the item is due; empty without a due date; a finished item is never overdue."""
    if item.due_on is None:
        return ""
    if item.category is StatusCategory.DONE:
        return catalogue.DUE_DONE.format(day=wording.day(item.due_on), status=shown(item.status))
    return catalogue.DUE.format(day=wording.due(item.due_on))


def sprint_sentence(inquiry: Inquiry) -> str:
    """Which sprint the item is in and when that ends; empty when it is in none."""
    known = inquiry.told.sprint
    if isinstance(known, Unknown) or known.value is None:
        return ""
    return _sprint_words(known.value, inquiry.wording)


def _sprint_words(sprint: Sprint, wording: DateWording) -> str:
    name = shown(sprint.name)
    state = sprint.state.casefold()
    if state == _FUTURE:
        return catalogue.SPRINT_PLANNED.format(sprint=name)
    if sprint.ends_on is None:
        text = catalogue.SPRINT_ENDED_OPEN if state == _CLOSED else catalogue.SPRINT_OPEN
        return text.format(sprint=name)
    text = catalogue.SPRINT_ENDED if state == _CLOSED else catalogue.SPRINT_ENDS
    return text.format(sprint=name, day=wording.near(sprint.ends_on))


def changes(inquiry: Inquiry) -> tuple[Change, ...]:
    """The history that may be told, oldest first; empty when it could not be read."""
    return _value_or_nothing(inquiry.told.history)


def comments(inquiry: Inquiry) -> tuple[Comment, ...]:
    """What people said to each other, oldest first, without asks to the bot and its answers."""
    return tuple(
        one
        for one in _value_or_nothing(inquiry.told.comments)
        if not one.is_ours and one.id not in inquiry.quiet_comments
    )


def excerpt(comment: Comment) -> str:
    """The beginning of a comment, in quotation marks, safe to show."""
    return catalogue.EXCERPT.format(text=shown(comment.text, EXCERPT_LIMIT))


def open_blockers(item: WorkItem) -> tuple[LinkedItem, ...]:
    """The items that block this one and are not done."""
    return tuple(
        one
        for one in item.links
        if one.direction is LinkDirection.BLOCKED_BY and one.category is not StatusCategory.DONE
    )


def linked_key(linked: LinkedItem) -> str:
    """The key of a linked item, leading to it."""
    return link(escape_markdown(linked.key), linked.url)


def could_not_read(part: str, known: Known[T]) -> tuple[str, ...]:
    """One honest sentence for a part that could not be read; nothing when it could."""
    if isinstance(known, Fact):
        return ()
    why = catalogue.WHY_UNKNOWN[known.reason]
    return (catalogue.COULD_NOT_READ.format(part=part, why=why),)


def _value_or_nothing(known: Known[tuple[T, ...]]) -> tuple[T, ...]:
    return known.value if isinstance(known, Fact) else ()
