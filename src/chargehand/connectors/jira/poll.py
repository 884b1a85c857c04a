"""Finds new and edited comments by asking, for sites that can not send webhooks to us."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from chargehand.connectors.jira.answers import (
    CommentStampAnswer,
    IssueAnswer,
    UpdatedFieldsAnswer,
    jira_time,
)
from chargehand.connectors.jira.comments import CommentReader
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.schemas import to_millis
from chargehand.connectors.jira.transport import JiraTransport, decode
from chargehand.connectors.jira.webhook import CONNECTOR
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import ProjectKey
from chargehand.plugins.connector import PollPage
from chargehand.plugins.errors import CursorUnreadable, TargetMissing

# Jira's search index follows its data after a moment; what was seen already is dropped by its key.
_OVERLAP_MS = 180_000
_DELIVERIES_PER_PAGE = 200
# A site may write times in whole seconds, so another comment can bear the time of one just read.
_SAME_TIME_MS = 2_000
_MOST_REMEMBERED = 50_000
# Half of what the transport lets through, so that answers never wait behind a long poll.
_ISSUES_AT_ONCE = 4
_OPERATION = "search for changed work items"
_READ_COMMENTS = "read comments"
# What Jira puts into the cut-down work item of a comment webhook.
_FIELDS = (
    "summary",
    "issuetype",
    "project",
    "assignee",
    "priority",
    "status",
    "security",
    "updated",
)


class _Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far polling came.

    Units: milliseconds since 1970; `since_ms` is what was read up to, `origin_ms` the first
    connection, before which nothing is ever read.
    """

    since_ms: int
    origin_ms: int

    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    @property
    def floor_ms(self) -> int:
        return max(self.since_ms - _OVERLAP_MS, self.origin_ms)

    def moved_to(self, since_ms: int) -> "_Cursor":
        return _Cursor(since_ms=max(self.since_ms, since_ms), origin_ms=self.origin_ms)


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls the comments of one connection."""

    config: JiraConfig
    transport: JiraTransport
    dialect: Dialect
    comments: CommentReader
    _remembered: "_Remembered" = field(default_factory=lambda: _Remembered({}))

    async def poll(
        self, projects: Sequence[ProjectKey], cursor: str | None, *, now: datetime
    ) -> AsyncIterator[PollPage]:
        """The comments made or edited since the cursor, as deliveries in the webhooks' shape.

        Shape: every page is complete up to its cursor, so storing both together loses nothing;
        the last page's cursor is the present. None for a cursor gives one empty page.
        Raises: the errors of plugins/errors.py.
        """
        if cursor is None:
            yield PollPage((), _Cursor(since_ms=to_millis(now), origin_ms=to_millis(now)).text())
            return
        position = self._read_cursor(cursor)
        floor_ms = position.floor_ms
        self._remembered.go_on_from(cursor, floor_ms)
        async for changed in self._changed_issues(projects, floor_ms):
            unread = [issue for issue in changed if not self._remembered.has(issue, floor_ms)]
            read_from_ms = self._present_millis(now) - _SAME_TIME_MS
            found = await self._deliveries(unread, floor_ms, now)
            before, position = position, position.moved_to(_newest_millis(changed))
            for page in _pages(found, before, position):
                yield page
            # Who asks for the next page has stored this one, so nothing remembered is lost.
            self._remembered.note(unread, floor_ms, until_ms=read_from_ms)
        reached = position.moved_to(self._present_millis(now)).text()
        self._remembered.reached = reached
        yield PollPage((), reached)

    def _read_cursor(self, text: str) -> _Cursor:
        try:
            return msgspec.json.decode(text, type=_Cursor)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise CursorUnreadable(connection_id=self.config.connection_id) from error

    def _present_millis(self, now: datetime) -> int:
        """The present by Jira's clock when ours is ahead: its times are what we compare with."""
        offset_s = self.transport.clock_offset_s or 0.0
        return to_millis(now + timedelta(seconds=min(offset_s, 0.0)))

    async def _changed_issues(
        self, projects: Sequence[ProjectKey], floor_ms: int
    ) -> AsyncIterator[tuple["_Changed", ...]]:
        """Work items changed since, longest ago first, one page of the search at a time."""
        if not projects:
            return
        pages = self.dialect.changed_since(projects, floor_ms, fields=_FIELDS, operation=_OPERATION)
        async for page in pages:
            yield tuple(_changed(raw) for raw in page)

    async def _deliveries(
        self, changed: Iterable["_Changed"], floor_ms: int, now: datetime
    ) -> list[VerifiedDelivery]:
        turns = asyncio.Semaphore(_ISSUES_AT_ONCE)

        async def in_turn(issue: _Changed) -> list[_News]:
            async with turns:
                return await self._of_issue(issue, floor_ms)

        by_issue = await asyncio.gather(*(in_turn(issue) for issue in changed))
        news = sorted((new for found in by_issue for new in found), key=lambda new: new.at_ms)
        return [
            VerifiedDelivery(
                connection_id=self.config.connection_id,
                connector=CONNECTOR,
                delivery_key=f"poll:comment:{new.comment_id}:{new.at_ms}",
                source=DeliverySource.POLL,
                lane=Lane.INTERACTIVE,
                received_at=now,
                body=new.body,
                headers={},
            )
            for new in news
        ]

    async def _of_issue(self, issue: "_Changed", floor_ms: int) -> list["_News"]:
        try:
            comments = await self.comments.all_raw(issue.key)
        except TargetMissing:
            # Deleted, or hidden from us, since the search found it.
            return []
        # Oldest first, so that comments of one millisecond keep their order.
        return [new for raw in reversed(comments) for new in _news_in(raw, issue, floor_ms)]


