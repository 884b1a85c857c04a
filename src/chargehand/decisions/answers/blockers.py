"""What keeps a work item from moving, as far as it is recorded."""

import re
from typing import Final

from chargehand.decisions import catalogue, code_catalogue
from chargehand.decisions.answers import parts
from chargehand.decisions.answers.code import holding_lines
from chargehand.decisions.markdown import shown
from chargehand.decisions.section import Inquiry, Part, Section
from chargehand.domain.decision import Reason
from chargehand.domain.work_item import Comment, LinkedItem

_LATEST: Final = 5
_LINKS_SHOWN: Final = 20
_LOOK_BACK: Final = 80
_WORDS: Final = re.compile(
    r"(?i)\b(?:blocked|blocker|blocking|blocks|stuck|waiting\s+(?:for|on)|on\s+hold|"
    r"(?:can\s?not|can['’]t|cant)\s+(?:proceed|continue|start)|needs?\s+access)\b"
)
# "no longer blocked", "not waiting for", "nothing is blocking", "isn't stuck"
_DENIED: Final = re.compile(
    r"(?i)(?:\b(?:not|no|never|nothing|without|un)|n['’]t)\b[\s-]*(?:[\w'’]+[\s-]+){0,2}$"
)


def blockers_section(inquiry: Inquiry) -> Section:
    """Open blocking links first, then the flag, then what people wrote about it lately."""
    told = inquiry.told
    found = parts.open_blockers(told.item)
    spoken = _latest_blocker_words(parts.comments(inquiry))
    lines = (
        *_link_lines(inquiry, found),
        *_hidden_lines(inquiry, found),
        *((catalogue.FLAGGED.format(key=told.item.key),) if told.item.is_flagged else ()),
        *_code_lines(inquiry),
    )
    return Section(
        reason=Reason.ANSWERED_FROM_FACTS,
        lines=(
            *(lines or (catalogue.NOT_BLOCKED.format(key=told.item.key),)),
            *(_spoken_line(inquiry, one) for one in spoken),
            *parts.could_not_read(catalogue.PART_COMMENTS, told.comments),
        ),
        told=told,
        looked_at=frozenset({Part.ITEM, Part.LINKS, Part.COMMENTS, Part.CODE}),
        comments=spoken,
    )


def says_blocked(text: str) -> bool:
    """Whether a text says that something is held up, rather than that it is not."""
    return any(
        not _DENIED.search(text[max(0, found.start() - _LOOK_BACK) : found.start()])
        for found in _WORDS.finditer(text)
    )


def _link_lines(inquiry: Inquiry, found: tuple[LinkedItem, ...]) -> tuple[str, ...]:
    if not found:
        return ()
    return (
        catalogue.BLOCKED.of(len(found), key=inquiry.told.item.key),
        *(
            catalogue.BULLET.format(
                text=catalogue.LINKED_ITEM.format(
                    key=parts.linked_key(one), title=shown(one.title), status=shown(one.status)
                )
            )
            for one in found[:_LINKS_SHOWN]
        ),
        *more_blockers(found, _LINKS_SHOWN, catalogue.BULLET),
    )


def more_blockers(found: tuple[LinkedItem, ...], shown_count: int, frame: str) -> tuple[str, ...]:
    """How many blockers are not listed, when there are more than `shown_count`."""
    rest = len(found) - shown_count
    return (frame.format(text=catalogue.MORE_BLOCKERS.of(rest)),) if rest > 0 else ()


def _hidden_lines(inquiry: Inquiry, found: tuple[LinkedItem, ...]) -> tuple[str, ...]:
    count = inquiry.told.hidden_blockers
    if not count:
        return ()
    text = catalogue.HIDDEN_BLOCKERS if found else catalogue.HIDDEN_BLOCKERS_ONLY
    return (text.of(count, key=inquiry.told.item.key),)


def _code_lines(inquiry: Inquiry) -> tuple[str, ...]:
    """The pull requests that something holds up, and that there are others."""
    held, hidden = holding_lines(inquiry), inquiry.told.code.hidden
    head = code_catalogue.HELD_BY_CODE.of(len(held), key=inquiry.told.item.key) if held else ""
    elsewhere = code_catalogue.HIDDEN_PULL_REQUESTS.of(hidden) if hidden else ""
    return tuple(line for line in (head, *held, elsewhere) if line)


def _latest_blocker_words(comments: tuple[Comment, ...]) -> tuple[Comment, ...]:
    return tuple(one for one in comments[-_LATEST:] if says_blocked(one.text))[-1:]


def _spoken_line(inquiry: Inquiry, comment: Comment) -> str:
    return catalogue.BLOCKER_WORDS.format(
        name=shown(comment.author.name),
        moment=inquiry.wording.moment(comment.created_at),
        excerpt=parts.excerpt(comment),
    )
