"""Who has a work item, who reported it, and who touched it last."""

from chargehand.decisions import catalogue
from chargehand.decisions.answers import parts
from chargehand.decisions.answers.changes import field_name
from chargehand.decisions.markdown import shown
from chargehand.decisions.section import Inquiry, Part, Section
from chargehand.domain.decision import Reason
from chargehand.domain.work_item import Change, Comment


def who_section(inquiry: Inquiry) -> Section:
    """Assignee first, then reporter, then the last active person."""
    told = inquiry.told
    last_comment = parts.comments(inquiry)[-1:]
    last_change = parts.changes(inquiry)[-1:]
    active, cited = _last_active(inquiry, last_comment, last_change)
    lines = (
        parts.about(inquiry) + _assignee(inquiry),
        _reporter(inquiry),
        active,
        *parts.could_not_read(catalogue.PART_HISTORY, told.history),
        *parts.could_not_read(catalogue.PART_COMMENTS, told.comments),
    )
    return Section(
        reason=Reason.ANSWERED_FROM_FACTS,
        lines=tuple(line for line in lines if line),
        told=told,
        looked_at=frozenset({Part.ITEM, Part.HISTORY, Part.COMMENTS}),
        comments=cited,
    )


def _assignee(inquiry: Inquiry) -> str:
    assignee = inquiry.told.item.assignee
    if assignee is None:
        return catalogue.UNASSIGNED
    return catalogue.ASSIGNED.format(name=shown(assignee.name), since=parts.assigned_since(inquiry))


def _reporter(inquiry: Inquiry) -> str:
    item = inquiry.told.item
    day = inquiry.wording.day_of(item.created_at)
    if item.reporter is None:
        return catalogue.REPORTER_UNKNOWN.format(day=day)
    return catalogue.REPORTED.format(name=shown(item.reporter.name), day=day)


def _last_active(
    inquiry: Inquiry, comments: tuple[Comment, ...], changes: tuple[Change, ...]
) -> tuple[str, tuple[Comment, ...]]:
    if comments and (not changes or comments[0].created_at >= changes[0].changed_at):
        text = catalogue.LAST_ACTIVE_COMMENT.format(
            name=shown(comments[0].author.name),
            moment=inquiry.wording.moment(comments[0].created_at),
        )
        return text, comments
    if not changes:
        return "", ()
    text = catalogue.LAST_ACTIVE_CHANGE.format(
        name=shown(changes[0].author.name),
        field=field_name(changes[0].field),
        moment=inquiry.wording.moment(changes[0].changed_at),
    )
    return text, ()
