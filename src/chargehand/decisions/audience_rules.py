"""Who will read the answer, and so what of the facts it may tell.

Renderers receive only what `tell` lets through, so that nothing can leak by a careless sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from chargehand.decisions import reason_catalogue
from chargehand.decisions.told_code import ToldCode
from chargehand.domain.action import ActionKind
from chargehand.domain.ask import Ask
from chargehand.domain.audience import Audience, audience_of_place, audience_of_work_item
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.event import EVERYONE, Place, Visibility, VisibilityKind
from chargehand.domain.fact import Fact, Known, T, Unknown, UnknownReason
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.work_item import (
    Change,
    Comment,
    Facts,
    LinkDirection,
    LinkedItem,
    Sprint,
    WorkItem,
)

NOBODY: Final = "nobody"
NO_CODE: Final = ToldCode()
_CUSTOMER: Final = Visibility(VisibilityKind.CUSTOMER)
_NAMED: Final = frozenset({VisibilityKind.ROLE, VisibilityKind.GROUP})
_COMMENT_KINDS: Final = {
    VisibilityKind.EVERYONE: ActionKind.JIRA_ADD_COMMENT,
    VisibilityKind.ROLE: ActionKind.JIRA_ADD_COMMENT,
    VisibilityKind.GROUP: ActionKind.JIRA_ADD_COMMENT,
    VisibilityKind.INTERNAL: ActionKind.JIRA_ADD_INTERNAL_COMMENT,
    VisibilityKind.CUSTOMER: ActionKind.JIRA_REPLY_TO_CUSTOMER,
}
_NOT_TOLD: Final = Unknown(UnknownReason.NOT_CONFIGURED, "not for this audience")
# A link, a parent, a security level or a remote link in the history names things the readers of
# the work item may not be allowed to see, so the history is told by a list of harmless fields.
_TELLABLE_FIELDS: Final = frozenset(
    {
        "status",
        "assignee",
        "reporter",
        "priority",
        "duedate",
        "sprint",
        "summary",
        "description",
        "labels",
        "resolution",
        "flagged",
        "issuetype",
        "storypoints",
        "storypointestimate",
    }
)


class Reach(StrEnum):
    """Whether customers read along."""

    MEMBERS = "members"
    CUSTOMERS = "customers"


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """How a reply has to be sent so that it reaches nobody the question did not reach."""

    audience: Audience
    visibility: Visibility
    comment_kind: ActionKind
    reach: Reach


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer may tell of one work item, everything else already gone.

    Shape: `item.links` holds readable links only; `hidden_blockers` counts the blocking links
    whose other end may not be told; `withheld` names what was left out, as catalogue keys.
    """

    item: WorkItem
    item_url: str
    is_own: bool
    reach: Reach
    comments: Known[tuple[Comment, ...]]
    history: Known[tuple[Change, ...]]
    sprint: Known[Sprint | None]
    hidden_blockers: int = 0
    withheld: tuple[str, ...] = ()
    code: ToldCode = NO_CODE


def reply_kind(visibility: Visibility) -> ActionKind:
    """The kind of comment that answers a question of this visibility."""
    return _COMMENT_KINDS[visibility.kind]


def reply_rule(ask: Ask, item: WorkItem) -> ReplyRule:
    """The audience of the answer to this ask, and the kind of comment that keeps to it.

    In a service project a comment that is not marked internal is read by the customer, so an
    unmarked one counts as customer-visible; a role or group there keeps its restriction, and is
    still told only what customers may know, since whether they belong to it can not be told.
    """
    visibility = ask.visibility
    if item.is_service_request and visibility.kind is VisibilityKind.EVERYONE:
        visibility = _CUSTOMER
    is_internal = visibility.kind is VisibilityKind.INTERNAL
    is_for_customer = visibility.kind is VisibilityKind.CUSTOMER
    is_read_along = is_for_customer or (item.is_service_request and not is_internal)
    return ReplyRule(
        audience=audience_of_work_item(ask.item, visibility),
        visibility=visibility,
        comment_kind=_COMMENT_KINDS[visibility.kind],
        reach=Reach.CUSTOMERS if is_read_along else Reach.MEMBERS,
    )


def chat_rule(ask: Ask, place: Place) -> ReplyRule:
    """The audience of an answer in a chat: whoever can read along at the place.

    The comments told there are those that everybody who sees the work item can read.
    """
    return ReplyRule(
        audience=audience_of_place(ask.connection_id, place),
        visibility=EVERYONE,
        comment_kind=ActionKind.JIRA_ADD_COMMENT,
        reach=Reach.MEMBERS,
    )


def is_item_tellable_in_chat(item: WorkItem, ask: Ask) -> bool:
    """Whether a work item may be told of in a channel that serves the ask's projects."""
    return item.project in ask.served and item.security_level is None


def is_visibility_known(visibility: Visibility) -> bool:
    """Whether a restriction names its readers, so that a reply can be kept to them."""
    if visibility.kind not in _NAMED:
        return True
    return bool(visibility.value or visibility.identifier)


def silent_decision(reason: Reason, visibility: Visibility) -> Decision:
    """The decision to say nothing, with its reason."""
    return Decision(
        verdict=Verdict.SILENT,
        reason=reason,
        audience=Audience(scope=NOBODY, visibility=visibility),
    )


def project_of(key: WorkItemKey) -> ProjectKey:
    """The project a work item key belongs to."""
    return ProjectKey(key.rpartition("-")[0])


