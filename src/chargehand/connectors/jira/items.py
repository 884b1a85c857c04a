"""Jira's work items, people and comments in the words of the domain."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from chargehand.connectors.jira.answers import (
    CommentAnswer,
    HistoryAnswer,
    IssueAnswer,
    IssueFieldsAnswer,
    LinkTypeAnswer,
    OptionAnswer,
    SprintAnswer,
    StatusAnswer,
    StubAnswer,
    TransitionAnswer,
    UserAnswer,
    jira_time,
)
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.errors import VENDOR
from chargehand.connectors.jira.text.body import body_to_text
from chargehand.connectors.jira.transport import decode
from chargehand.domain.event import EVERYONE, Visibility, VisibilityKind
from chargehand.domain.ids import AccountId, ProjectKey, WorkItemKey
from chargehand.domain.work_item import (
    Change,
    Comment,
    LinkDirection,
    LinkedItem,
    Person,
    Sprint,
    StatusCategory,
    Transition,
    WorkItem,
)
from chargehand.plugins.errors import VendorAnswerUnreadable

_SPRINT_FIELD = "com.pyxis.greenhopper.jira:gh-sprint"
_CHECKBOXES_FIELD = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"
_FLAG_NAME, _FLAG_OPTION = "flagged", "impediment"
_SERVICE_PROJECT = "service_desk"
_CATEGORIES = {
    "indeterminate": StatusCategory.IN_PROGRESS,
    "done": StatusCategory.DONE,
}
_SPRINT_KEYS = (
    "id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal"
    "|autoStartStop|synced|incompleteIssuesDestinationId"
)
_SPRINT_PART = re.compile(rf"(?:^|,)({_SPRINT_KEYS})=(.*?)(?=,(?:{_SPRINT_KEYS})=|$)", re.DOTALL)
_SPRINT_ORDER = ("active", "future", "closed")
# Jira itself answers the account id "unknown" for accounts it can not name.
NOBODY_KNOWN = Person(AccountId("unknown"), "Anonymous", is_active=False)


@dataclass(frozen=True, slots=True)
class Issue:
    """A work item as read: its system fields, and every field raw for the custom ones."""

    answer: IssueAnswer
    fields: IssueFieldsAnswer
    raw: Mapping[str, msgspec.Raw]

    @property
    def number(self) -> int:
        """The id in the form permission checks want it."""
        return int(self.answer.id)

    @property
    def project_number(self) -> int:
        """The id of its project, in the same form.

        Raises: VendorAnswerUnreadable when Jira did not give it.
        """
        number = self.fields.project.id
        if not (number.isascii() and number.isdigit()):
            detail = "the id of the project is no number"
            raise VendorAnswerUnreadable(vendor=VENDOR, operation="read a project", detail=detail)
        return int(number)

    @property
    def is_service_request(self) -> bool:
        """Whether it lies in a project where customers read along."""
        return self.fields.project.project_type_key == _SERVICE_PROJECT


@dataclass(frozen=True, slots=True)
class Link:
    """A work item at the other end of a link, before anybody asked who may see it."""

    stub: StubAnswer
    direction: LinkDirection
    relation: str


def open_issue(answer: IssueAnswer, *, operation: str) -> Issue:
    """The work item with its fields decoded.

    Raises: VendorAnswerUnreadable.
    """
    if not (answer.id.isascii() and answer.id.isdigit()):
        detail = "the id of the work item is no number"
        raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)
    fields = decode(bytes(answer.fields), IssueFieldsAnswer, operation=operation)
    raw = decode(bytes(answer.fields), dict[str, msgspec.Raw], operation=operation)
    return Issue(answer, fields, raw)


def person_of(user: UserAnswer | None) -> Person | None:
    """The account; None when there is none."""
    if user is None or not user.account_id:
        return None
    name = user.display_name or "Former user"
    return Person(AccountId(user.account_id), name, is_active=user.active is not False)


def category_of(status: StatusAnswer | None) -> StatusCategory:
    """The category of a status; what Jira leaves undefined counts as not begun."""
    if status is None:
        return StatusCategory.TO_DO
    return _CATEGORIES.get(status.status_category.key, StatusCategory.TO_DO)


def links_of(fields: IssueFieldsAnswer) -> tuple[Link, ...]:
    """Every linked work item: the parent, then the links in Jira's order, then the children."""
    return tuple(_each_link(fields))


