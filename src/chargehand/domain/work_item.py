"""A ticket, story or epic, wherever it lives, and what can be known about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from chargehand.domain.event import Visibility
from chargehand.domain.fact import Known, Unknown, UnknownReason
from chargehand.domain.ids import AccountId, ProjectKey, WorkItemKey


class StatusCategory(StrEnum):
    """The three categories every workflow maps its statuses to."""

    TO_DO = "to_do"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Right(StrEnum):
    """What a person may do on one work item; asked of the vendor, never assumed."""

    COMMENT = "comment"
    TRANSITION = "transition"
    ASSIGN = "assign"
    EDIT = "edit"
    LINK = "link"
    SCHEDULE = "schedule"
    RESOLVE = "resolve"
    CREATE = "create"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the vendor names it."""

    account_id: AccountId
    name: str
    is_active: bool = True


class LinkDirection(StrEnum):
    """How a linked work item stands to the asked one."""

    BLOCKED_BY = "blocked_by"
    BLOCKS = "blocks"
    RELATES = "relates"
    PARENT = "parent"
    CHILD = "child"


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """A work item at the other end of a link.

    Shape: `relation` is the vendor's wording ("is blocked by"); `is_readable_by_item_audience` is
    true only when it lies in the same project and has no security level, so that whoever may
    read the asked item may read its key, title and status.
    """

    key: WorkItemKey
    title: str
    status: str
    category: StatusCategory
    direction: LinkDirection
    relation: str
    url: str
    is_readable_by_item_audience: bool


@dataclass(frozen=True, slots=True)
class WorkItem:
    """The fields of one work item that answers are made from.

    Shape: `links` are in the vendor's order; `security_level` is None when the item has none;
    `is_service_request` is true in service projects, where customers read along.
    """

    key: WorkItemKey
    id: str
    project: ProjectKey
    url: str
    title: str
    type_name: str
    status: str
    category: StatusCategory
    assignee: Person | None
    reporter: Person | None
    priority: str | None
    due_on: date | None
    labels: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    security_level: str | None
    links: tuple[LinkedItem, ...]
    is_flagged: bool = False
    is_service_request: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `is_ours` is true when it carries our action's mark."""

    id: str
    author: Person
    created_at: datetime
    updated_at: datetime
    text: str
    visibility: Visibility
    url: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field in the history; values as the vendor shows them, empty for none."""

    changed_at: datetime
    author: Person
    field: str
    from_value: str
    to_value: str


@dataclass(frozen=True, slots=True)
class Sprint:
    """The sprint a work item is planned in; dates are None until the sprint is started."""

    name: str
    state: str
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Transition:
    """A legal move out of the present status; `required_fields` must be filled by a person.

    Shape: `is_conditional` is true when the vendor lets only some people make it, and can not be
    asked about anybody but the bot.
    """

    id: str
    name: str
    to_status: str
    to_category: StatusCategory
    required_fields: tuple[str, ...] = ()
    is_conditional: bool = False


class FieldName(StrEnum):
    """The fields of a work item that people can ask to have set."""

    SUMMARY = "summary"
    PRIORITY = "priority"
    DUE = "due"
    COMPONENTS = "components"
    FIX_VERSIONS = "fix_versions"

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return self in (FieldName.COMPONENTS, FieldName.FIX_VERSIONS)


@dataclass(frozen=True, slots=True)
class EditableField:
    """A field as it is, and what it may become.

    Shape: `values` are the texts people see, none when it is empty, at most one unless the field
    is a list; `choices` is None where any text is possible; `is_open` is false when the operator
    keeps the field from being set for people.
    """

    name: FieldName
    values: tuple[str, ...]
    choices: tuple[str, ...] | None
    is_open: bool
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class LinkType:
    """A kind of link with its wording from either end: "blocks", "is blocked by"."""

    name: str
    outward: str
    inward: str


@dataclass(frozen=True, slots=True)
class NewItemType:
    """A type a work item can be created with; `required_fields` must be filled by a person."""

    id: str
    name: str
    required_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Creation:
    """What can be created in a project.

    Shape: `wanted` is the type that was asked for, None where the project has none of that name;
    `type_names` are all of them.
    """

    project_id: str
    wanted: NewItemType | None
    type_names: tuple[str, ...]


NOT_ASKED = Unknown(UnknownReason.NOT_CONFIGURED, "not asked for")


@dataclass(frozen=True, slots=True)
class FactNeeds:
    """What an answer has to be read from, and nothing more.

    Shape: `rights` are checked for `asker` on the work item; `people` are names or account ids
    to look up among those who can be assigned; `fields` asks for what can be edited,
    `creates` names the type of a new work item in the same project, empty for none. With
    `project` there is no work item: `work_item` only names the need, and what can be created in
    the project is read, and the rights to it.
    """

    work_item: WorkItemKey
    comments: bool = False
    history: bool = False
    sprint: bool = False
    transitions: bool = False
    fields: bool = False
    link_types: bool = False
    creates: str = ""
    project: ProjectKey | None = None
    asker: AccountId | None = None
    rights: tuple[Right, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read for one ask; every part is a fact or an unknown with its reason.

    Shape: `comments` oldest first; `history` oldest first; `people` maps each looked-up name to
    the assignable people it may mean; a field the vendor does not let the bot set is missing from
    `fields`.
    """

    item: Known[WorkItem]
    comments: Known[tuple[Comment, ...]] = NOT_ASKED
    history: Known[tuple[Change, ...]] = NOT_ASKED
    sprint: Known[Sprint | None] = NOT_ASKED
    transitions: Known[tuple[Transition, ...]] = NOT_ASKED
    fields: Known[tuple[EditableField, ...]] = NOT_ASKED
    link_types: Known[tuple[LinkType, ...]] = NOT_ASKED
    creation: Known[Creation] = NOT_ASKED
    rights: Mapping[Right, Known[bool]] = field(default_factory=dict)
    people: Mapping[str, Known[tuple[Person, ...]]] = field(default_factory=dict)
