"""Says what a Jira delivery means: exactly one event, whatever the bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chargehand.connectors.jira.details import (
    comment_details,
    sprint_details,
    work_item_details,
    worklog_details,
)
from chargehand.connectors.jira.participants import NOBODY, actor_of, visibility_of
from chargehand.connectors.jira.schemas import (
    Issue,
    Note,
    Payload,
    Unreadable,
    User,
    moment_of,
    read_payload,
    to_millis,
)
from chargehand.connectors.jira.text.adf import read_adf
from chargehand.connectors.jira.text.wiki import read_wiki
from chargehand.connectors.jira.user_names import NamedBot, with_accounts
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import EVERYONE, Actor, Event, EventKind, Visibility
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.plugins.reading import Reading, marked

_COMMENTS: Mapping[str, EventKind] = {
    "comment_created": EventKind.COMMENT_CREATED,
    "comment_updated": EventKind.COMMENT_UPDATED,
    "comment_deleted": EventKind.COMMENT_DELETED,
}
_WORK_ITEMS: Mapping[str, EventKind] = {
    "jira:issue_created": EventKind.WORK_ITEM_CREATED,
    "jira:issue_updated": EventKind.WORK_ITEM_UPDATED,
    "jira:issue_deleted": EventKind.WORK_ITEM_DELETED,
}
_WORKLOGS: Mapping[str, EventKind] = {
    "worklog_created": EventKind.WORKLOG_CREATED,
    "worklog_updated": EventKind.WORKLOG_UPDATED,
    "worklog_deleted": EventKind.WORKLOG_DELETED,
}
_SPRINTS: Mapping[str, EventKind] = {
    "sprint_created": EventKind.SPRINT_CREATED,
    "sprint_updated": EventKind.SPRINT_UPDATED,
    "sprint_started": EventKind.SPRINT_STARTED,
    "sprint_closed": EventKind.SPRINT_CLOSED,
    "sprint_deleted": EventKind.SPRINT_DELETED,
}
# Jira tells of a comment twice: as a comment, and as a change of its issue under these names.
_COMMENT_CHANGES: Mapping[str, str] = {
    "issue_commented": "comment_created",
    "issue_comment_edited": "comment_updated",
    "issue_comment_deleted": "comment_deleted",
}
_WORDS_OF_COMMENTS = frozenset({EventKind.COMMENT_CREATED, EventKind.COMMENT_UPDATED})
# Events Jira documents and chargehand has no use for, by the beginning of their names.
_UNUSED = (
    "attachment_",
    "board_",
    "configuration_changed",
    "issue_property_",
    "issuelink_",
    "issuetype_",
    "jira:version_",
    "jira:worklog_",
    "jira_expression_evaluation_failed",
    "option_",
    "project_",
    "user_",
)
_NOTHING = Reading(())


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What one family of payloads tells; `missing` names the field without which it tells nothing.

    Shape: `key` is the event key behind the connection; `text` is None when the payload has none.
    """

    kind: EventKind
    key: str = ""
    missing: str = ""
    occurred_at: datetime | None = None
    actor: Actor = NOBODY
    issue: Issue | None = None
    text: Reading | None = None
    visibility: Visibility = EVERYONE
    data: JSONObject | None = None


class JiraParser:
    """Reads webhook bodies of both kinds of Jira, and polled items written in their shape.

    Shape: `bot` is given where mentions name users by their names, as on Data Center.
    """

    def __init__(self, bot: NamedBot | None = None) -> None:
        self._bot = bot

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """The one event a delivery means; what is not understood is `unsupported`."""
        payload = read_payload(delivery.body)
        if isinstance(payload, Unreadable):
            return _unsupported(delivery, None, reason=payload.value)
        meaning = self._named(_meaning_of(payload, delivery))
        if meaning is None:
            return _unsupported(delivery, payload, reason=_reason_of(payload.name))
        if meaning.missing:
            return _unsupported(delivery, payload, reason="incomplete", missing=meaning.missing)
        return _event(delivery, payload, meaning)

    def _named(self, meaning: _Meaning | None) -> _Meaning | None:
        if self._bot is None or meaning is None or meaning.text is None:
            return meaning
        if meaning.kind in _WORDS_OF_COMMENTS and meaning.issue is None:
            # Releases of Data Center tell of a comment without its work item. Taken for the event
            # itself it would hide the change of the work item, or the poll, that tells all.
            return replace(meaning, missing="issue")
        return replace(meaning, text=with_accounts(meaning.text, self._bot))


