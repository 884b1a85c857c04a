"""Notes what subscribers are to be told, in the transaction in which it happened.

Nothing is worded here and nobody is disturbed: many changes of some minutes become one message.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from chargehand.decisions.placement import TELLS_ALONE
from chargehand.decisions.subscribed import TOLD_FIELDS
from chargehand.decisions.told import is_told
from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.attention import Topic
from chargehand.domain.event import ActorKind, Event, EventKind, VisibilityKind
from chargehand.domain.ids import (
    NO_PROJECT,
    AccountId,
    ConnectionId,
    EventId,
    MemberId,
    ProjectKey,
    WorkItemKey,
)
from chargehand.domain.json import JSONValue
from chargehand.domain.keys import project_of_key
from chargehand.domain.records import ActionRecord
from chargehand.storage.transaction import Writing

# A message to a subscriber that waits or fails must not be told to a subscriber.
_NOT_TOLD: Final = frozenset(TELLS_ALONE.values())
_KEY: Final = "key"
_MADE_BY: Final = {
    "status": (ActionKind.JIRA_TRANSITION_ISSUE,),
    "resolution": (ActionKind.JIRA_TRANSITION_ISSUE,),
    "assignee": (ActionKind.JIRA_ASSIGN_ISSUE,),
}
# An approval may take days between a decision and its effect.
_LOOKED_BACK: Final = timedelta(days=30)
_JUST: Final = timedelta(minutes=10)


def note_change(
    tx: Writing,
    event_id: EventId,
    event: Event,
    *,
    bot: AccountId | None,
    since: datetime,
    now: datetime,
) -> None:
    """Note a change of a work item for those who want to hear of it, but for who made it.

    Shape: what happened before `since` was told before a restore, or is not known to be news.
    """
    item = event.work_item
    if event.occurred_at < since:
        return
    if event.project is not None and is_told(event.connector, event.kind):
        note_matter(tx, Topic.WEBHOOKS, event_id, project=event.project, now=now)
    if item is None:
        return
    _follow(tx, event, item)
    if not _is_news(event, bot=bot):
        return
    wanting = tx.subscriptions.to_item(item)
    if not wanting:
        return
    if event.actor.account_id == bot:
        maker = _asker_behind(tx, event, item)
    else:
        maker = _member_of(tx, event.connection_id, event.actor.account_id)
    for subscription_id, one in wanting:
        if one.member_id != maker and event.occurred_at >= one.since:
            tx.subscriptions.note(subscription_id, event_id, now=now)


def note_matter(
    tx: Writing,
    topic: Topic,
    subject_id: str,
    *,
    project: ProjectKey,
    kind: ActionKind | None = None,
    now: datetime,
) -> None:
    """Note what a topic is about for those who want to hear of such in a project."""
    if project == NO_PROJECT or kind in _NOT_TOLD:
        return
    for subscription_id, _ in tx.subscriptions.to_topic(topic, project):
        tx.subscriptions.note(subscription_id, subject_id, now=now)


def _is_news(event: Event, *, bot: AccountId | None) -> bool:
    if is_told(event.connector, event.kind):
        return True
    match event.kind:
        case EventKind.COMMENT_CREATED:
            is_person = event.actor.kind in (ActorKind.PERSON, ActorKind.CUSTOMER)
            is_open = event.visibility.kind is VisibilityKind.EVERYONE
            return is_person and is_open and event.actor.account_id != bot
        case EventKind.WORK_ITEM_UPDATED:
            return any(name in TOLD_FIELDS for name, _ in changed_fields(event.data))
        case _:
            return False


def _member_of(
    tx: Writing, connection_id: ConnectionId, account: AccountId | None
) -> MemberId | None:
    known = tx.members.by_account(connection_id, account) if account is not None else None
    return known[0].id if known is not None else None


def _asker_behind(tx: Writing, event: Event, item: WorkItemKey) -> MemberId | None:
    """Who asked the bot for the change it made; it is their own, though the bot made it."""
    kinds = {kind for name, _ in changed_fields(event.data) for kind in _MADE_BY.get(name, ())}
    since = event.occurred_at - _LOOKED_BACK
    decisions = {one.id: one for one in tx.decisions.answers_on(item, since=since)}
    made = [
        one
        for one in tx.actions.of_decisions(list(decisions))
        if one.kind in kinds and one.target == item and _is_just_made(one, event.occurred_at)
    ]
    for action in sorted(made, key=lambda one: one.created_at, reverse=True):
        stored = tx.asks.find(action.ask_id) if action.ask_id is not None else None
        if stored is not None:
            return _member_of(tx, stored.ask.connection_id, stored.ask.asker.account_id)
    return None


def _is_just_made(action: ActionRecord, at: datetime) -> bool:
    """Whether an action is being made, or was about when something happened."""
    if action.state is ActionState.EXECUTING:
        return True
    finished = action.finished_at
    if action.state is not ActionState.EXECUTED or finished is None:
        return False
    return abs(finished - at) < _JUST


def _follow(tx: Writing, event: Event, item: WorkItemKey) -> None:
    """Keep to a work item that was moved, which has another key since."""
    if event.kind is not EventKind.WORK_ITEM_UPDATED:
        return
    for name, change in changed_fields(event.data):
        old = change.get("from_text")
        if name == _KEY and isinstance(old, str) and old != item:
            tx.subscriptions.move(WorkItemKey(old), item, project_of_key(item))


def changed_fields(
    data: Mapping[str, JSONValue],
) -> Iterator[tuple[str, Mapping[str, JSONValue]]]:
    """The fields an update changed, by the data of its event, each with what Jira told of it."""
    log = data.get("changelog")
    for change in log if isinstance(log, list) else ():
        if isinstance(change, Mapping):
            yield str(change.get("field", "")).casefold(), change
