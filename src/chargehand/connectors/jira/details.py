"""The few extra facts each kind of Jira event carries in its `data`."""

from datetime import datetime

from chargehand.connectors.jira.participants import VisibilityState
from chargehand.connectors.jira.schemas import Changelog, Issue, Note, Sprint, to_millis
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.reading import Reading


def comment_details(
    note: Note, issue: Issue | None, *, text: Reading | None, visibility_state: VisibilityState
) -> JSONObject:
    """What is known of a comment beside its words.

    Shape: `text_state` is `read`, `cut` or `unreadable`; `visibility_state` is told, assumed or
    unreadable; texts and ids Jira did not send are None.
    Units: `_at` is ISO 8601 UTC, `updated_ms` counts milliseconds since 1970.
    """
    return {
        "comment_id": note.id,
        **_note_details(note, issue, text=text, visibility_state=visibility_state),
        "title": (issue.title or None) if issue else None,
    }


def worklog_details(
    note: Note, issue: Issue | None, *, text: Reading | None, visibility_state: VisibilityState
) -> JSONObject:
    """What is known of a worklog beside its words; Jira names its issue by id only.

    Units: `spent_s` is seconds; the rest as for a comment.
    """
    return {
        "worklog_id": note.id,
        **_note_details(note, issue, text=text, visibility_state=visibility_state),
        "started_at": _shown(note.started_at),
        "spent_s": note.spent_s,
    }


def work_item_details(
    issue: Issue, log: Changelog, *, text: Reading | None, comment: Note | None
) -> JSONObject:
    """What is known of a work item and of the change that was made to it.

    Shape: `changelog` lists the changed fields in Jira's order, `from` and `to` as Jira's ids,
    the texts as it shows them, None for no value; `comment_id` is the comment saved together
    with the change, which Jira also tells of by itself.
    """
    changes: list[JSONValue] = [
        {
            "field": change.field or change.field_id,
            "field_id": change.field_id or None,
            "from": change.from_id or None,
            "to": change.to_id or None,
            "from_text": change.from_text or None,
            "to_text": change.to_text or None,
        }
        for change in log.changes
    ]
    return {
        "issue_id": issue.id,
        "project_type": issue.project_type or None,
        "title": issue.title or None,
        "status": issue.status or None,
        "assignee": (issue.assignee.account_id or None) if issue.assignee else None,
        "assignee_name": (issue.assignee.name or None) if issue.assignee else None,
        "security_level": issue.security_level or None,
        "changelog_id": log.id or None,
        "changelog": changes,
        "changelog_cut": log.was_cut,
        "comment_id": (comment.id or None) if comment else None,
        "text_state": _text_state(text) if text else None,
    }


def sprint_details(sprint: Sprint) -> JSONObject:
    """What is known of a sprint.

    Units: `_at` is ISO 8601 UTC, None until the sprint is planned, started or closed.
    """
    return {
        "sprint_id": sprint.id,
        "name": sprint.name or None,
        "state": sprint.state or None,
        "goal": sprint.goal or None,
        "board_id": sprint.board_id or None,
        "starts_at": _shown(sprint.starts_at),
        "ends_at": _shown(sprint.ends_at),
        "activated_at": _shown(sprint.activated_at),
        "completed_at": _shown(sprint.completed_at),
    }


def _note_details(
    note: Note, issue: Issue | None, *, text: Reading | None, visibility_state: VisibilityState
) -> dict[str, JSONValue]:
    return {
        "issue_id": (issue.id if issue else "") or note.issue_id or None,
        "created_at": _shown(note.created_at),
        "updated_at": _shown(note.updated_at),
        "updated_ms": to_millis(note.updated_at) if note.updated_at else None,
        "project_type": (issue.project_type or None) if issue else None,
        "jsd_public": note.jsd_public if isinstance(note.jsd_public, bool) else None,
        "visibility_state": visibility_state.value,
        "text_state": _text_state(text),
    }


def _text_state(text: Reading | None) -> str:
    if text is None:
        return "unreadable"
    return "cut" if text.was_cut else "read"


def _shown(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
