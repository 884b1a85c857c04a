"""Deleting a comment of ours: only what nobody edited or wrote below of."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chargehand.connectors.jira.answers import CommentAnswer, jira_time
from chargehand.connectors.jira.change_params import (
    read_delete_comment_base,
    read_delete_comment_params,
)
from chargehand.connectors.jira.comments import CommentReader
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.plans import Plan
from chargehand.connectors.jira.set_actions import BASE_CHANGED
from chargehand.connectors.jira.transport import Call, path_of
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import LookUp, LookUpState, SentAction
from chargehand.plugins.errors import TargetMissing

_DELETE = "delete a comment"


@dataclass(frozen=True, slots=True)
class CommentRemoval:
    """Prepares the deletion of a comment and looks it up; reads only.

    Every method raises what `JiraTransport.read` raises, and ParamInvalid or ParamUnknown.
    """

    config: JiraConfig
    comments: CommentReader
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The deletion, unless it is gone, not ours, edited, or answered meanwhile."""
        params = read_delete_comment_params(action.params)
        base = read_delete_comment_base(action.base)
        key, comment_id = action.target, params.comment_id
        try:
            comment, marks, bot = await asyncio.gather(
                self.comments.one(key, comment_id),
                self.comments.marks([comment_id]),
                self.find_bot(),
            )
        except TargetMissing:
            return Done(comment_id, self.config.item_url(key), {"already": True})
        if marks.get(comment_id) != base.action_id:
            return Refused(BASE_CHANGED, f"comment {comment_id} does not carry the action's mark")
        if _is_edited(comment, bot):
            return Refused(BASE_CHANGED, f"comment {comment_id} was edited")
        if await self._is_answered(key, comment, bot, base.asks):
            return Refused(BASE_CHANGED, f"somebody wrote below comment {comment_id}")
        path = path_of("issue", key, "comment", comment_id)
        call = Call("DELETE", path, _DELETE, f"comment {comment_id} on {key}")

        # Jira answers with 204 and nothing to read.
        async def finish(body: bytes) -> Done:  # noqa: ARG001 - the shape of Plan.finish.
            return Done(comment_id, self.config.item_url(key))

        return Plan(call, finish)

    async def look_up(self, action: SentAction) -> LookUp:
        """Whether the comment is gone."""
        params = read_delete_comment_params(action.params)
        try:
            await self.comments.one(action.target, params.comment_id)
        except TargetMissing:
            url = self.config.item_url(action.target)
            return LookUp(LookUpState.FOUND, external_id=params.comment_id, url=url)
        return LookUp(LookUpState.ABSENT)

    async def _is_answered(
        self, key: str, comment: CommentAnswer, bot: AccountId, asks: Sequence[str]
    ) -> bool:
        """Whether anybody commented later, but the bot and who asked it; it may lean on ours."""
        since = jira_time(comment.created, operation="read comments")
        # Jira numbers comments as they come, which tells two of one moment apart.
        later = [
            one
            for one in await self.comments.since(key, since)
            if is_after(one, comment) and one.id not in asks
        ]
        return any(one.author is None or one.author.account_id != bot for one in later)


def _is_edited(comment: CommentAnswer, bot: AccountId) -> bool:
    """Whether anybody but the bot changed it: what the bot put back is as it was."""
    if comment.updated == comment.created:
        return False
    return comment.update_author is None or comment.update_author.account_id != bot


def is_after(one: CommentAnswer, other: CommentAnswer) -> bool:
    """Whether a comment was made later than another one of its work item."""
    return (len(one.id), one.id) > (len(other.id), other.id)
