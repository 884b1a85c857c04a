"""How a decision is graded: its reason, how sure it is, how soon a person should look."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from chargehand.decisions.answers.parts import open_blockers
from chargehand.decisions.audience_rules import Told
from chargehand.decisions.section import Section
from chargehand.domain.decision import Reason, Urgency
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.domain.work_item import StatusCategory

_SOON: Final = timedelta(days=2)
_UNCLEAR: Final = 0.3
_CONFIDENCE: Final = {
    IntentForm.COMMAND: 1.0,
    IntentForm.QUESTION: 0.9,
    IntentForm.BARE: 0.6,
}
_RANKS: Final = (Urgency.LOW, Urgency.MEDIUM, Urgency.HIGH)


def reason_of(sections: Sequence[Section]) -> Reason:
    """The reason of the whole: a proposed change, else an answer, else the first section's."""
    reasons = [one.reason for one in sections]
    for leading in (Reason.WRITE_PROPOSED, Reason.ANSWERED_FROM_FACTS, Reason.MODEL_ANSWERED):
        if leading in reasons:
            return leading
    return reasons[0]


def confidence_of(intents: Sequence[Intent]) -> float:
    """As sure as the least sure of the intents, from 0 to 1."""
    return min(
        _UNCLEAR if one.kind is IntentKind.UNCLEAR else _CONFIDENCE[one.form] for one in intents
    )


def urgency_of(sections: Sequence[Section], *, today: date) -> Urgency:
    """As urgent as the most urgent work item the sections tell about."""
    urgencies = [_urgency_of_item(one.told, today) for one in sections if one.told is not None]
    return max(urgencies, key=_RANKS.index, default=Urgency.LOW)


def _urgency_of_item(told: Told, today: date) -> Urgency:
    item = told.item
    if item.category is StatusCategory.DONE:
        return Urgency.LOW
    is_due = item.due_on is not None and item.due_on <= today
    if is_due or item.is_flagged or open_blockers(item):
        return Urgency.HIGH
    if item.due_on is not None and item.due_on - today <= _SOON:
        return Urgency.MEDIUM
    return Urgency.LOW
