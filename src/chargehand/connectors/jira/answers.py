"""Jira's REST answers as tolerant values: only the parts chargehand reads, unknown ones ignored.

Source: the Jira Cloud platform REST API v3, and the service management API for requests.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from chargehand.connectors.jira.errors import VENDOR
from chargehand.plugins.errors import VendorAnswerUnreadable


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What all of Jira's answers share: camel case outside, snake case here."""


class UserAnswer(Answer, frozen=True):
    """An account; a deleted one may come without anything but its id.

    Shape: Data Center has no account ids; there the user key is the account, and `name` is the
    user name, by which people are mentioned and looked up and which can change.
    """

    account_id: str | None = None
    key: str | None = None
    name: str | None = None
    display_name: str | None = None
    active: bool | None = None
    account_type: str | None = None
    time_zone: str | None = None
    email_address: str | None = None

    def __post_init__(self) -> None:
        """Take the user key where there is no account id."""
        if self.account_id is None and self.key:
            msgspec.structs.force_setattr(self, "account_id", self.key)


class NamedAnswer(Answer, frozen=True):
    """Anything of which only the name matters: a priority, an issue type, a security level."""

    name: str = ""


class StatusCategoryAnswer(Answer, frozen=True):
    """Which of the three categories a status belongs to."""

    key: str = ""


class StatusAnswer(Answer, frozen=True):
    """A workflow status."""

    name: str
    status_category: StatusCategoryAnswer = StatusCategoryAnswer()


class ProjectAnswer(Answer, frozen=True):
    """A project; `lead` only where the project itself was asked for."""

    key: str
    id: str = ""
    name: str = ""
    project_type_key: str = ""
    lead: UserAnswer | None = None


class ProjectPageAnswer(Answer, frozen=True):
    """One page of the projects the bot can see."""

    values: tuple[ProjectAnswer, ...] = ()
    is_last: bool = True


class StubFieldsAnswer(Answer, frozen=True):
    """The few fields Jira puts into the stub of a linked work item."""

    summary: str = ""
    status: StatusAnswer | None = None


class StubAnswer(Answer, frozen=True):
    """A linked work item as seen from the asked one."""

    key: str
    fields: StubFieldsAnswer = StubFieldsAnswer()


class LinkTypeAnswer(Answer, frozen=True):
    """The wording of a link, seen from either end."""

    name: str = ""
    inward: str = ""
    outward: str = ""


class LinkAnswer(Answer, frozen=True):
    """A link; only the other end is given."""

    type: LinkTypeAnswer
    id: str = ""
    inward_issue: StubAnswer | None = None
    outward_issue: StubAnswer | None = None


class IssueFieldsAnswer(msgspec.Struct, frozen=True):
    """The system fields; their names are Jira's and partly written in one word."""

    project: ProjectAnswer
    status: StatusAnswer
    created: str
    updated: str
    summary: str | None = None
    issuetype: NamedAnswer = NamedAnswer()
    assignee: UserAnswer | None = None
    reporter: UserAnswer | None = None
    priority: NamedAnswer | None = None
    duedate: str | None = None
    labels: tuple[str, ...] | None = None
    security: NamedAnswer | None = None
    issuelinks: tuple[LinkAnswer, ...] | None = None
    subtasks: tuple[StubAnswer, ...] | None = None
    parent: StubAnswer | None = None
    components: tuple[NamedAnswer, ...] | None = None
    fix_versions: tuple[NamedAnswer, ...] | None = msgspec.field(default=None, name="fixVersions")
    description: object = None


class FieldSchemaAnswer(Answer, frozen=True):
    """The type of a field; `custom` names the plug-in type of a custom one."""

    custom: str | None = None


class IssueAnswer(Answer, frozen=True):
    """A work item; `fields` stays raw because custom fields have numbers for names."""

    id: str
    key: str
    fields: msgspec.Raw
    names: Mapping[str, str] = {}
    properties: Mapping[str, object] = {}
    schema: Mapping[str, FieldSchemaAnswer] = {}


class SearchAnswer(Answer, frozen=True):
    """One page of a search.

    Shape: on Cloud `next_page_token` is None on the last page; Data Center counts in `total`.
    """

    issues: tuple[IssueAnswer, ...] = ()
    next_page_token: str | None = None
    total: int = 0


