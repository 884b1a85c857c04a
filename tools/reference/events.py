"""What an event of each kind carries, made from the code that fills it."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.jira.details import (
    comment_details,
    sprint_details,
    work_item_details,
    worklog_details,
)
from chargehand.connectors.jira.participants import VisibilityState
from chargehand.connectors.jira.schemas import Payload, read_payload
from chargehand.domain.event import EventKind
from chargehand.domain.json import JSONObject
from tools.reference.bitbucket_events import BITBUCKET_NAMES, bitbucket_sections
from tools.reference.github_events import GITHUB_NAMES, github_sections
from tools.reference.markdown import page, table
from tools.reference.slack_events import SLACK_NAMES, slack_sections

_INTRO = """\
The `kind` of an event and what its `data` holds; what each kind means is in the \
[glossary](../glossary.md#event-kinds).
`chargehand events list` shows the events of a data folder, and \
`chargehand events parse --connector NAME FILE` says what a payload would mean.
A value that the vendor did not send is `null`.
Times are ISO 8601 in UTC."""

# How Jira tells of each kind; the polled comments are written in the same shape.
JIRA_NAMES: Final[Mapping[EventKind, tuple[str, ...]]] = {
    EventKind.COMMENT_CREATED: ("comment_created", "jira:issue_updated (issue_commented)"),
    EventKind.COMMENT_UPDATED: ("comment_updated", "jira:issue_updated (issue_comment_edited)"),
    EventKind.COMMENT_DELETED: ("comment_deleted", "jira:issue_updated (issue_comment_deleted)"),
    EventKind.WORK_ITEM_CREATED: ("jira:issue_created",),
    EventKind.WORK_ITEM_UPDATED: ("jira:issue_updated",),
    EventKind.WORK_ITEM_DELETED: ("jira:issue_deleted",),
    EventKind.WORKLOG_CREATED: ("worklog_created",),
    EventKind.WORKLOG_UPDATED: ("worklog_updated",),
    EventKind.WORKLOG_DELETED: ("worklog_deleted",),
    EventKind.SPRINT_CREATED: ("sprint_created",),
    EventKind.SPRINT_UPDATED: ("sprint_updated",),
    EventKind.SPRINT_STARTED: ("sprint_started",),
    EventKind.SPRINT_CLOSED: ("sprint_closed",),
    EventKind.SPRINT_DELETED: ("sprint_deleted",),
    EventKind.UNSUPPORTED: ("everything else",),
}
_UNSUPPORTED: Final = ("reason", "webhook_event", "missing")
_MEANINGS: Final[Mapping[str, str]] = {
    "activated_at": "When the sprint was started.",
    "assignee": "Account id of the assignee.",
    "assignee_name": "Name of the assignee.",
    "board_id": "The board the sprint was made on.",
    "changelog": "The changed fields in Jira's order: `field`, `field_id`, `from`, `to` as Jira's "
    "ids, `from_text`, `to_text` as it shows them.",
    "changelog_cut": "Whether more fields were changed than are listed.",
    "changelog_id": "Jira's id of the change.",
    "comment_id": "Jira's id of the comment; of a work item's change, the one saved with it.",
    "completed_at": "When the sprint was closed.",
    "created_at": "When it was made.",
    "ends_at": "When the sprint is planned to end.",
    "goal": "The sprint's goal.",
    "issue_id": "Jira's number of the work item.",
    "jsd_public": "Jira's flag whether the customer reads along; it means that in service projects "
    "only.",
    "missing": "The field without which the delivery says nothing; only where that is the reason.",
    "name": "The sprint's name.",
    "project_type": "`software`, `service_desk` or `business`, as Jira says it.",
    "reason": "`not_json`, `not_an_object`, `no_event_name`, `unused_event`, `unknown_event` or "
    "`incomplete`; of Bitbucket also `unfinished` (a check that still runs); of Slack also "
    "`unchanged` (a preview was added), `events_dropped` and `access_revoked`.",
    "security_level": "Name of the work item's security level.",
    "spent_s": "Time logged, in seconds.",
    "sprint_id": "Jira's id of the sprint.",
    "started_at": "When the logged work began.",
    "starts_at": "When the sprint is planned to start.",
    "state": "`future`, `active` or `closed`.",
    "status": "Name of the status.",
    "text_state": "`read`, `cut` because it was too long, or `unreadable`; of a work item only "
    "where the description is news.",
    "title": "Title of the work item.",
    "updated_at": "When it was last edited.",
    "updated_ms": "The same as milliseconds since 1970, as it stands in the event's key.",
    "visibility_state": "`told` by Jira, `assumed` because Jira was silent, or `unreadable`; the "
    "last two count as the narrowest.",
    "webhook_event": "The name the vendor gave, if any.",
    "worklog_id": "Jira's id of the logged work.",
}


def events_page() -> str:
    """Every kind of event with the names a vendor gives it and what its data holds."""
    told = [kind for kind in EventKind if kind in JIRA_NAMES]
    names = [
        [f"`{kind.value}`", ", ".join(_in_code(name) for name in JIRA_NAMES[kind])] for kind in told
    ]
    told = [*told, *SLACK_NAMES, *BITBUCKET_NAMES, *GITHUB_NAMES]
    untold = [kind for kind in EventKind if kind not in told]
    sections = [
        "## What Jira tells\n\n" + table(["kind", "Jira's name for it"], names),
        *slack_sections(),
        *bitbucket_sections(),
        *github_sections(),
        *(_data_section(title, keys) for title, keys in event_data().items()),
        "## Kinds no connector tells of yet\n\n"
        + ", ".join(f"`{kind.value}`" for kind in untold)
        + "\n",
    ]
    return page("Events", _INTRO, "\n".join(sections))


def event_data() -> dict[str, tuple[str, ...]]:
    """The keys of `data` by the part of the kind before the dot."""
    payload = _sample()
    note, issue = payload.comment, payload.issue
    if note is None or issue is None or payload.sprint is None:
        message = "the sample holds every part a payload can have"
        raise AssertionError(message)
    told = VisibilityState.TOLD
    found: dict[str, JSONObject] = {
        "comment": comment_details(note, issue, text=None, visibility_state=told),
        "work_item": work_item_details(issue, payload.changelog, text=None, comment=note),
        "worklog": worklog_details(note, issue, text=None, visibility_state=told),
        "sprint": sprint_details(payload.sprint),
    }
    return {**{family: tuple(data) for family, data in found.items()}, "unsupported": _UNSUPPORTED}


def _data_section(family: str, keys: tuple[str, ...]) -> str:
    shown = "unsupported" if family == "unsupported" else f"{family}.*"
    rows = [[f"`{key}`", _MEANINGS[key]] for key in keys]
    return f"## Data of `{shown}`\n\n" + table(["key", "meaning"], rows)


def _in_code(name: str) -> str:
    return f"`{name}`" if "_" in name else name


def _sample() -> Payload:
    payload = read_payload(b'{"comment": {}, "issue": {}, "sprint": {}}')
    if not isinstance(payload, Payload):
        message = "the sample is a JSON object"
        raise TypeError(message)
    return payload