def _meaning_of(payload: Payload, delivery: VerifiedDelivery) -> _Meaning | None:
    name = _name_of(payload)
    if name in _COMMENTS:
        return _comment(payload, _COMMENTS[name], delivery)
    if name in _WORK_ITEMS:
        return _work_item(payload, _WORK_ITEMS[name], delivery)
    if name in _WORKLOGS:
        return _worklog(payload, _WORKLOGS[name], delivery)
    if name in _SPRINTS:
        return _sprint(payload, _SPRINTS[name], delivery)
    return None


def _name_of(payload: Payload) -> str:
    is_about_comment = payload.comment is not None and not payload.changelog.changes
    if payload.name == "jira:issue_updated" and is_about_comment:
        return _COMMENT_CHANGES.get(payload.change_name, payload.name)
    return payload.name


def _comment(payload: Payload, kind: EventKind, delivery: VerifiedDelivery) -> _Meaning:
    note, issue = payload.comment, payload.issue
    if note is None or not note.id:
        return _Meaning(kind, missing="comment.id")
    text = _read_text(note.body)
    visibility, state = visibility_of(note, issue.project_type if issue else "")
    return _Meaning(
        kind,
        key=f"comment:{note.id}:{_note_step(kind, note, payload, delivery)}",
        occurred_at=_note_time(kind, note),
        actor=actor_of(*_note_actors(kind, note, payload)),
        issue=issue,
        text=text,
        visibility=visibility,
        data=comment_details(note, issue, text=text, visibility_state=state),
    )


def _worklog(payload: Payload, kind: EventKind, delivery: VerifiedDelivery) -> _Meaning:
    note, issue = payload.worklog, payload.issue
    if note is None or not note.id:
        return _Meaning(kind, missing="worklog.id")
    text = _read_text(note.body)
    visibility, state = visibility_of(note, issue.project_type if issue else "")
    return _Meaning(
        kind,
        key=f"worklog:{note.id}:{_note_step(kind, note, payload, delivery)}",
        occurred_at=_note_time(kind, note),
        actor=actor_of(*_note_actors(kind, note, payload)),
        issue=issue,
        text=text,
        visibility=visibility,
        data=worklog_details(note, issue, text=text, visibility_state=state),
    )


def _work_item(payload: Payload, kind: EventKind, delivery: VerifiedDelivery) -> _Meaning:
    issue, log = payload.issue, payload.changelog
    if issue is None or not issue.id:
        return _Meaning(kind, missing="issue.id")
    step = kind.value.partition(".")[2]
    if kind is EventKind.WORK_ITEM_UPDATED:
        step = f"changelog:{log.id}" if log.id else f"updated:{_sent(payload, delivery)}"
    # Every update repeats the whole description; it is news only when the update changed it.
    is_news = kind is EventKind.WORK_ITEM_CREATED or any(
        "description" in (change.field, change.field_id) for change in log.changes
    )
    text = _read_text(issue.description) if is_news else None
    return _Meaning(
        kind,
        key=f"issue:{issue.id}:{step}",
        actor=actor_of(payload.user),
        issue=issue,
        text=text,
        data=work_item_details(issue, log, text=text, comment=payload.comment),
    )


def _sprint(payload: Payload, kind: EventKind, delivery: VerifiedDelivery) -> _Meaning:
    sprint = payload.sprint
    if sprint is None or not sprint.id:
        return _Meaning(kind, missing="sprint.id")
    step = kind.value.partition(".")[2]
    if kind is EventKind.SPRINT_UPDATED:
        step = f"{step}:{_sent(payload, delivery)}"
    return _Meaning(
        kind,
        key=f"sprint:{sprint.id}:{step}",
        actor=actor_of(payload.user),
        data=sprint_details(sprint),
    )