def _each_link(fields: IssueFieldsAnswer) -> Iterator[Link]:
    if fields.parent is not None:
        yield Link(fields.parent, LinkDirection.PARENT, "parent")
    for link in fields.issuelinks or ():
        if link.inward_issue is not None:
            yield Link(link.inward_issue, _inward(link.type), link.type.inward)
        if link.outward_issue is not None:
            yield Link(link.outward_issue, _outward(link.type), link.type.outward)
    for stub in fields.subtasks or ():
        yield Link(stub, LinkDirection.CHILD, "subtask")


def _is_blocking(link_type: LinkTypeAnswer) -> bool:
    # The name of the built-in type is "Blocks"; sites add types that say it in other words.
    return link_type.name.casefold() in {"blocks", "blocker"} or (
        "blocked by" in link_type.inward.casefold()
    )


def _inward(link_type: LinkTypeAnswer) -> LinkDirection:
    return LinkDirection.BLOCKED_BY if _is_blocking(link_type) else LinkDirection.RELATES


def _outward(link_type: LinkTypeAnswer) -> LinkDirection:
    return LinkDirection.BLOCKS if _is_blocking(link_type) else LinkDirection.RELATES


def work_item_of(
    issue: Issue, config: JiraConfig, *, open_keys: frozenset[str], operation: str
) -> WorkItem:
    """The work item; `open_keys` are the linked ones that all its readers may read.

    Raises: VendorAnswerUnreadable.
    """
    fields = issue.fields
    return WorkItem(
        key=WorkItemKey(issue.answer.key),
        id=issue.answer.id,
        project=ProjectKey(fields.project.key),
        url=config.item_url(issue.answer.key),
        title=fields.summary or "",
        type_name=fields.issuetype.name,
        status=fields.status.name,
        category=category_of(fields.status),
        assignee=person_of(fields.assignee),
        reporter=person_of(fields.reporter),
        priority=None if fields.priority is None else fields.priority.name,
        due_on=_day(fields.duedate, operation=operation),
        labels=fields.labels or (),
        created_at=jira_time(fields.created, operation=operation),
        updated_at=jira_time(fields.updated, operation=operation),
        security_level=None if fields.security is None else fields.security.name,
        links=tuple(_linked_item(link, config, open_keys) for link in links_of(fields)),
        is_flagged=_is_flagged(issue, operation=operation),
        is_service_request=issue.is_service_request,
        description=body_to_text(fields.description),
    )


def _linked_item(link: Link, config: JiraConfig, open_keys: frozenset[str]) -> LinkedItem:
    status = link.stub.fields.status
    return LinkedItem(
        key=WorkItemKey(link.stub.key),
        title=link.stub.fields.summary,
        status="" if status is None else status.name,
        category=category_of(status),
        direction=link.direction,
        relation=link.relation,
        url=config.item_url(link.stub.key),
        is_readable_by_item_audience=link.stub.key in open_keys,
    )


def _is_flagged(issue: Issue, *, operation: str) -> bool:
    for field_id, value in _custom_values(issue, _CHECKBOXES_FIELD):
        options = decode(value, tuple[OptionAnswer, ...], operation=operation)
        chosen = {option.value.casefold() for option in options}
        is_the_flag = issue.answer.names.get(field_id, "").casefold() == _FLAG_NAME
        if chosen and (is_the_flag or _FLAG_OPTION in chosen):
            return True
    return False


def has_sprint_field(issue: Issue) -> bool:
    """Whether sprints exist where the work item lives."""
    return any(schema.custom == _SPRINT_FIELD for schema in issue.answer.schema.values())


