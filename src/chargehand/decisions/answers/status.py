"""Where a work item stands, and when it is due."""

from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answers import parts
from chargehand.decisions.answers.code import pull_request_lines, reference_lines
from chargehand.decisions.markdown import shown
from chargehand.decisions.section import Inquiry, Part, Section
from chargehand.domain.decision import Reason

_STATUS_PARTS: Final = frozenset({Part.ITEM, Part.COMMENTS, Part.HISTORY, Part.SPRINT, Part.CODE})


def status_section(inquiry: Inquiry) -> Section:
    """Status and assignee first, then the plan, then the last word among people."""
    told = inquiry.told
    plan = parts.sentences(
        (parts.sprint_sentence(inquiry), parts.due_sentence(told.item, inquiry.wording))
    )
    latest = parts.comments(inquiry)[-1:]
    lines = (
        parts.about(inquiry) + parts.status_sentence(inquiry),
        plan,
        *pull_request_lines(inquiry),
        *(
            catalogue.LAST_COMMENT.format(
                name=shown(one.author.name),
                moment=inquiry.wording.moment(one.created_at),
                excerpt=parts.excerpt(one),
            )
            for one in latest
        ),
        *parts.could_not_read(catalogue.PART_HISTORY, told.history),
        *parts.could_not_read(catalogue.PART_SPRINT, told.sprint),
        *parts.could_not_read(catalogue.PART_COMMENTS, told.comments),
    )
    return Section(
        reason=Reason.ANSWERED_FROM_FACTS,
        lines=tuple(line for line in lines if line),
        more=reference_lines(inquiry),
        told=told,
        looked_at=_STATUS_PARTS,
        comments=latest,
    )


def due_section(inquiry: Inquiry) -> Section:
    """The due date and the end of the sprint."""
    told = inquiry.told
    due = parts.due_sentence(told.item, inquiry.wording)
    # The sentence without a date names the key by itself.
    first = parts.about(inquiry) + due if due else catalogue.NO_DUE_DATE.format(key=told.item.key)
    return Section(
        reason=Reason.ANSWERED_FROM_FACTS,
        lines=(
            parts.sentences((first, parts.sprint_sentence(inquiry))),
            *parts.could_not_read(catalogue.PART_SPRINT, told.sprint),
        ),
        told=told,
        looked_at=frozenset({Part.ITEM, Part.SPRINT}),
    )