def _note_step(kind: EventKind, note: Note, payload: Payload, delivery: VerifiedDelivery) -> str:
    """The part of the key that tells one change of a comment from the next."""
    step = kind.value.partition(".")[2]
    if kind not in (EventKind.COMMENT_UPDATED, EventKind.WORKLOG_UPDATED):
        return step
    at = to_millis(note.updated_at) if note.updated_at else _sent(payload, delivery)
    return f"{step}:{at}"


def _note_time(kind: EventKind, note: Note) -> datetime | None:
    match kind:
        case EventKind.COMMENT_CREATED | EventKind.WORKLOG_CREATED:
            return note.created_at
        case EventKind.COMMENT_UPDATED | EventKind.WORKLOG_UPDATED:
            return note.updated_at
        case _:
            return None


def _note_actors(kind: EventKind, note: Note, payload: Payload) -> tuple[User | None, ...]:
    match kind:
        case EventKind.COMMENT_UPDATED | EventKind.WORKLOG_UPDATED:
            return (note.update_author, note.author, payload.user)
        case EventKind.COMMENT_DELETED | EventKind.WORKLOG_DELETED:
            return (payload.user, payload.author, note.author)
        case _ if _was_edited(note):
            # A poll tells of the making with the words of the last edit; they are those of
            # whoever edited, and must not borrow the rights of the author.
            return (note.update_author, note.author, payload.user)
        case _:
            return (note.author, payload.user)


def _was_edited(note: Note) -> bool:
    made_at, edited_at = note.created_at, note.updated_at
    return made_at is not None and edited_at is not None and edited_at > made_at


def _sent(payload: Payload, delivery: VerifiedDelivery) -> str:
    """The payload's own time for a key; without one the delivery keeps two changes apart."""
    return str(payload.sent_ms) if payload.sent_ms is not None else delivery.delivery_key


def _read_text(body: object) -> Reading | None:
    if isinstance(body, str):
        return marked(read_wiki(body), body)
    return marked(read_adf(body), body) if isinstance(body, Mapping) else None


def _event(delivery: VerifiedDelivery, payload: Payload, meaning: _Meaning) -> Event:
    reading, issue = meaning.text or _NOTHING, meaning.issue
    return Event(
        kind=meaning.kind,
        event_key=f"{delivery.connection_id}:{meaning.key}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=meaning.occurred_at or _sent_at(payload, delivery),
        actor=meaning.actor,
        project=ProjectKey(issue.project_key) if issue and issue.project_key else None,
        work_item=WorkItemKey(issue.key) if issue and issue.key else None,
        text=plain_text(reading.lines) if meaning.text is not None else None,
        lines=reading.lines,
        mentions=mentioned_accounts(reading.lines),
        visibility=meaning.visibility,
        data=meaning.data or {},
    )


def _unsupported(
    delivery: VerifiedDelivery, payload: Payload | None, *, reason: str, missing: str = ""
) -> Event:
    data = {"reason": reason, "webhook_event": (payload.name or None) if payload else None}
    return Event(
        kind=EventKind.UNSUPPORTED,
        event_key=f"{delivery.connection_id}:delivery:{delivery.delivery_key}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=_sent_at(payload, delivery) if payload else delivery.received_at,
        actor=actor_of(payload.user) if payload else NOBODY,
        data={**data, "missing": missing} if missing else data,
    )


def _reason_of(name: str) -> str:
    if not name:
        return "no_event_name"
    return "unused_event" if name.startswith(_UNUSED) else "unknown_event"


def _sent_at(payload: Payload, delivery: VerifiedDelivery) -> datetime:
    sent_at = moment_of(payload.sent_ms) if payload.sent_ms is not None else None
    return sent_at or delivery.received_at