class RawSearchAnswer(Answer, frozen=True):
    """The same page with every work item exactly as Jira wrote it."""

    issues: tuple[msgspec.Raw, ...] = ()
    next_page_token: str | None = None
    total: int = 0


class LinkedFieldsAnswer(msgspec.Struct, frozen=True):
    """What decides whether a linked work item may be shown."""

    project: ProjectAnswer
    security: NamedAnswer | None = None


class StateFieldsAnswer(msgspec.Struct, frozen=True):
    """What a set-type action changes."""

    status: StatusAnswer | None = None
    assignee: UserAnswer | None = None
    labels: tuple[str, ...] | None = None
    project: ProjectAnswer | None = None


class LinkListAnswer(msgspec.Struct, frozen=True):
    """The links of a work item."""

    issuelinks: tuple[LinkAnswer, ...] | None = None


class LinkStateAnswer(Answer, frozen=True):
    """A work item reduced to its links."""

    key: str
    fields: LinkListAnswer


class LinkTypesAnswer(Answer, frozen=True):
    """Every kind of link a site has."""

    issue_link_types: tuple[LinkTypeAnswer, ...] = ()


class FieldMetaAnswer(Answer, frozen=True):
    """What a field on a screen may become; `allowed_values` is None where any text may stand."""

    required: bool = False
    allowed_values: tuple[NamedAnswer, ...] | None = None


class EditMetaAnswer(Answer, frozen=True):
    """The fields on the edit screen of a work item, by id."""

    fields: Mapping[str, FieldMetaAnswer] = {}


class NewTypeAnswer(Answer, frozen=True):
    """A type a work item can be created with."""

    id: str
    name: str
    subtask: bool = False


class NewTypePageAnswer(Answer, frozen=True):
    """The types a project offers for new work items; Data Center calls them `values`."""

    issue_types: tuple[NewTypeAnswer, ...] = ()
    values: tuple[NewTypeAnswer, ...] = ()
    total: int = 0


class NewFieldAnswer(Answer, frozen=True):
    """A field on the screen for new work items."""

    field_id: str
    name: str = ""
    required: bool = False
    has_default_value: bool = False


class NewFieldPageAnswer(Answer, frozen=True):
    """The fields of one type on that screen; Data Center calls them `values`."""

    fields: tuple[NewFieldAnswer, ...] = ()
    values: tuple[NewFieldAnswer, ...] = ()
    total: int = 0


class CreatedAnswer(Answer, frozen=True):
    """A work item that was just created."""

    id: str
    key: str


class FieldValuesAnswer(msgspec.Struct, frozen=True):
    """The fields people can ask to have set."""

    summary: str | None = None
    priority: NamedAnswer | None = None
    duedate: str | None = None
    components: tuple[NamedAnswer, ...] | None = None
    fix_versions: tuple[NamedAnswer, ...] | None = msgspec.field(default=None, name="fixVersions")


class FieldStateAnswer(Answer, frozen=True):
    """A work item reduced to those fields."""

    key: str
    fields: FieldValuesAnswer


class StateAnswer(Answer, frozen=True):
    """A work item reduced to what set-type actions change."""

    key: str
    fields: StateFieldsAnswer
    id: str = ""


class BulkStatesAnswer(Answer, frozen=True):
    """The states of several work items; those that can not be read are not among them."""

    issues: tuple[StateAnswer, ...] = ()


class UpdatedFieldsAnswer(msgspec.Struct, frozen=True):
    """When a work item changed last."""

    updated: str


class OptionAnswer(Answer, frozen=True):
    """One choice of a select field."""

    value: str = ""


class SprintAnswer(Answer, frozen=True):
    """A sprint as the sprint field holds it."""

    name: str
    state: str = ""
    start_date: str | None = None
    end_date: str | None = None


class VisibilityAnswer(Answer, frozen=True):
    """The restriction of a comment."""

    type: str
    value: str | None = None
    identifier: str | None = None


class PropertyAnswer(Answer, frozen=True):
    """An entity property."""

    key: str
    value: object = None


class PropertyKeysAnswer(Answer, frozen=True):
    """Which entity properties there are; only that there is an answer matters."""


