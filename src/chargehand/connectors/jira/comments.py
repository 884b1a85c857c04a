"""Reading comments, and the mark that tells which of them are ours."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from chargehand.connectors.jira.answers import (
    CommentAnswer,
    CommentListAnswer,
    CommentPageAnswer,
    RawCommentPageAnswer,
    jira_time,
)
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.domain.json import JSONObject

MARK_KEY = "chargehand.action"
_PAGE_SIZE = 100
_IDS_PER_REQUEST = 500
_READ = "read comments"


def mark_of(action_id: str) -> JSONObject:
    """The entity property that names the action a comment was made by."""
    return {"key": MARK_KEY, "value": {"action_id": action_id}}


class CommentReader:
    """Reads comments of one connection."""

    def __init__(self, transport: JiraTransport) -> None:
        self._transport = transport

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
        marks: dict[str, str | None] = {}
        # Jira numbers comments; anything else never came from it.
        numbers = [int(text) for text in comment_ids if text.isascii() and text.isdigit()]
        for start in range(0, len(numbers), _IDS_PER_REQUEST):
            call = Call(
                "POST",
                path_of("comment", "list"),
                "read the marks of comments",
                "the comments",
                query={"expand": "properties"},
                body={"ids": numbers[start : start + _IDS_PER_REQUEST]},
            )
            answer = await self._transport.read(call, CommentListAnswer)
            marks.update({comment.id: _mark(comment) for comment in answer.values})
        return marks


def _page_call(key: str, start: int, size: int) -> Call:
    query: dict[str, str | int] = {"orderBy": "-created", "startAt": start, "maxResults": size}
    return Call("GET", path_of("issue", key, "comment"), _READ, f"work item {key}", query=query)


def _mark(comment: CommentAnswer) -> str | None:
    for entry in comment.properties:
        if entry.key == MARK_KEY:
            value = entry.value
            action_id = value.get("action_id") if isinstance(value, Mapping) else None
            # A mark in a form we never wrote still says that the comment is not a person's.
            return action_id if isinstance(action_id, str) else ""
    return None