def sprint_of(issue: Issue, *, operation: str) -> Sprint | None:
    """The sprint that matters now: the active one, else the next, else the last closed.

    Raises: VendorAnswerUnreadable.
    """
    sprints: list[SprintAnswer] = []
    for _, value in _custom_values(issue, _SPRINT_FIELD):
        found = decode(value, tuple[SprintAnswer | str, ...], operation=operation)
        sprints += [_sprint_in(one) if isinstance(one, str) else one for one in found]
    for state in _SPRINT_ORDER:
        # Jira lists the sprints of a work item in the order it was planned into them.
        of_state = [sprint for sprint in sprints if sprint.state.casefold() == state]
        if of_state:
            sprint = of_state[-1]
            return Sprint(
                name=sprint.name,
                state=state,
                starts_on=_day_of_time(sprint.start_date, operation=operation),
                ends_on=_day_of_time(sprint.end_date, operation=operation),
            )
    return None


def _sprint_in(text: str) -> SprintAnswer:
    """The sprint in what Data Center writes: `...Sprint@5d[id=3,state=ACTIVE,name=...]`."""
    # A name or goal may hold commas and brackets; no key of ours is among their words.
    found = dict(_SPRINT_PART.findall(text.partition("[")[2].removesuffix("]")))
    told = {key: value for key, value in found.items() if value != "<null>"}
    return SprintAnswer(
        name=told.get("name", ""),
        state=told.get("state", ""),
        start_date=told.get("startDate"),
        end_date=told.get("endDate"),
    )


def _custom_values(issue: Issue, kind: str) -> Iterator[tuple[str, bytes]]:
    for field_id, schema in issue.answer.schema.items():
        value = bytes(issue.raw.get(field_id, b"null"))
        if schema.custom == kind and value != b"null":
            yield field_id, value


def _day(text: str | None, *, operation: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        detail = f"{text[:40]!r} is no date"
        raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail) from error


def _day_of_time(text: str | None, *, operation: str) -> date | None:
    return jira_time(text, operation=operation).date() if text else None


def visibility_of(comment: CommentAnswer, *, is_service_request: bool) -> Visibility:
    """Who may read a comment; outside service projects being public means nothing.

    Shape: where Jira does not tell whether customers read it, it is taken to be internal.
    """
    if comment.visibility is not None:
        kind = VisibilityKind.GROUP if comment.visibility.type == "group" else VisibilityKind.ROLE
        return Visibility(kind, comment.visibility.value or "", comment.visibility.identifier or "")
    is_told_internal = comment.jsd_public is False
    if is_told_internal or (is_service_request and comment.jsd_public is None):
        return Visibility(VisibilityKind.INTERNAL)
    return Visibility(VisibilityKind.CUSTOMER) if is_service_request else EVERYONE


def comment_of(
    comment: CommentAnswer, *, visibility: Visibility, url: str, is_ours: bool, operation: str
) -> Comment:
    """The comment as the domain sees it.

    Raises: VendorAnswerUnreadable.
    """
    return Comment(
        id=comment.id,
        author=person_of(comment.author) or NOBODY_KNOWN,
        created_at=jira_time(comment.created, operation=operation),
        updated_at=jira_time(comment.updated, operation=operation),
        text=body_to_text(comment.body),
        visibility=visibility,
        url=url,
        is_ours=is_ours,
    )


def changes_of(history: Sequence[HistoryAnswer], *, operation: str) -> tuple[Change, ...]:
    """One change per field, oldest first.

    Raises: VendorAnswerUnreadable.
    """
    by_time = sorted(history, key=lambda entry: jira_time(entry.created, operation=operation))
    return tuple(
        Change(
            changed_at=jira_time(entry.created, operation=operation),
            author=person_of(entry.author) or NOBODY_KNOWN,
            field=item.field,
            from_value=item.from_string or "",
            to_value=item.to_string or "",
        )
        for entry in by_time
        for item in entry.items
    )


def transition_of(transition: TransitionAnswer) -> Transition:
    """The move; a required field that has a default needs no person."""
    return Transition(
        id=transition.id,
        name=transition.name,
        to_status=transition.to.name,
        to_category=category_of(transition.to),
        required_fields=tuple(
            field.name
            for field in transition.fields.values()
            if field.required and not field.has_default_value
        ),
        is_conditional=transition.is_conditional,
    )
