"""Reading comments, and the mark that tells which of them are ours."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from chargehand.connectors.jira.answers import (
    CommentAnswer,
    CommentPageAnswer,
    RawCommentPageAnswer,
    jira_time,
)
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.marks import action_in
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of

_PAGE_SIZE = 100
_READ = "read comments"


class CommentReader:
    """Reads comments of one connection."""

    def __init__(self, transport: JiraTransport, dialect: Dialect) -> None:
        self._transport = transport
        self._dialect = dialect

    async def one(self, key: str, comment_id: str) -> CommentAnswer:
        """One comment.

        Raises: TargetMissing when it was deleted or is hidden; else as `JiraTransport.read`.
        """
        path = path_of("issue", key, "comment", comment_id)
        call = Call("GET", path, "read a comment", f"comment {comment_id} on {key}")
        return await self._transport.read(call, CommentAnswer)

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
        # Jira numbers comments; anything else never came from it.
        numbers = [int(text) for text in comment_ids if text.isascii() and text.isdigit()]
        marks = await self._dialect.marks(numbers) if numbers else {}
        return {comment_id: action_in(mark) for comment_id, mark in marks.items()}


def _page_call(key: str, start: int, size: int) -> Call:
    query: dict[str, str | int] = {"orderBy": "-created", "startAt": start, "maxResults": size}
    return Call("GET", path_of("issue", key, "comment"), _READ, f"work item {key}", query=query)
