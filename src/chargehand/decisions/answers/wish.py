"""A change somebody asked for, and whether that person may ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chargehand.decisions import catalogue
from chargehand.decisions.needs import rights_for, writing_account
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.ids import AccountId, ConnectionId, WorkItemKey
from chargehand.domain.intent import Intent
from chargehand.domain.json import JSONObject
from chargehand.domain.work_item import Facts, Right, WorkItem


@dataclass(frozen=True, slots=True)
class Wish:
    """One intent that changes something, with everything read for it.

    Shape: `others` holds the other work items that were read and may be told of.
    """

    intent: Intent
    ask: Ask
    connection_id: ConnectionId
    facts: Facts
    item: WorkItem
    others: Mapping[WorkItemKey, Facts] = field(default_factory=dict)

    @property
    def wanted(self) -> str:
        """What the asker named as the goal."""
        return self.intent.arguments.get("to", "").strip()


def refusal(wish: Wish) -> Section | None:
    """One sentence why this asker can not have this change; None when the right was confirmed."""
    if writing_account(wish.ask) is None:
        return said(Reason.WRITE_REFUSED_READ_ONLY_ASKER, catalogue.READ_ONLY_ASKER)
    refused = (refusal_of(right, wish.facts, wish) for right in rights_for(wish.intent))
    return next((section for section in refused if section is not None), None)


def refusal_of(right: Right, facts: Facts, wish: Wish) -> Section | None:
    """One sentence why the asker lacks one right on an item; None when it was confirmed."""
    known = facts.rights.get(right)
    if known is None or isinstance(known, Unknown):
        text = catalogue.RIGHT_UNKNOWN.format(
            right=catalogue.RIGHT_NAMES[right], project=wish.item.project, key=wish.item.key
        )
        return said(Reason.WRITE_REFUSED_RIGHT_UNKNOWN, text)
    if not known.value:
        text = catalogue.NO_RIGHT.format(
            right=catalogue.RIGHT_NAMES[right], project=wish.item.project
        )
        return said(Reason.WRITE_REFUSED_NO_RIGHT, text)
    return None


def incomplete(wish: Wish) -> Section:
    """A section for a wish that does not say what to do, as one stored by another version may."""
    return said(Reason.NOT_UNDERSTOOD, catalogue.WISH_INCOMPLETE.format(key=wish.item.key))


def said(reason: Reason, text: str) -> Section:
    """A section of one sentence that proposes nothing."""
    return Section(reason=reason, lines=(text,))


def proposed(
    wish: Wish, kind: ActionKind, *, params: JSONObject, base: JSONObject, target: str = ""
) -> Section:
    """A section that proposes one change and says nothing: the change is the answer.

    Shape: `target` is empty for a change of the asked work item.
    """
    action = ProposedAction(
        kind=kind,
        connection_id=wish.connection_id,
        project=wish.item.project,
        target=target or wish.item.key,
        params=params,
        base={**base, **_question_of(wish.ask)},
        preview="",
    )
    return Section(reason=Reason.WRITE_PROPOSED, actions=(action,))


def _question_of(ask: Ask) -> JSONObject:
    """The comment that asked: a change is not made for one that was taken back meanwhile."""
    if ask.place is not None:
        # The tracker knows nothing of what was said in a chat.
        return {}
    return {"comment_id": ask.comment_id, "asked_on": ask.item}


def asker_account(wish: Wish) -> AccountId | None:
    """The account of the one who asks, when it may ask for changes."""
    return writing_account(wish.ask)
