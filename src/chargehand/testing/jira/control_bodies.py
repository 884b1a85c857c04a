"""The bodies of the control API; a property that is not listed here is refused."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from chargehand.testing.jira.records import (
    AccountType,
    CommentVisibility,
    ProjectKind,
    SprintState,
)


class PersonBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new account, or an existing one anew when `account_id` is taken."""

    name: str
    account_id: str | None = None
    email: str | None = None
    time_zone: str = "UTC"
    account_type: AccountType = "atlassian"
    active: bool = True
    token: str = ""
    groups: list[str] = []
    global_permissions: list[str] = []


class ProjectBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new project."""

    key: str
    name: str | None = None
    kind: ProjectKind = "software"
    lead: str | None = None
    members: list[str] | None = None
    security_levels: dict[str, list[str]] = {}


class GrantBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a person may do in a project from now on."""

    project: str
    person: str
    permissions: str | list[str] = "member"
    roles: list[str] | None = None


class IssueBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new issue."""

    project: str
    summary: str
    key: str | None = None
    issue_type: str | None = None
    status: str | None = None
    assignee: str | None = None
    reporter: str | None = None
    priority: str = "Medium"
    due_on: date | None = None
    labels: list[str] = []
    description: str = ""
    parent: str | None = None
    security: str | None = None
    sprints: list[int] = []
    flagged: bool = False


class LinkBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new link; with Blocks the source blocks the target."""

    source: str
    target: str
    kind: str = "Blocks"


class SprintBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new sprint."""

    name: str
    state: SprintState = "active"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    goal: str = ""


class CommentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a person comments, in wiki markup."""

    author: str
    body: str
    visibility: CommentVisibility | None = None
    public: bool = True


class CommentEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """The new text of a comment."""

    body: str
    author: str | None = None


class TransitionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A person moves an issue; `to` is a transition's id or name, or a status."""

    author: str
    to: str


class AssignBody(msgspec.Struct, forbid_unknown_fields=True):
    """A person assigns an issue; `to` null unassigns."""

    author: str
    to: str | None


class EditBody(msgspec.Struct, forbid_unknown_fields=True):
    """A person edits fields, named and shaped as in the REST API."""

    author: str
    fields: dict[str, Any]


class FailureBody(msgspec.Struct, forbid_unknown_fields=True):
    """A failure for the next matching requests."""

    method: str = ".*"
    path: str = ".*"
    status: int | None = None
    retry_after: int | None = None
    delay_s: float = 0.0
    cut: Literal["before", "after"] | None = None
    times: int = 1


class ClockBody(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of: be this far ahead, move on, or be at this moment."""

    offset_s: float | None = None
    advance_s: float | None = None
    now: datetime | None = None


class TargetBody(msgspec.Struct, forbid_unknown_fields=True):
    """A registered webhook."""

    url: str
    secret: str = ""
    events: list[str] | None = None


class ResendBody(msgspec.Struct, forbid_unknown_fields=True):
    """Send a message again under its old identifier."""

    id: str
    times: int = 1
