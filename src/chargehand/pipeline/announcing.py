"""Tells in a channel what a plain webhook told, where its rule says so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chargehand.decisions.placement import POSTS
from chargehand.decisions.told import told_line
from chargehand.domain.action import ProposedAction
from chargehand.domain.audience import Audience
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.event import EVERYONE, Event
from chargehand.domain.ids import ConnectionId, DecisionId, EventId, ProjectKey
from chargehand.domain.policy import Cause, Origin
from chargehand.kit.ids import derive_id
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.late_asks import restored_at
from chargehand.pipeline.unasked import record_unasked
from chargehand.storage.transaction import Writing


def announce(
    tx: Writing,
    event: Event,
    connections: Mapping[ConnectionId, LiveConnection],
    *,
    rules: PipelineRules,
    now: datetime,
) -> None:
    """Propose the message that tells an event in its channel; doing it again changes nothing.

    Nothing is told where the channel does not serve the event's project, and nothing that is older
    than an ask may be: after downtime, or a restore, it is history and no news.
    """
    if event.data.get("announce") is not True:
        return
    told_in = connections[event.connection_id].announces_in
    chat_id, _, channel = (told_in or "").partition("/")
    chat = connections.get(ConnectionId(chat_id))
    if chat is None or event.project is None or chat.connector not in POSTS:
        return
    is_served = event.project in chat.channels.get(channel, frozenset())
    restored = restored_at(tx)
    is_old = now - event.occurred_at > rules.answer_within
    if not is_served or is_old or (restored is not None and event.occurred_at < restored):
        return
    event_id = tx.events.id_of_key(event.event_key)
    if event_id is not None:
        _propose(
            tx,
            event_id,
            event,
            project=event.project,
            chat=chat,
            channel=channel,
            rules=rules,
            now=now,
        )


def _propose(
    tx: Writing,
    event_id: EventId,
    event: Event,
    *,
    project: ProjectKey,
    chat: LiveConnection,
    channel: str,
    rules: PipelineRules,
    now: datetime,
) -> None:
    words = told_line(event.connection_id, event.kind, event.text, event.data)
    action = ProposedAction(
        kind=POSTS[chat.connector],
        connection_id=chat.id,
        project=project,
        target=channel,
        params={"markdown": words, "thread_id": None},
        base={},
        preview="",
    )
    action = replace(action, preview=chat.previewer.preview(action))
    decision = Decision(
        Verdict.RESPOND,
        Reason.EVENT_ANNOUNCED,
        Audience(f"channel:{chat.id}:{channel}", EVERYONE),
        response=words,
        actions=(action,),
    )
    record_unasked(
        tx,
        DecisionId(derive_id("dec", event_id, "announced")),
        decision,
        event_id,
        event,
        cause=Cause(origin=Origin.WEBHOOK),
        approval_lasts=rules.approval_expires_after,
        now=now,
    )
