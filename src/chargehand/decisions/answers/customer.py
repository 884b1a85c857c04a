"""Answers that customers read: the title, the status and the due date."""

from chargehand.decisions import catalogue
from chargehand.decisions.answers import parts
from chargehand.decisions.markdown import shown
from chargehand.decisions.section import Inquiry, Part, Section
from chargehand.domain.decision import Reason
from chargehand.domain.intent import IntentKind


def customer_section(inquiry: Inquiry) -> Section:
    """What a customer may know of what was asked; else a sentence that says what can be told."""
    item, wording = inquiry.told.item, inquiry.wording
    due = parts.due_sentence(item, wording)
    match inquiry.intent.kind:
        case IntentKind.STATUS:
            text = parts.sentences(
                (catalogue.CUSTOMER_STATUS.format(status=shown(item.status)), due)
            )
        case IntentKind.SUMMARY:
            what = catalogue.CUSTOMER_WHAT.format(
                title=shown(item.title), status=shown(item.status)
            )
            text = parts.sentences((what, due))
        case IntentKind.DUE:
            text = due or catalogue.NO_DUE_DATE.format(key=item.key)
        case _:
            return Section(
                reason=Reason.WITHHELD_FOR_AUDIENCE,
                lines=(catalogue.CUSTOMER_LIMIT,),
                withheld=inquiry.told.withheld,
            )
    return Section(
        reason=Reason.ANSWERED_FROM_FACTS,
        lines=(text,),
        told=inquiry.told,
        looked_at=frozenset({Part.ITEM}),
    )
