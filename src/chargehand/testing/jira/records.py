"""What the fake site holds: frozen records, replaced when they change."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

Document: TypeAlias = dict[str, Any]
"""One ADF document, kept as the caller sent it."""

AccountType: TypeAlias = Literal["atlassian", "app", "customer"]
SprintState: TypeAlias = Literal["future", "active", "closed"]
ProjectKind: TypeAlias = Literal["software", "service_desk"]


@dataclass(frozen=True, slots=True)
class Person:
    """One account.

    Shape: `token` opens the REST API together with `email`, empty means it can not; `scopes` None
    means a token without scopes, which only the site itself takes; a token with scopes is taken by
    the gateway only, and there by itself as well. On Data Center `account_id` is the user key and
    `username` the name people sign in and are mentioned by; the token is enough there.
    `shows_email` is what its owner set in the profile, on Jira Cloud.
    """

    account_id: str
    name: str
    email: str
    time_zone: str = "UTC"
    account_type: AccountType = "atlassian"
    active: bool = True
    token: str = ""
    groups: tuple[str, ...] = ()
    global_permissions: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    username: str = ""
    shows_email: bool = False


@dataclass(frozen=True, slots=True)
class SecurityLevel:
    """Who may see the issues of a level besides having the project's browse right."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """One status; `category` is Jira's key: new, indeterminate or done."""

    id: str
    name: str
    category: Literal["new", "indeterminate", "done"]


@dataclass(frozen=True, slots=True)
class WorkflowMove:
    """One transition.

    Shape: `from_statuses` holds status ids, empty means from any; `required_fields` must come
    with the request; `resolution` is set when the request names none; `is_conditional` says that
    the workflow has conditions for it, which every caller of the fake meets.
    """

    id: str
    name: str
    to_status: str
    from_statuses: tuple[str, ...] = ()
    required_fields: tuple[str, ...] = ()
    resolution: str | None = None
    is_conditional: bool = False


@dataclass(frozen=True, slots=True)
class Workflow:
    """The statuses of a project, the first being where issues start, and the moves between."""

    statuses: tuple[Status, ...]
    moves: tuple[WorkflowMove, ...]

    def status(self, status_id: str) -> Status:
        """The status with this id; it always exists, since only these can be set."""
        return next(status for status in self.statuses if status.id == status_id)


@dataclass(frozen=True, slots=True)
class Project:
    """One project.

    Shape: `permissions` maps an account id to permission keys; `roles` maps a role's name to
    account ids; `security_levels` is keyed by name; `components` and `versions` are names;
    `required_fields` must be filled in a new issue.
    """

    id: str
    key: str
    name: str
    kind: ProjectKind
    lead: str
    workflow: Workflow
    permissions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    security_levels: dict[str, SecurityLevel] = field(default_factory=dict)
    components: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    required_fields: tuple[str, ...] = ()
    board_id: int = 1


@dataclass(frozen=True, slots=True)
class Sprint:
    """One sprint of a board."""

    id: int
    name: str
    state: SprintState
    board_id: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    completed_at: datetime | None = None
    goal: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue; people are account ids, `security` is the name of a level of its project.

    Shape: `creator` None means the reporter.
    """

    id: str
    key: str
    project: str
    summary: str
    issue_type: str
    status: str
    reporter: str | None
    created_at: datetime
    updated_at: datetime
    assignee: str | None = None
    priority: str = "Medium"
    due_on: date | None = None
    labels: tuple[str, ...] = ()
    description: Document | None = None
    parent: str | None = None
    security: str | None = None
    sprints: tuple[int, ...] = ()
    flagged: bool = False
    resolution: str | None = None
    components: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()
    creator: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """`source` stands in the outward relation to `target`: source blocks target."""

    id: str
    kind: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class CommentVisibility:
    """The role or group a comment is restricted to."""

    type: Literal["role", "group"]
    value: str


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `body` is ADF, `wiki` the same as webhooks and the service desk show it."""

    id: str
    issue: str
    author: str
    update_author: str
    body: Document
    wiki: str
    created_at: datetime
    updated_at: datetime
    visibility: CommentVisibility | None = None
    public: bool = True
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One changed field; raw values beside the texts people see, None for none."""

    field: str
    field_id: str
    from_value: str | None
    from_text: str | None
    to_value: str | None
    to_text: str | None
    kind: Literal["jira", "custom"] = "jira"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an issue's history."""

    id: str
    issue: str
    author: str
    at: datetime
    items: tuple[ChangeItem, ...]
