"""A change somebody asked for, and whether that person may ask for it."""

from dataclasses import dataclass

from chargehand.decisions import catalogue
from chargehand.decisions.needs import RIGHT_FOR, writing_account
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.domain.intent import Intent
from chargehand.domain.json import JSONObject
from chargehand.domain.work_item import Facts, WorkItem


@dataclass(frozen=True, slots=True)
class Wish:
    """One intent that changes something, with everything read for it."""

    intent: Intent
    ask: Ask
    connection_id: ConnectionId
    facts: Facts
    item: WorkItem

    @property
    def wanted(self) -> str:
        """What the asker named as the goal."""
        return self.intent.arguments.get("to", "").strip()


def refusal(wish: Wish) -> Section | None:
    """One sentence why this asker can not have this change; None when the right was confirmed."""
    right = RIGHT_FOR[wish.intent.kind]
    if writing_account(wish.ask.asker) is None:
        return said(Reason.WRITE_REFUSED_READ_ONLY_ASKER, catalogue.READ_ONLY_ASKER)
    known = wish.facts.rights.get(right)
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


def said(reason: Reason, text: str) -> Section:
    """A section of one sentence that proposes nothing."""
    return Section(reason=reason, lines=(text,))


def proposed(wish: Wish, kind: ActionKind, *, params: JSONObject, base: JSONObject) -> Section:
    """A section that proposes one change and says nothing: the change is the answer."""
    action = ProposedAction(
        kind=kind,
        connection_id=wish.connection_id,
        project=wish.ask.project,
        target=wish.item.key,
        params=params,
        # A change is not made for a question that was taken back meanwhile.
        base={**base, "comment_id": wish.ask.comment_id, "asked_on": wish.ask.work_item},
        preview="",
    )
    return Section(reason=Reason.WRITE_PROPOSED, actions=(action,))


def asker_account(wish: Wish) -> AccountId | None:
    """The account of the one who asks, when it may ask for changes."""
    return writing_account(wish.ask.asker)
