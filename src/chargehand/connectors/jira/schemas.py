"""Jira's webhook payloads, tamed: every field has the type we say or counts as absent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, decode_json, fields_in, text_in
from chargehand.plugins.reading import MAX_ACCOUNT_ID_CHARS

MAX_TITLE_CHARS = 500
MAX_VALUE_CHARS = 500
MAX_CHANGES = 100

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WORK_ITEM_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,99})-[0-9]{1,18}")
_PROJECT_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_MILLISECOND = timedelta(milliseconds=1)


class Unreadable(StrEnum):
    """Why a body is no payload."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"


@dataclass(frozen=True, slots=True)
class User:
    """An account as a payload names it; `account_id` is empty when it names none."""

    account_id: str
    name: str
    account_type: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Issue:
    """The part of an issue that every payload carries; texts are empty when it does not."""

    id: str
    key: str
    project_key: str
    project_type: str
    title: str
    status: str
    assignee: User | None
    security_level: str
    description: object


@dataclass(frozen=True, slots=True)
class Note:
    """A comment, or a worklog with its comment; `body` is wiki markup, ADF, or anything else.

    Shape: `visibility` and `jsd_public` are as Jira sent them, None when it did not.
    """

    id: str
    issue_id: str
    author: User | None
    update_author: User | None
    body: object
    created_at: datetime | None
    updated_at: datetime | None
    visibility: object
    jsd_public: object
    started_at: datetime | None
    spent_s: int | None


@dataclass(frozen=True, slots=True)
class Sprint:
    """A sprint; `board_id` is the board it was made on."""

    id: str
    name: str
    state: str
    goal: str
    board_id: str
    starts_at: datetime | None
    ends_at: datetime | None
    activated_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field; `from_id` and `to_id` are Jira's values, the texts what it shows."""

    field: str
    field_id: str
    from_id: str
    to_id: str
    from_text: str
    to_text: str


@dataclass(frozen=True, slots=True)
class Changelog:
    """The changes of one save; `id` is empty when Jira sent none."""

    id: str
    changes: tuple[Change, ...]
    was_cut: bool = False


@dataclass(frozen=True, slots=True)
class Payload:
    """One webhook body, or a polled item written in the same shape."""

    name: str
    change_name: str
    sent_ms: int | None
    user: User | None
    author: User | None
    issue: Issue | None
    comment: Note | None
    worklog: Note | None
    sprint: Sprint | None
    changelog: Changelog


def read_payload(body: bytes) -> Payload | Unreadable:
    """The payload a body holds; never raises, whatever the bytes."""
    try:
        decoded = decode_json(body)
    except ValueError:
        return Unreadable.NOT_JSON
    if not isinstance(decoded, Mapping):
        return Unreadable.NOT_AN_OBJECT
    return Payload(
        name=text_in(decoded, "webhookEvent"),
        change_name=text_in(decoded, "issue_event_type_name"),
        sent_ms=millis_of(decoded.get("timestamp")),
        user=_user(decoded.get("user")),
        author=_user(decoded.get("author")),
        issue=_issue(decoded.get("issue")),
        comment=_note(decoded.get("comment"), "body"),
        worklog=_note(decoded.get("worklog"), "comment"),
        sprint=_sprint(decoded.get("sprint")),
        changelog=_changelog(fields_in(decoded, "changelog")),
    )


def id_in(fields: Fields, name: str) -> str:
    """The vendor's id under a name, empty unless it can be part of a key."""
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return str(value)
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def time_in(fields: Fields, name: str) -> datetime | None:
    """The moment under a name, UTC; Jira writes `+0700`, and `Z` or `+07:00` in sprints."""
    value = fields.get(name)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def millis_of(value: object) -> int | None:
    """Milliseconds since 1970 that name a moment a clock can show, else None."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:20])
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if moment_of(value) is not None else None


def moment_of(millis: int) -> datetime | None:
    """The UTC moment of a number of milliseconds since 1970, None outside the calendar."""
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return None


def to_millis(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - EPOCH) // _MILLISECOND


def _user(value: object) -> User | None:
    if not isinstance(value, Mapping):
        return None
    # Captures of old servers know no account ids; there the key, then the name, is the account.
    names = (text_in(value, key, MAX_ACCOUNT_ID_CHARS) for key in ("accountId", "key", "name"))
    return User(
        account_id=next(filter(None, names), ""),
        name=text_in(value, "displayName") or text_in(value, "name"),
        account_type=text_in(value, "accountType"),
        time_zone=text_in(value, "timeZone"),
    )


def _issue(value: object) -> Issue | None:
    if not isinstance(value, Mapping):
        return None
    fields = fields_in(value, "fields")
    project = fields_in(fields, "project")
    key = _WORK_ITEM_KEY.fullmatch(text_in(value, "key"))
    project_key = text_in(project, "key")
    prefix = key[1] if key else ""
    return Issue(
        id=id_in(value, "id"),
        key=key[0] if key else "",
        project_key=project_key if _PROJECT_KEY.fullmatch(project_key) else prefix,
        project_type=text_in(project, "projectTypeKey"),
        title=text_in(fields, "summary", MAX_TITLE_CHARS),
        status=text_in(fields_in(fields, "status"), "name"),
        assignee=_user(fields.get("assignee")),
        security_level=text_in(fields_in(fields, "security"), "name"),
        description=fields.get("description"),
    )


def _note(value: object, body_name: str) -> Note | None:
    if not isinstance(value, Mapping):
        return None
    spent = value.get("timeSpentSeconds")
    is_duration = isinstance(spent, int) and not isinstance(spent, bool) and 0 <= spent < 2**40
    return Note(
        id=id_in(value, "id"),
        issue_id=id_in(value, "issueId"),
        author=_user(value.get("author")),
        update_author=_user(value.get("updateAuthor")),
        body=value.get(body_name),
        created_at=time_in(value, "created"),
        updated_at=time_in(value, "updated"),
        visibility=value.get("visibility"),
        jsd_public=value.get("jsdPublic"),
        started_at=time_in(value, "started"),
        spent_s=spent if is_duration else None,
    )


def _sprint(value: object) -> Sprint | None:
    if not isinstance(value, Mapping):
        return None
    return Sprint(
        id=id_in(value, "id"),
        name=text_in(value, "name"),
        state=text_in(value, "state").lower(),
        goal=text_in(value, "goal", MAX_TITLE_CHARS),
        board_id=id_in(value, "originBoardId"),
        starts_at=time_in(value, "startDate"),
        ends_at=time_in(value, "endDate"),
        activated_at=time_in(value, "activatedDate"),
        completed_at=time_in(value, "completeDate"),
    )


def _changelog(fields: Fields) -> Changelog:
    items = fields.get("items")
    listed = items if isinstance(items, Sequence) and not isinstance(items, str) else ()
    changes = tuple(
        Change(
            field=text_in(item, "field"),
            field_id=text_in(item, "fieldId"),
            from_id=text_in(item, "from", MAX_VALUE_CHARS),
            to_id=text_in(item, "to", MAX_VALUE_CHARS),
            from_text=text_in(item, "fromString", MAX_VALUE_CHARS),
            to_text=text_in(item, "toString", MAX_VALUE_CHARS),
        )
        for item in listed[:MAX_CHANGES]
        if isinstance(item, Mapping)
    )
    return Changelog(id=id_in(fields, "id"), changes=changes, was_cut=len(listed) > MAX_CHANGES)