def is_other_item_tellable(item: WorkItem, *, project: ProjectKey, rule: ReplyRule) -> bool:
    """Whether a work item may be told about beneath another one of the given project."""
    return rule.reach is Reach.MEMBERS and item.project == project and item.security_level is None


def is_comment_tellable(comment: Comment, visibility: Visibility) -> bool:
    """Whether everybody who reads at `visibility` can read this comment too."""
    theirs = comment.visibility
    if theirs.kind is VisibilityKind.EVERYONE:
        return True
    if theirs.kind is VisibilityKind.CUSTOMER:
        # What a customer may read, the people behind an internal comment may read as well.
        return visibility.kind in (VisibilityKind.INTERNAL, VisibilityKind.CUSTOMER)
    return is_same_visibility(theirs, visibility)


def is_same_visibility(left: Visibility, right: Visibility) -> bool:
    """Whether two restrictions name the same people.

    The vendor's stable id decides where both carry it, since a name can be given anew.
    """
    if left.kind is not right.kind:
        return False
    if left.kind not in _NAMED:
        return True
    if left.identifier and right.identifier:
        return left.identifier == right.identifier
    return bool(left.value) and left.value == right.value


def tell(facts: Facts, item: Fact[WorkItem], *, ask: Ask, rule: ReplyRule) -> Told:
    """What of these facts the readers of the answer may learn."""
    if rule.reach is Reach.CUSTOMERS:
        return _tell_customers(item, ask)
    links, hidden, withheld = _tellable_links(item.value.links)
    comments, comments_left_out = _narrow(
        facts.comments, lambda one: is_comment_tellable(one, rule.visibility)
    )
    history, changes_left_out = _narrow(facts.history, _is_change_tellable)
    return Told(
        item=replace(item.value, links=links),
        item_url=item.source_url or item.value.url,
        is_own=item.value.key == ask.work_item,
        reach=rule.reach,
        comments=comments,
        history=history,
        sprint=facts.sprint,
        hidden_blockers=hidden,
        withheld=(
            *withheld,
            *reason_catalogue.withheld(reason_catalogue.WITHHELD_COMMENTS, comments_left_out),
            *reason_catalogue.withheld(reason_catalogue.WITHHELD_CHANGES, changes_left_out),
        ),
    )


def tellable_items(
    ask: Ask, facts: Mapping[WorkItemKey, Facts], rule: ReplyRule
) -> dict[WorkItemKey, Told]:
    """What of everything read the readers of the answer may learn; the asked item is in it."""
    told = {}
    for key, read in facts.items():
        item: Known[WorkItem] = read.item
        if not isinstance(item, Fact):
            continue
        if key == ask.work_item or is_other_item_tellable(
            item.value, project=ask.project, rule=rule
        ):
            told[key] = tell(read, item, ask=ask, rule=rule)
    return told


def tellable_in_chat(
    ask: Ask, facts: Mapping[WorkItemKey, Facts], rule: ReplyRule
) -> dict[WorkItemKey, Told]:
    """What the readers of a channel may learn: open items of the projects it serves, no others.

    A work item that was moved is told of under the key it has now, if that project is served too.
    """
    told = {}
    for key, read in facts.items():
        item: Known[WorkItem] = read.item
        if isinstance(item, Fact) and is_item_tellable_in_chat(item.value, ask):
            told[key] = tell(read, item, ask=ask, rule=rule)
    return told


def _tell_customers(item: Fact[WorkItem], ask: Ask) -> Told:
    # Everything but key, title, status and due date is emptied, so that a sentence that should
    # not be there would at least have nothing to say.
    narrowed = replace(
        item.value,
        assignee=None,
        reporter=None,
        priority=None,
        labels=(),
        security_level=None,
        links=(),
        is_flagged=False,
        description="",
    )
    return Told(
        item=narrowed,
        item_url=item.source_url or item.value.url,
        is_own=item.value.key == ask.work_item,
        reach=Reach.CUSTOMERS,
        comments=_NOT_TOLD,
        history=_NOT_TOLD,
        sprint=_NOT_TOLD,
        withheld=(reason_catalogue.WITHHELD_FROM_CUSTOMERS,),
    )


def _tellable_links(
    links: tuple[LinkedItem, ...],
) -> tuple[tuple[LinkedItem, ...], int, tuple[str, ...]]:
    readable = tuple(one for one in links if one.is_readable_by_item_audience)
    hidden = [one for one in links if not one.is_readable_by_item_audience]
    # Hidden blockers are counted whether they are done or not: their state is not ours to tell.
    blockers = sum(one.direction is LinkDirection.BLOCKED_BY for one in hidden)
    return (
        readable,
        blockers,
        reason_catalogue.withheld(reason_catalogue.WITHHELD_LINKS, len(hidden)),
    )


def _narrow(
    known: Known[tuple[T, ...]], is_tellable: Callable[[T], bool]
) -> tuple[Known[tuple[T, ...]], int]:
    if isinstance(known, Unknown):
        return known, 0
    kept = tuple(one for one in known.value if is_tellable(one))
    return replace(known, value=kept), len(known.value) - len(kept)


def _is_change_tellable(change: Change) -> bool:
    return field_key(change.field) in _TELLABLE_FIELDS


def field_key(name: str) -> str:
    """A vendor's field name without case, spaces and dashes: `Due date` and `duedate` are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
