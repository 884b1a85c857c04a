"""Updating a comment of ours: only the last one of its conversation, as we left it."""

from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.answers import CommentAnswer
from chargehand.connectors.github.comment_actions import CommentActions, path_to
from chargehand.connectors.github.params import (
    UPDATE_FIELDS,
    CommentName,
    read_comment_name,
    read_thread,
)
from chargehand.connectors.github.render import action_in, actions_in, render_body, words_in
from chargehand.connectors.github.sending import BASE_CHANGED
from chargehand.connectors.github.transport import Answer, Call, convert, path_of
from chargehand.domain.action import ActionResult, ApprovedAction, Done, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.diff_fields import read_diff
from chargehand.plugins.update_fields import (
    MOST_MARKS,
    UpdateBase,
    marks_after,
)

_UPDATE: Final = "update a comment"
_READ: Final = "read comments"


@dataclass(frozen=True, slots=True)
class CommentUpdate:
    """Words a comment of ours anew, and finds out whether that was done."""

    comments: CommentActions

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """The update, unless the comment is not what it was, or somebody wrote below it."""
        params = UPDATE_FIELDS.read_params(action.params)
        base = UPDATE_FIELDS.read_base(action.base)
        ref, name = read_thread(action.target), read_comment_name(params.comment_id, "comment_id")
        sender = self.comments.sender
        outdated = await sender.refusal_of_outdated(ref, read_diff(action.base))
        if outdated is not None:
            return outdated
        found = await self.comments.comment(ref, name)
        if found is None:
            return _changed(name, "is not there any more")
        why = await self._why_not(ref, found, name, base)
        if why:
            return _changed(name, why)
        first, *before = marks_after(action.action_id, base.words_of, actions_in(found.body))
        body = render_body(params.markdown, action_id=first, before=before)
        call = Call("PATCH", path_to(ref, name), _UPDATE, str(ref), body={"body": body})

        def finish(answer: Answer) -> Done:
            made = convert(answer.data, CommentAnswer, operation=_UPDATE)
            return Done(params.comment_id, made.html_url)

        return await sender.send(call, finish)

    async def look_up(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the comment carries the action's mark, were it worded anew since or not."""
        params, ref = UPDATE_FIELDS.read_params(action.params), read_thread(action.target)
        found = await self.comments.comment(ref, read_comment_name(params.comment_id, "comment_id"))
        if found is None or not await self._is_ours(found):
            return LookUp(LookUpState.ABSENT)
        if action.action_id not in actions_in(found.body):
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=params.comment_id, url=found.html_url)

    async def _why_not(
        self, ref: PullRequestRef, found: CommentAnswer, name: CommentName, base: UpdateBase
    ) -> str:
        """What keeps the comment from being the one that was to be updated; empty for nothing."""
        if not await self._is_ours(found):
            return "is not the bot's"
        if action_in(found.body) != base.action_id:
            return "does not carry the action's mark"
        if words_in(found.body) != words_in(render_body(base.before, action_id=base.action_id)):
            return "was edited"
        if len(actions_in(found.body)) >= MOST_MARKS:
            return "was worded anew too often"
        if await self._has_more_below(ref, found, name, base):
            return "is not the last one any more"
        return ""

    async def _is_ours(self, found: CommentAnswer) -> bool:
        bot = await self.comments.find_bot()
        return found.user is not None and found.user.login.lower() == bot

    async def _has_more_below(
        self, ref: PullRequestRef, found: CommentAnswer, name: CommentName, base: UpdateBase
    ) -> bool:
        """Whether anything stands below it in its conversation but questions to the bot.

        What the bot itself said since keeps no words from being put back.
        """
        kind = "pulls" if name.is_beside_line else "issues"
        path = path_of("repos", ref.repository, kind, ref.number, "comments")
        call = Call("GET", path, _READ, str(ref), {"since": found.created_at})
        raw = await self.comments.sender.api.items(call)
        known = {read_comment_name(one, "base.asks").number for one in base.asks}
        later = [
            one
            for one in convert(raw, list[CommentAnswer], operation=_READ)
            if one.id > found.id and one.id not in known and _is_same_conversation(one, found, name)
        ]
        if base.words_of is None:
            return bool(later)
        return not all([await self._is_ours(one) for one in later])


def _is_same_conversation(one: CommentAnswer, found: CommentAnswer, name: CommentName) -> bool:
    roots = {comment.in_reply_to_id or comment.id for comment in (one, found)}
    return not name.is_beside_line or len(roots) == 1


def _changed(name: CommentName, why: str) -> Refused:
    return Refused(BASE_CHANGED, f"comment {name.number} {why}")
