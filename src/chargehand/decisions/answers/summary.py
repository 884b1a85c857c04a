"""A work item in six lines: what it is, where it stands, what holds it, what happened."""

from datetime import timedelta
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answers import parts
from chargehand.decisions.answers.blockers import more_blockers
from chargehand.decisions.answers.changes import change_words
from chargehand.decisions.answers.code import pull_request_lines, reference_lines
from chargehand.decisions.markdown import shown
from chargehand.decisions.section import Inquiry, Part, Section
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.work_item import Comment

_RECENT: Final = timedelta(days=7)
_CHANGES_SHOWN: Final = 3
_CHANGES_FOLDED: Final = 20
_BLOCKERS_SHOWN: Final = 4
_COMMENTS_SHOWN: Final = 2
_COMMENTS_FOLDED: Final = 5
_DESCRIPTION_LIMIT: Final = 400


def summary_section(inquiry: Inquiry) -> Section:
    """What, where, what blocks, what changed lately, and the latest comments."""
    told = inquiry.told
    latest = parts.comments(inquiry)[-(_COMMENTS_SHOWN + _COMMENTS_FOLDED) :][::-1]
    changes, older_changes = _changes(inquiry)
    description = told.item.description.strip()
    lines = (
        parts.about(inquiry) + _what(inquiry),
        _standing(inquiry),
        _blockers(inquiry),
        *pull_request_lines(inquiry),
        changes,
        *(_comment_line(inquiry, one) for one in latest[:_COMMENTS_SHOWN]),
    )
    more = (
        *(
            (catalogue.EXCERPT.format(text=shown(description, _DESCRIPTION_LIMIT)),)
            * bool(description)
        ),
        *reference_lines(inquiry),
        *older_changes,
        *(_comment_line(inquiry, one) for one in latest[_COMMENTS_SHOWN:]),
        *parts.could_not_read(catalogue.PART_SPRINT, told.sprint),
        *parts.could_not_read(catalogue.PART_COMMENTS, told.comments),
    )
    return Section(
        reason=Reason.ANSWERED_FROM_FACTS,
        lines=lines,
        more=more,
        told=told,
        looked_at=frozenset(Part),
        comments=latest,
    )


def _what(inquiry: Inquiry) -> str:
    item = inquiry.told.item
    facts = [shown(item.type_name)]
    if item.priority:
        facts.append(catalogue.PRIORITY.format(priority=shown(item.priority)))
    return catalogue.SUMMARY_WHAT.format(title=shown(item.title), facts=catalogue.COMMA.join(facts))


def _standing(inquiry: Inquiry) -> str:
    return parts.sentences(
        (
            parts.status_sentence(inquiry),
            parts.sprint_sentence(inquiry),
            parts.due_sentence(inquiry.told.item, inquiry.wording),
        )
    )


def _blockers(inquiry: Inquiry) -> str:
    told = inquiry.told
    found = parts.open_blockers(told.item)
    names = [
        catalogue.SUMMARY_BLOCKER.format(key=parts.linked_key(one), status=shown(one.status))
        for one in found[:_BLOCKERS_SHOWN]
    ]
    names.extend(more_blockers(found, _BLOCKERS_SHOWN, "{text}"))
    hidden = told.hidden_blockers
    blocked = (
        catalogue.SUMMARY_BLOCKED.format(blockers=catalogue.listed_with_and(names)) if names else ""
    )
    elsewhere = (
        (catalogue.HIDDEN_BLOCKERS if names else catalogue.HIDDEN_BLOCKERS_ONLY).of(
            hidden, key=told.item.key
        )
        if hidden
        else ""
    )
    flagged = catalogue.FLAGGED.format(key=told.item.key) if told.item.is_flagged else ""
    return parts.sentences((blocked, elsewhere, flagged)) or catalogue.SUMMARY_NOT_BLOCKED


def _changes(inquiry: Inquiry) -> tuple[str, tuple[str, ...]]:
    history = inquiry.told.history
    if isinstance(history, Unknown):
        return parts.could_not_read(catalogue.PART_HISTORY, history)[0], ()
    recent = [
        change_words(one, inquiry.wording)
        for one in reversed(history.value)
        if one.changed_at >= inquiry.now - _RECENT
    ]
    if not recent:
        return catalogue.SUMMARY_UNCHANGED, ()
    first, rest = recent[:_CHANGES_SHOWN], recent[_CHANGES_SHOWN:]
    if rest:
        first.append(catalogue.SUMMARY_MORE_CHANGES.of(len(rest)))
    text = catalogue.SUMMARY_CHANGES.format(changes=catalogue.SEMICOLON.join(first))
    return text, tuple(catalogue.BULLET.format(text=one) for one in rest[:_CHANGES_FOLDED])


def _comment_line(inquiry: Inquiry, comment: Comment) -> str:
    return catalogue.BULLET.format(
        text=catalogue.COMMENT_LINE.format(
            name=shown(comment.author.name),
            moment=inquiry.wording.moment(comment.created_at),
            excerpt=parts.excerpt(comment),
        )
    )
