"""Says a reminder whose moment came: where it was set, or to the person alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.markdown import shown
from chargehand.decisions.placement import POSTS, TELLS_ALONE
from chargehand.domain.action import ProposedAction
from chargehand.domain.attention import Reminder
from chargehand.domain.audience import Audience
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.delivery import StoredDelivery
from chargehand.domain.event import EVERYONE, Actor, ActorKind, Event, EventKind
from chargehand.domain.ids import (
    NO_PROJECT,
    ConnectionId,
    DecisionId,
    EventId,
    ReminderId,
)
from chargehand.domain.json import JSONObject
from chargehand.domain.policy import Cause, Origin
from chargehand.kit.ids import derive_id
from chargehand.kit.redact import without_credentials
from chargehand.pipeline.causing import cause_of_reminder
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.private_chat import private_chat_of
from chargehand.pipeline.unasked import record_unasked
from chargehand.storage.transaction import Writing

_LONGEST_TEXT: Final = 1_000


def say_reminder(
    tx: Writing,
    stored: StoredDelivery,
    reminder_id: ReminderId,
    connections: Mapping[ConnectionId, LiveConnection],
    *,
    approval_lasts: timedelta,
    now: datetime,
) -> None:
    """Record that a reminder is due and propose the message; doing it again changes nothing."""
    reminder = tx.attention.find_reminder(reminder_id)
    event = _event(stored, reminder, now=now)
    event_id = EventId(derive_id("evt", stored.id))
    if not tx.events.add(event_id, event, stored, now=now):
        return
    tx.events.add_delivery(stored, event_id, duplicate_of=None, now=now)
    action = _message(tx, reminder, connections) if reminder is not None else None
    decision = _decision(action)
    decision_id = DecisionId(derive_id("dec", event_id, 0))
    cause = cause_of_reminder(tx, reminder.person) if reminder is not None else None
    record_unasked(
        tx,
        decision_id,
        decision,
        event_id,
        event,
        cause=cause or Cause(origin=Origin.SCHEDULE),
        approval_lasts=approval_lasts,
        now=now,
    )
    if action is None:
        _tell_nobody_was_told(tx, reminder_id, now=now)


def _event(stored: StoredDelivery, reminder: Reminder | None, *, now: datetime) -> Event:
    return Event(
        kind=EventKind.SCHEDULE_FIRED,
        event_key=stored.delivery.delivery_key,
        connector=stored.delivery.connector,
        connection_id=stored.delivery.connection_id,
        occurred_at=reminder.due_at if reminder is not None else now,
        actor=Actor(None, "chargehand", ActorKind.BOT),
        project=reminder.project if reminder is not None else None,
        work_item=reminder.work_item if reminder is not None else None,
    )


def _decision(action: ProposedAction | None) -> Decision:
    if action is None:
        nobody = Audience("nobody", EVERYONE)
        return Decision(Verdict.SILENT, Reason.REMINDER_WITHOUT_PLACE, nobody)
    return Decision(
        Verdict.RESPOND,
        Reason.REMINDER_DUE,
        Audience(f"channel:{action.connection_id}:{action.target}", EVERYONE),
        response=str(action.params["markdown"]),
        actions=(action,),
    )


def _message(
    tx: Writing, reminder: Reminder, connections: Mapping[ConnectionId, LiveConnection]
) -> ProposedAction | None:
    """The message that says it; None where the person has no chat to say it in."""
    if reminder.is_erased:
        return None
    said = without_credentials(reminder.text)
    words = catalogue.REMINDER.format(text=shown(said, _LONGEST_TEXT))
    there, _, channel_id = (reminder.channel or "").partition("/")
    connection = connections.get(ConnectionId(there))
    if reminder.is_here and connection is not None and connection.connector in POSTS:
        kind, target = POSTS[connection.connector], channel_id
        params: JSONObject = {"markdown": words, "thread_id": reminder.thread_id}
    else:
        found = private_chat_of(tx, reminder.person, connections)
        if found is None:
            return None
        connection, target = found
        kind, params = TELLS_ALONE[connection.connector], {"markdown": words}
    action = ProposedAction(
        kind=kind,
        connection_id=connection.id,
        project=reminder.project or NO_PROJECT,
        target=target,
        params=params,
        base={},
        preview="",
    )
    return replace(action, preview=connection.previewer.preview(action))


def _tell_nobody_was_told(tx: Writing, reminder_id: ReminderId, *, now: datetime) -> None:
    tell_operator(
        tx,
        "reminder_without_place",
        subject_id=f"{now:%Y-%m-%d}",
        text=f"The reminder {reminder_id} came due and could be said to nobody: whoever set it has "
        "no confirmed account in a chat.",
        now=now,
    )
