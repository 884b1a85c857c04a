"""What a subscriber is told, bundled: the words of one message from facts read for it just now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.markdown import code, link, shown
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.work_item import Comment, WorkItem

# What of a work item's fields is told, by the vendor's name of the field.
TOLD_FIELDS: Final[Mapping[str, str]] = {
    "status": "Status",
    "assignee": "Assignee",
    "resolution": "Resolution",
}
MOST_ITEMS: Final = 20
_MOST_MATTERS: Final = 20
_MOST_NAMES: Final = 4
_EXCERPT: Final = 200
_MOST_TOLD: Final = 10


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field as the vendor shows it; empty texts for no value."""

    field: str
    from_text: str
    to_text: str
    by: str


@dataclass(frozen=True, slots=True)
class ItemNews:
    """What happened to one work item, oldest first; `more` changes are only counted.

    Shape: `told` are safe lines of what plain webhooks told of it.
    """

    item: WorkItem
    changes: tuple[FieldChange, ...]
    comments: tuple[Comment, ...]
    told: tuple[str, ...] = ()
    more: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing of it is left to be told."""
        return not (self.changes or self.comments or self.told or self.more)


@dataclass(frozen=True, slots=True)
class Matter:
    """An approval, a late ask or a failure, in one safe line; `item` is what it is about."""

    line: str
    item: WorkItemKey | None = None


def news_message(news: Sequence[ItemNews], matters: Sequence[Matter], subscribed: str) -> str:
    """The message, or nothing where nothing is left to tell.

    Shape: `subscribed` is what a person says after `unsubscribe` to hear no more of the first.
    """
    told = [one for one in news if not one.is_nothing]
    paragraphs = [_paragraph(one) for one in told[:MOST_ITEMS]]
    if len(told) > MOST_ITEMS:
        left = catalogue.listed_with_and([one.item.key for one in told[MOST_ITEMS:]][:MOST_ITEMS])
        paragraphs.append(catalogue.NEWS_OF_OTHERS.format(items=left))
    if matters:
        lines = [f"- {one.line}" for one in matters[:_MOST_MATTERS]]
        if len(matters) > _MOST_MATTERS:
            lines.append(f"- {catalogue.NEWS_MORE.of(len(matters) - _MOST_MATTERS)}")
        paragraphs.append("\n".join(lines))
    if not paragraphs:
        return ""
    ending = catalogue.NEWS_ENDING.format(
        unsubscribe=code(f"unsubscribe {subscribed}"), all=code("subscriptions")
    )
    return "\n\n".join((*paragraphs, ending))


def _paragraph(news: ItemNews) -> str:
    item = news.item
    head = f"**{link(shown(item.key), item.url)}** {shown(item.title)}"
    lines = [*_field_lines(news.changes), *_comment_lines(news.comments), *news.told[-_MOST_TOLD:]]
    if news.more:
        lines.append(catalogue.NEWS_MORE.of(news.more))
    return "\n".join((head, "", *(f"- {line}" for line in lines)))


def _field_lines(changes: Sequence[FieldChange]) -> list[str]:
    """One line for each field, from what it was first to what it is now."""
    lines = []
    for field, word in TOLD_FIELDS.items():
        mine = [one for one in changes if one.field == field]
        if not mine:
            continue
        first, last = mine[0].from_text, mine[-1].to_text
        who = _names([one.by for one in mine])
        if first == last:
            text = catalogue.NEWS_BACK.format(field=word, value=_value(last), who=who)
        else:
            text = catalogue.NEWS_FIELD.format(
                field=word, before=_value(first), after=_value(last), who=who
            )
        lines.append(text)
    return lines


def _comment_lines(comments: Sequence[Comment]) -> list[str]:
    if not comments:
        return []
    who = _names([one.author.name for one in comments])
    counted = catalogue.NEWS_COMMENTS.of(len(comments), who=who)
    return [f"{counted} {catalogue.EXCERPT.format(text=shown(comments[-1].text, _EXCERPT))}"]


def _names(names: Sequence[str]) -> str:
    each = list(dict.fromkeys(name or catalogue.SOMEBODY for name in names))
    told = [shown(name) for name in each[:_MOST_NAMES]]
    if len(each) > _MOST_NAMES:
        told.append(catalogue.NEWS_OTHERS.of(len(each) - _MOST_NAMES))
    return catalogue.listed_with_and(told)


def _value(text: str) -> str:
    return shown(text) if text else catalogue.NEWS_NONE
