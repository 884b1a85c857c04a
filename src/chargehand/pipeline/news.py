"""What subscribers hear of, looked up and put into one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.audience_rules import is_comment_tellable
from chargehand.decisions.markdown import code, shown
from chargehand.decisions.placement import TELLS_ALONE
from chargehand.decisions.subscribed import TOLD_FIELDS, FieldChange, ItemNews, Matter
from chargehand.decisions.told import is_told, told_line
from chargehand.domain.action import ProposedAction
from chargehand.domain.ask import AskState
from chargehand.domain.attention import Waiting
from chargehand.domain.audience import Audience
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.event import EVERYONE, Actor, ActorKind, Event, EventKind
from chargehand.domain.fact import Fact
from chargehand.domain.ids import AccountId, ActionId, DecisionId, EventId, WorkItemKey
from chargehand.domain.keys import keys_in
from chargehand.domain.policy import Cause, Origin
from chargehand.domain.records import ActionRecord, ApprovalState, EventRecord
from chargehand.domain.work_item import Facts
from chargehand.kit.ids import derive_id
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.noting_changes import changed_fields
from chargehand.pipeline.unasked import record_unasked
from chargehand.storage.repositories.subscriptions import Hearer
from chargehand.storage.transaction import Writing

_WAITING: Final = frozenset({AskState.LATE, AskState.STUCK})


@dataclass(frozen=True, slots=True)
class Message:
    """One private message; `anchor` is the newest event it tells of."""

    chat: LiveConnection
    account: AccountId
    hearer: Hearer
    words: str
    anchor: EventId


@dataclass(frozen=True, slots=True)
class Subjects:
    """Everything some subscriptions wait to tell, by id; what is no longer so is left out.

    Shape: `matters` pairs the event it all began with and the line it is told by.
    """

    events: Mapping[str, EventRecord]
    matters: Mapping[str, tuple[EventId, Matter]]

    @classmethod
    def read(cls, tx: Writing, waiting: Sequence[Waiting]) -> "Subjects":
        """Look them up as they stand now."""
        events: dict[str, EventRecord] = {}
        matters: dict[str, tuple[EventId, Matter]] = {}
        for subject_id in (subject for one in waiting for subject in one.subjects):
            if subject_id.startswith("evt_"):
                event = tx.events.find(subject_id)
                if event is not None:
                    events[subject_id] = event
                if event is not None and is_told(event.connector, event.kind):
                    item = WorkItemKey(event.work_item) if event.work_item else None
                    matters[subject_id] = (event.id, Matter(_told(event), item))
            else:
                matter = _matter(tx, subject_id)
                if matter is not None:
                    matters[subject_id] = matter
        return cls(events, matters)

    def anchor(self, waiting: Sequence[Waiting]) -> EventId | None:
        """The event of the newest of it all; None where all of it is gone."""
        found = [
            self.events[subject].id if subject in self.events else self.matters[subject][0]
            for one in waiting
            for subject in one.subjects
            if subject in self.events or subject in self.matters
        ]
        return max(found, default=None)

    def matters_of(self, one: Waiting) -> tuple[Matter, ...]:
        """The lines of one subscription to a topic."""
        return tuple(self.matters[id_][1] for id_ in one.subjects if id_ in self.matters)

    def news_of(self, one: Waiting, facts: Facts) -> ItemNews | None:
        """What happened to the work item of one subscription, as far as it may be told now."""
        if not isinstance(facts.item, Fact):
            return None
        events = [self.events[id_] for id_ in one.subjects if id_ in self.events]
        said = {
            str(event.data.get("comment_id"))
            for event in events
            if event.kind is EventKind.COMMENT_CREATED
        }
        comments = facts.comments.value if isinstance(facts.comments, Fact) else ()
        return ItemNews(
            item=facts.item.value,
            changes=tuple(change for event in events for change in _changes(event)),
            comments=tuple(
                comment
                for comment in comments
                if comment.id in said and is_comment_tellable(comment, EVERYONE)
            ),
            told=tuple(_told(event) for event in events if is_told(event.connector, event.kind)),
            more=one.count - len(one.subjects),
        )


def propose_message(
    tx: Writing, message: Message, *, lasts: timedelta, now: datetime
) -> ActionId | None:
    """Record the decision to tell and propose the message; None where it was recorded before."""
    member_id, project, connection_id = message.hearer
    action = ProposedAction(
        kind=TELLS_ALONE[message.chat.connector],
        connection_id=message.chat.id,
        project=project,
        target=message.account,
        params={"markdown": message.words},
        base={},
        preview="",
    )
    action = replace(action, preview=message.chat.previewer.preview(action))
    decision = Decision(
        Verdict.RESPOND,
        Reason.SUBSCRIBER_TOLD,
        Audience(f"member:{member_id}", EVERYONE),
        response=message.words,
        actions=(action,),
    )
    told = derive_id("dec", message.anchor, member_id, project, connection_id, message.words)
    event = _nobodys(message, now=now)
    return record_unasked(
        tx,
        DecisionId(told),
        decision,
        message.anchor,
        event,
        # A subscription is no request for this very message, which may tell others' words.
        cause=Cause(origin=Origin.SCHEDULE),
        approval_lasts=lasts,
        now=now,
    )


def _nobodys(message: Message, *, now: datetime) -> Event:
    """What the decision is recorded with: it answers nobody, and is no answer on a work item."""
    return Event(
        kind=EventKind.SCHEDULE_FIRED,
        event_key=message.anchor,
        connector=message.chat.connector,
        connection_id=message.chat.id,
        occurred_at=now,
        actor=Actor(None, "chargehand", ActorKind.BOT),
        project=message.hearer[1],
    )


def _told(event: EventRecord) -> str:
    return told_line(event.connection_id, event.kind, event.text, event.data)


def _changes(event: EventRecord) -> list[FieldChange]:
    found = []
    for field, change in changed_fields(event.data):
        if field in TOLD_FIELDS:
            before, after = change.get("from_text"), change.get("to_text")
            found.append(FieldChange(field, str(before or ""), str(after or ""), event.actor_name))
    return found


def _matter(tx: Writing, subject_id: str) -> tuple[EventId, Matter] | None:
    """An approval that still waits, an ask that still does, or an action that failed."""
    match subject_id[:4]:
        case "apv_":
            approval = tx.approvals.find(subject_id)
            if approval is None or approval.state is not ApprovalState.OPEN:
                return None
            action = tx.actions.find(approval.action_id)
            return _of_action(tx, action, catalogue.NEWS_APPROVAL, approval=code(approval.short_id))
        case "act_":
            action = tx.actions.find(subject_id)
            problem = shown(action.problem) if action is not None else ""
            told = code(f"trace {subject_id}")
            return _of_action(tx, action, catalogue.NEWS_FAILED, problem=problem, trace=told)
        case _:
            return _late(tx, subject_id)


def _of_action(
    tx: Writing, action: ActionRecord | None, text: str, **words: str
) -> tuple[EventId, Matter] | None:
    decision = tx.decisions.find(action.decision_id) if action is not None else None
    if action is None or decision is None:
        return None
    item = decision.work_item or next(iter(keys_in(action.target)), None)
    line = text.format(kind=code(action.kind.value), target=shown(action.target), **words)
    return decision.event_id, Matter(line, WorkItemKey(item) if item else None)


def _late(tx: Writing, ask_id: str) -> tuple[EventId, Matter] | None:
    stored = tx.asks.find(ask_id)
    if stored is None or stored.ask.state not in _WAITING:
        return None
    ask = stored.ask
    line = catalogue.NEWS_LATE.format(subject=shown(ask.subject), ask=code(ask.id))
    return ask.event_id, Matter(line, ask.work_item)