@dataclass(frozen=True, slots=True)
class _Changed:
    """A work item the search found, as Jira wrote it."""

    key: str
    updated_ms: int
    raw: msgspec.Raw


@dataclass(slots=True)
class _Remembered:
    """Which work items were read in which state; without it each is read at every poll for minutes.

    Shape: by key, when it was updated last and from when on its comments were told; `reached` is
    where the last poll ended. It is lost with the process, and what is read again then is the same
    events.
    """

    read: dict[str, tuple[int, int]]
    reached: str = ""

    def has(self, issue: _Changed, floor_ms: int) -> bool:
        """Whether nothing can have happened to a work item that was not told."""
        known = self.read.get(issue.key)
        return known is not None and known[0] == issue.updated_ms and known[1] <= floor_ms

    def note(self, issues: Iterable[_Changed], floor_ms: int, *, until_ms: int) -> None:
        """Remember what was read, but for what was updated after `until_ms`."""
        for issue in issues:
            if issue.updated_ms <= until_ms and len(self.read) < _MOST_REMEMBERED:
                self.read[issue.key] = (issue.updated_ms, floor_ms)

    def go_on_from(self, cursor: str, floor_ms: int) -> None:
        """Forget what no search from there on can find.

        Who begins elsewhere than the last poll ended may have lost what it told, as a database has
        that was restored; so all is forgotten then.
        """
        if cursor != self.reached:
            self.read.clear()
        for key in [key for key, (at_ms, _) in self.read.items() if at_ms < floor_ms]:
            del self.read[key]


@dataclass(frozen=True, slots=True)
class _News:
    """One thing that happened to a comment, in the body of a webhook."""

    comment_id: str
    at_ms: int
    body: bytes


def _changed(raw: msgspec.Raw) -> _Changed:
    issue = decode(bytes(raw), IssueAnswer, operation=_OPERATION)
    fields = decode(bytes(issue.fields), UpdatedFieldsAnswer, operation=_OPERATION)
    return _Changed(issue.key, to_millis(jira_time(fields.updated, operation=_OPERATION)), raw)


def _newest_millis(changed: Iterable[_Changed]) -> int:
    return max((issue.updated_ms for issue in changed), default=0)


def _news_in(raw: msgspec.Raw, issue: _Changed, floor_ms: int) -> Iterator[_News]:
    """The making and the last edit of a comment, as far as they are not older than the floor.

    Both are told when both are new: whoever saw only the making would miss the edit, and the
    making is known by its own time when an earlier poll told it already.
    """
    comment = decode(bytes(raw), CommentStampAnswer, operation=_READ_COMMENTS)
    created_ms = to_millis(jira_time(comment.created, operation=_READ_COMMENTS))
    updated_ms = to_millis(jira_time(comment.updated, operation=_READ_COMMENTS))
    if created_ms >= floor_ms:
        yield _News(comment.id, created_ms, _body("comment_created", created_ms, raw, issue))
    if updated_ms > created_ms and updated_ms >= floor_ms:
        yield _News(comment.id, updated_ms, _body("comment_updated", updated_ms, raw, issue))


def _body(event: str, at_ms: int, comment: msgspec.Raw, issue: _Changed) -> bytes:
    return msgspec.json.encode(
        {"timestamp": at_ms, "webhookEvent": event, "comment": comment, "issue": issue.raw}
    )


def _pages(
    found: Sequence[VerifiedDelivery], before: _Cursor, after: _Cursor
) -> Iterator[PollPage]:
    """Small pages; only the last of them moves the cursor."""
    for start in range(0, len(found), _DELIVERIES_PER_PAGE):
        end = start + _DELIVERIES_PER_PAGE
        cursor = after if end >= len(found) else before
        yield PollPage(tuple(found[start:end]), cursor.text())
