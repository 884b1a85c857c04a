"""What a reaction to a message of ours means: a cross by the asker says that an answer is wrong."""

from dataclasses import dataclass, replace
from typing import Final

from chargehand.commands.understanding import Understanding
from chargehand.domain.decision import Verdict
from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.domain.records import ActionRecord, DecisionRecord
from chargehand.pipeline.standing import words_behind
from chargehand.storage.transaction import Writing

# The cross by Slack's name for it, and as it is.
_WRONG: Final = frozenset({"x", "❌"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """A cross at an answer of ours."""

    decision: DecisionRecord
    action: ActionRecord
    is_by_asker: bool

    @property
    def understood(self) -> Understanding:
        """The command it says; none where somebody else than the asker put it there."""
        line = f"wrong {self.decision.id}"
        arguments = {"command": "wrong", "line": line}
        said = Intent(IntentKind.RUN, IntentForm.COMMAND, arguments)
        return Understanding((said,) if self.is_by_asker else (), is_addressed=True)

    def situate(self, event: Event) -> Event:
        """The event with what the answer was about, and the thread it stands in."""
        place, thread = event.place, self.action.params.get("thread_id")
        if place is not None and isinstance(thread, str):
            place = replace(place, thread_id=thread)
        project, named = self.decision.project, self.decision.work_item
        item = WorkItemKey(named) if named is not None else None
        return replace(event, project=project, work_item=item, place=place)


def doubt_in(tx: Writing, event: Event) -> Doubt | None:
    """The doubt a reaction tells of; None for every other reaction, and every other event."""
    place = event.place
    if event.kind is not EventKind.REACTION_ADDED or place is None or place.message_id is None:
        return None
    if event.data.get("reaction") not in _WRONG:
        return None
    for external_id in (f"{place.channel_id}/{place.message_id}", place.message_id):
        # The bot's own reaction at the message that asked is no answer.
        action = words_behind(tx, event.connection_id, external_id)
        decision = tx.decisions.find(action.decision_id) if action is not None else None
        if action is None or decision is None:
            continue
        if decision.verdict is Verdict.RESPOND:
            return Doubt(decision, action, _is_by_asker(tx, decision, event))
    return None


def _is_by_asker(tx: Writing, decision: DecisionRecord, event: Event) -> bool:
    asked = tx.asks.find(decision.ask_id) if decision.ask_id is not None else None
    account = event.actor.account_id
    if asked is None or account is None:
        return False
    return (asked.ask.connection_id, asked.ask.asker.account_id) == (event.connection_id, account)
