"""Reading comments, and the mark that tells which of them are ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from chargehand.connectors.jira.answers import (
    CommentAnswer,
    CommentPageAnswer,
    RawCommentPageAnswer,
    jira_time,
)
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.marks import actions_in
from chargehand.connectors.jira.together import Together
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of

_PAGE_SIZE = 100
_READ = "read comments"
_PLACE = re.compile(r"/issue/([0-9]+)/comment/[0-9]+")


@dataclass(frozen=True, slots=True)
class FoundComment:
    """A comment, and where it was found.

    Shape: `item_number` is None when Jira was asked for it at its work item, empty when Jira was
    asked for it without and did not say where it is.
    """

    comment: CommentAnswer
    item_number: str | None = None

    def is_on(self, item_number: str) -> bool:
        """Whether it is surely on the work item it was asked for on."""
        return self.item_number is None or (bool(item_number) and self.item_number == item_number)


class CommentReader:
    """Reads comments of one connection."""

    def __init__(self, transport: JiraTransport, dialect: Dialect) -> None:
        self._transport = transport
        self._dialect = dialect
        self._together = Together(self._several)
        self._lists_tell_readers = True

    async def one(self, key: str, comment_id: str) -> CommentAnswer:
        """One comment.

        Raises: TargetMissing when it was deleted or is hidden; else as `JiraTransport.read`.
        """
        path = path_of("issue", key, "comment", comment_id)
        call = Call("GET", path, "read a comment", f"comment {comment_id} on {key}")
        return await self._transport.read(call, CommentAnswer)

    async def seek(self, key: str, comment_id: str) -> FoundComment:
        """One comment, asked for together with others that are wanted at this moment.

        Whoever takes it has to see that it is on the work item: a common answer does not depend
        on that.
        Raises: as `one`.
        """
        may_share = self._lists_tell_readers and _is_number(comment_id)
        listed = await self._together.find(comment_id) if may_share else None
        if listed is not None and listed.jsd_public is None:
            # Nothing may be concluded from that silence, so a list is of no use here.
            self._lists_tell_readers = False
            listed = None
        if listed is None:
            # A list does not say why a comment is not in it.
            return FoundComment(await self.one(key, comment_id))
        place = _PLACE.search(listed.address)
        return FoundComment(listed, place[1] if place else "")

    async def newest(self, key: str, *, limit: int) -> tuple[CommentAnswer, ...]:
        """The newest comments of a work item, oldest of them first; `limit` is at most 100."""
        page = await self._transport.read(_page_call(key, 0, limit), CommentPageAnswer)
        return page.comments[::-1]

    async def since(self, key: str, moment: datetime) -> tuple[CommentAnswer, ...]:
        """Every comment made at `moment` or later, newest first."""
        found: list[CommentAnswer] = []
        while True:
            call = _page_call(key, len(found), _PAGE_SIZE)
            page = await self._transport.read(call, CommentPageAnswer)
            found += page.comments
            is_last = not page.comments or len(found) >= page.total
            if is_last or jira_time(found[-1].created, operation=_READ) < moment:
                break
        return tuple(
            comment for comment in found if jira_time(comment.created, operation=_READ) >= moment
        )

    async def all_raw(self, key: str) -> tuple[msgspec.Raw, ...]:
        """Every comment of a work item exactly as Jira wrote it, newest first.

        An edit does not move a comment, so finding edits takes the whole list.
        """
        found: list[msgspec.Raw] = []
        while True:
            call = _page_call(key, len(found), _PAGE_SIZE)
            page = await self._transport.read(call, RawCommentPageAnswer)
            found += page.comments
            if not page.comments or len(found) >= page.total:
                return tuple(found)

    async def marks(self, comment_ids: Sequence[str]) -> Mapping[str, str | None]:
        """The action that made each comment, None for those not ours; missing ones were deleted."""
        found = await self.all_marks(comment_ids)
        return {one: None if marks is None else marks[0] for one, marks in found.items()}

    async def all_marks(self, comment_ids: Sequence[str]) -> Mapping[str, tuple[str, ...] | None]:
        """The same with every action that worded each comment, first whose words it has."""
        # Jira numbers comments; anything else never came from it.
        numbers = [int(text) for text in comment_ids if _is_number(text)]
        marks = await self._dialect.marks(numbers) if numbers else {}
        return {comment_id: actions_in(mark) for comment_id, mark in marks.items()}

    async def _several(self, comment_ids: Sequence[str]) -> Mapping[str, CommentAnswer]:
        return await self._dialect.comments([int(text) for text in comment_ids])


def _is_number(comment_id: str) -> bool:
    return comment_id.isascii() and comment_id.isdigit()


def _page_call(key: str, start: int, size: int) -> Call:
    query: dict[str, str | int] = {"orderBy": "-created", "startAt": start, "maxResults": size}
    return Call("GET", path_of("issue", key, "comment"), _READ, f"work item {key}", query=query)
