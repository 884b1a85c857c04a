"""Adding labels to a work item."""

from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answers.wish import Wish, proposed, refusal, said
from chargehand.decisions.markdown import shown
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason

_LABEL_LIMIT: Final = 255
_LABELS_LIMIT: Final = 20


def label_section(wish: Wish) -> Section:
    """The labels that are not there yet as an action, or one sentence why there is none."""
    refused = refusal(wish)
    if refused is not None:
        return refused
    key = wish.item.key
    labels = tuple(dict.fromkeys(wish.intent.arguments.get("labels", "").split()))
    if not labels:
        return said(Reason.CLARIFICATION_ASKED, catalogue.NO_LABEL_NAMED.format(key=key))
    impossible = [one for one in labels if len(one) > _LABEL_LIMIT or not one.isprintable()]
    if impossible or len(labels) > _LABELS_LIMIT:
        text = catalogue.LABELS_NOT_POSSIBLE.format(count=_LABELS_LIMIT, limit=_LABEL_LIMIT)
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    missing = tuple(label for label in labels if label not in wish.item.labels)
    if not missing:
        listed = catalogue.listed_with_and([shown(label) for label in labels])
        text = catalogue.ALREADY_LABELLED.of(len(labels), key=key, labels=listed)
        return said(Reason.WRITE_ALREADY_SO, text)
    return proposed(
        wish,
        ActionKind.JIRA_ADD_LABELS,
        params={"labels": list(missing)},
        base={"labels": list(wish.item.labels)},
    )