class CommentAnswer(Answer, frozen=True):
    """A comment; `properties` only where they were asked for.

    Shape: `jsd_public` says whether customers read it; Data Center does not tell. `address` is
    Jira's own, which names the work item by its number.
    """

    id: str
    created: str = ""
    updated: str = ""
    author: UserAnswer | None = None
    update_author: UserAnswer | None = None
    body: object = None
    visibility: VisibilityAnswer | None = None
    jsd_public: bool | None = None
    properties: tuple[PropertyAnswer, ...] = ()
    address: str = msgspec.field(default="", name="self")


class CommentStampAnswer(Answer, frozen=True):
    """Which comment it is, and when it was made and edited last."""

    id: str
    created: str
    updated: str


class CommentPageAnswer(Answer, frozen=True):
    """One page of a work item's comments."""

    comments: tuple[CommentAnswer, ...]
    total: int
    start_at: int = 0


class RawCommentPageAnswer(Answer, frozen=True):
    """The same page with every comment exactly as Jira wrote it."""

    comments: tuple[msgspec.Raw, ...]
    total: int
    start_at: int = 0


class CommentListAnswer(Answer, frozen=True):
    """Comments asked for by id; those the bot can not see are missing."""

    values: tuple[CommentAnswer, ...] = ()


class ChangeAnswer(Answer, frozen=True):
    """One field of one change."""

    field: str
    from_string: str | None = None
    to_string: str | None = msgspec.field(default=None, name="toString")


class HistoryAnswer(Answer, frozen=True):
    """One change: who, when, which fields."""

    created: str
    author: UserAnswer | None = None
    items: tuple[ChangeAnswer, ...] = ()


class HistoryPageAnswer(Answer, frozen=True):
    """One page of the history, oldest first."""

    values: tuple[HistoryAnswer, ...]
    total: int


class ChangelogAnswer(Answer, frozen=True):
    """The whole history, as Data Center gives it with a work item."""

    histories: tuple[HistoryAnswer, ...] = ()


class ExpandedHistoryAnswer(Answer, frozen=True):
    """A work item reduced to its history."""

    changelog: ChangelogAnswer


class TransitionFieldAnswer(Answer, frozen=True):
    """A field on a transition's screen."""

    name: str = ""
    required: bool = False
    has_default_value: bool = False


class TransitionAnswer(Answer, frozen=True):
    """A move out of the present status."""

    id: str
    name: str
    to: StatusAnswer
    is_available: bool = True
    is_conditional: bool = False
    fields: Mapping[str, TransitionFieldAnswer] = {}


class TransitionsAnswer(Answer, frozen=True):
    """Every move out of the present status."""

    transitions: tuple[TransitionAnswer, ...]


class GrantAnswer(Answer, frozen=True):
    """The work items on which a permission is granted."""

    permission: str
    issues: tuple[int, ...] = ()
    projects: tuple[int, ...] = ()


class GrantsAnswer(Answer, frozen=True):
    """What an account may do."""

    project_permissions: tuple[GrantAnswer, ...] = ()


class PermissionAnswer(Answer, frozen=True):
    """Whether the bot has one permission."""

    have_permission: bool = False


class PermissionsAnswer(Answer, frozen=True):
    """What the bot may do in a project."""

    permissions: Mapping[str, PermissionAnswer] = {}


class TenantAnswer(Answer, frozen=True):
    """What a site tells anybody of itself."""

    cloud_id: str


class ServerAnswer(Answer, frozen=True):
    """What a site says of itself."""

    base_url: str = ""
    version: str = ""
    deployment_type: str = ""


class RequestCommentAnswer(Answer, frozen=True):
    """A comment made through the service desk; `public` says whether customers read it."""

    id: str
    public: bool | None = None


def jira_time(text: str, *, operation: str) -> datetime:
    """The UTC moment of a Jira timestamp such as 2026-11-20T10:00:00.000+0000.

    Raises: VendorAnswerUnreadable when it is none, or lacks its offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        detail = f"{text[:40]!r} is no timestamp"
        raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail) from error
    if moment.tzinfo is None:
        detail = f"the timestamp {text[:40]!r} has no offset"
        raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)
    return moment.astimezone(UTC)
