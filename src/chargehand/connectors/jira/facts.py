"""Reads what an answer is made from; what can not be read is Unknown with its reason."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from chargehand.connectors.jira.comments import CommentReader
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.fields import editable_fields
from chargehand.connectors.jira.items import (
    Issue,
    comment_of,
    has_sprint_field,
    sprint_of,
    visibility_of,
    work_item_of,
)
from chargehand.connectors.jira.queries import READ_ITEM, JiraQueries
from chargehand.domain.errors import ChargehandError, Retryable
from chargehand.domain.fact import Fact, Known, Unknown, UnknownReason
from chargehand.domain.ids import AccountId, ProjectKey
from chargehand.domain.work_item import (
    NOT_ASKED,
    Change,
    Comment,
    Creation,
    EditableField,
    FactNeeds,
    Facts,
    LinkType,
    Person,
    Right,
    Sprint,
    Transition,
    WorkItem,
)
from chargehand.plugins.errors import (
    CredentialsRefused,
    LimitReached,
    PermissionMissing,
    RequestRefused,
    ScopeMissing,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)
from chargehand.plugins.outcomes import VENDOR_FAILURES

T = TypeVar("T")
IssueTask: TypeAlias = asyncio.Task[Issue | Unknown]
COMMENT_LIMIT = 50
_READ_COMMENTS = "read comments"
_REASONS: Mapping[type[ChargehandError], UnknownReason] = {
    TargetMissing: UnknownReason.NOT_FOUND,
    CredentialsRefused: UnknownReason.SIGN_IN_REFUSED,
    PermissionMissing: UnknownReason.NO_ACCESS,
    ScopeMissing: UnknownReason.NO_ACCESS,
    VendorBusy: UnknownReason.RATE_LIMITED,
    LimitReached: UnknownReason.RATE_LIMITED,
    VendorUnreachable: UnknownReason.UNREACHABLE,
    VendorFailing: UnknownReason.UNREACHABLE,
    VendorAnswerUnreadable: UnknownReason.UNREADABLE,
    RequestRefused: UnknownReason.UNREADABLE,
}


def unknown_from(error: ChargehandError) -> Unknown:
    """What a failed reading means for an answer; the detail is for operators."""
    retry_after_s = error.retry_after_s if isinstance(error, Retryable) else None
    return Unknown(_REASONS[type(error)], str(error), retry_after_s)


async def _attempt(reading: Awaitable[T]) -> T | Unknown:
    try:
        return await reading
    except VENDOR_FAILURES as error:
        return unknown_from(error)


@dataclass(frozen=True, slots=True)
class FactReader:
    """Reads facts through one connection; `find_bot` tells which account is ours."""

    config: JiraConfig
    queries: JiraQueries
    comments: CommentReader
    find_bot: Callable[[], Awaitable[AccountId]]

    async def read(self, needs: FactNeeds, *, now: datetime) -> Facts:
        """Everything asked for, at the same time where one reading needs no other."""
        reading = _Reading(self, needs, now)
        if needs.project is not None:
            return await reading.of_project(needs.project)
        async with asyncio.TaskGroup() as group:
            issue: IssueTask = group.create_task(_attempt(self.queries.issue(needs.work_item)))
            item = group.create_task(reading.item(issue))
            comments = group.create_task(reading.comments(issue))
            history = group.create_task(reading.history())
            sprint = group.create_task(reading.sprint(issue))
            transitions = group.create_task(reading.transitions())
            fields = group.create_task(reading.fields(issue))
            link_types = group.create_task(reading.link_types())
            creation = group.create_task(reading.creation(issue))
            rights = group.create_task(reading.rights(issue))
            people = {name: group.create_task(reading.people(name)) for name in needs.people}
        return Facts(
            item=item.result(),
            comments=comments.result(),
            history=history.result(),
            sprint=sprint.result(),
            transitions=transitions.result(),
            fields=fields.result(),
            link_types=link_types.result(),
            creation=creation.result(),
            rights=rights.result(),
            people={name: task.result() for name, task in people.items()},
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the needs of one ask; every method answers, none raises."""

    reader: FactReader
    needs: FactNeeds
    now: datetime

    async def of_project(self, key: ProjectKey) -> Facts:
        """What can be created in a project, and who may."""
        queries, needs = self.reader.queries, self.needs
        project = await _attempt(queries.project(key))
        if isinstance(project, Unknown):
            return Facts(
                item=NOT_ASKED, creation=project, rights=dict.fromkeys(needs.rights, project)
            )
        async with asyncio.TaskGroup() as group:
            creation = group.create_task(self._known(queries.creation(project, needs.creates)))
            rights = group.create_task(
                self._rights(lambda asker: queries.granted_in_project(project, asker, needs.rights))
            )
        return Facts(item=NOT_ASKED, creation=creation.result(), rights=rights.result())

    async def item(self, issue_task: IssueTask) -> Known[WorkItem]:
        issue = await issue_task
        if isinstance(issue, Unknown):
            return issue
        return await self._known(self._item(issue))

    async def _item(self, issue: Issue) -> WorkItem:
        found = await _attempt(self.reader.queries.open_linked_keys(issue))
        # What can not be shown to be readable by everybody is withheld.
        open_keys: frozenset[str] = frozenset() if isinstance(found, Unknown) else found
        return work_item_of(issue, self.reader.config, open_keys=open_keys, operation=READ_ITEM)

    async def comments(self, issue_task: IssueTask) -> Known[tuple[Comment, ...]]:
        if not self.needs.comments:
            return NOT_ASKED
        return await self._known(self._comments(issue_task))

    async def _comments(self, issue_task: IssueTask) -> tuple[Comment, ...]:
        key, read = self.needs.work_item, self.reader.comments
        found = await read.newest(key, limit=COMMENT_LIMIT)
        bot = await self.reader.find_bot()
        by_bot = [c.id for c in found if c.author is not None and c.author.account_id == bot]
        marks = await read.marks(by_bot)
        issue = await issue_task
        # Where the project's kind is not known, a public comment is taken to reach customers.
        is_service_request = isinstance(issue, Unknown) or issue.is_service_request
        return tuple(
            comment_of(
                comment,
                visibility=visibility_of(comment, is_service_request=is_service_request),
                url=self.reader.config.comment_url(key, comment.id),
                is_ours=marks.get(comment.id) is not None,
                operation=_READ_COMMENTS,
            )
            for comment in found
        )

    async def history(self) -> Known[tuple[Change, ...]]:
        if not self.needs.history:
            return NOT_ASKED
        return await self._known(self.reader.queries.history(self.needs.work_item))

    async def sprint(self, issue_task: IssueTask) -> Known[Sprint | None]:
        if not self.needs.sprint:
            return NOT_ASKED
        issue = await issue_task
        if isinstance(issue, Unknown):
            return issue
        if not has_sprint_field(issue):
            return Unknown(UnknownReason.NOT_CONFIGURED, "the project has no sprint field")
        return await self._known(_sprint(issue))

    async def transitions(self) -> Known[tuple[Transition, ...]]:
        if not self.needs.transitions:
            return NOT_ASKED
        return await self._known(self.reader.queries.transitions(self.needs.work_item))

    async def fields(self, issue_task: IssueTask) -> Known[tuple[EditableField, ...]]:
        if not self.needs.fields:
            return NOT_ASKED
        issue = await issue_task
        return issue if isinstance(issue, Unknown) else await self._known(self._fields(issue))

    async def _fields(self, issue: Issue) -> tuple[EditableField, ...]:
        meta = await self.reader.queries.edit_meta(self.needs.work_item)
        return editable_fields(issue.fields, meta, is_open=self.reader.config.editable_fields)

    async def link_types(self) -> Known[tuple[LinkType, ...]]:
        if not self.needs.link_types:
            return NOT_ASKED
        return await self._known(self.reader.queries.link_types())

    async def creation(self, issue_task: IssueTask) -> Known[Creation]:
        if not self.needs.creates:
            return NOT_ASKED
        issue = await issue_task
        if isinstance(issue, Unknown):
            return issue
        project = issue.fields.project
        return await self._known(self.reader.queries.creation(project, self.needs.creates))

    async def rights(self, issue_task: IssueTask) -> Mapping[Right, Known[bool]]:
        wanted = self.needs.rights
        if not wanted:
            return {}
        issue = await issue_task
        if isinstance(issue, Unknown):
            return dict.fromkeys(wanted, issue)
        return await self._rights(lambda asker: self.reader.queries.granted(issue, asker, wanted))

    async def _rights(
        self, ask: Callable[[AccountId], Awaitable[Mapping[Right, bool]]]
    ) -> Mapping[Right, Known[bool]]:
        wanted, asker = self.needs.rights, self.needs.asker
        if asker is None:
            nobody = Unknown(UnknownReason.NO_ACCESS, "the asker has no account to ask about")
            return dict.fromkeys(wanted, nobody)
        try:
            granted = await ask(asker)
        except RequestRefused as error:
            # Jira says so too for an account it does not let the bot ask about.
            return dict.fromkeys(wanted, Unknown(UnknownReason.NO_ACCESS, str(error)))
        except VENDOR_FAILURES as error:
            return dict.fromkeys(wanted, unknown_from(error))
        return {right: self._fact(has_it) for right, has_it in granted.items()}

    async def people(self, name: str) -> Known[tuple[Person, ...]]:
        return await self._known(self.reader.queries.assignable(self.needs.work_item, name))

    async def _known(self, reading: Awaitable[T]) -> Known[T]:
        value = await _attempt(reading)
        return value if isinstance(value, Unknown) else self._fact(value)

    def _fact(self, value: T) -> Fact[T]:
        key = self.needs.project or self.needs.work_item
        return Fact(value, self.reader.config.item_url(key), self.now)


async def _sprint(issue: Issue) -> Sprint | None:
    return sprint_of(issue, operation=READ_ITEM)
