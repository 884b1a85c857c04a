"""Updating a comment of ours: only the last one, as we left it, for the same readers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chargehand.connectors.jira.answers import CommentAnswer, jira_time
from chargehand.connectors.jira.comment_actions import (
    CommentActions,
    keeps_audience,
    spoken_words,
    visibility_body,
)
from chargehand.connectors.jira.comment_removal import is_after
from chargehand.connectors.jira.marks import mark_of
from chargehand.connectors.jira.plans import Plan
from chargehand.connectors.jira.set_actions import BASE_CHANGED, moved_away
from chargehand.connectors.jira.text.body import body_to_text
from chargehand.connectors.jira.transport import Call, path_of
from chargehand.connectors.jira.update_params import (
    UpdateCommentBase,
    UpdateCommentParams,
    read_update_comment_base,
    read_update_comment_params,
)
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, SentAction
from chargehand.plugins.errors import TargetMissing
from chargehand.plugins.update_fields import MOST_MARKS

_UPDATE = "update a comment"


@dataclass(frozen=True, slots=True)
class CommentUpdate:
    """Prepares the update of a comment and looks it up; reads only, but for a missing mark.

    Every method raises what `JiraTransport.read` raises, and ParamInvalid, ParamUnknown or
    CommentTooLong.
    """

    actions: CommentActions
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare(self, action: ApprovedAction) -> Plan | Refused:
        """The update, unless the comment or the question is not what it was."""
        params = read_update_comment_params(action.params)
        base = read_update_comment_base(action.params, action.base)
        marks = await self.actions.comments.all_marks([params.comment_id])
        earlier = marks.get(params.comment_id) or ()
        mark = mark_of(action.action_id, words_of=base.words_of, marks=earlier)
        body: JSONObject = {
            "body": await self.actions.dialect.comment_body(params),
            "properties": [mark],
            **visibility_body(params.visibility),
        }
        changed = await self._changed(action, params, base, earlier)
        if changed is None and base.question is not None:
            changed = await self.actions.overtaken(action, base.question, params.visibility)
        if changed is not None:
            return changed
        path = path_of("issue", action.target, "comment", params.comment_id)
        name = f"comment {params.comment_id} on {action.target}"
        call = Call("PUT", path, _UPDATE, name, body=body)

        async def finish(answer: bytes) -> Done:  # noqa: ARG001 - the shape of Plan.finish.
            if not self.actions.dialect.marks_are_sure:
                await self.actions.ensure_mark(params.comment_id, mark)
            return Done(params.comment_id, self._url(action.target, params.comment_id))

        return Plan(call, finish)

    async def look_up(self, action: SentAction) -> LookUp:
        """Whether the comment carries the action's mark, or for want of it, its words."""
        params, reader = read_update_comment_params(action.params), self.actions.comments
        try:
            comment, marks = await asyncio.gather(
                reader.one(action.target, params.comment_id),
                reader.all_marks([params.comment_id]),
            )
        except TargetMissing:
            return LookUp(LookUpState.ABSENT)
        is_marked = action.action_id in (marks.get(params.comment_id) or ())
        words = spoken_words(self.actions.dialect.sent_words(params))
        has_words = spoken_words(body_to_text(comment.body)).endswith(words)
        if not is_marked and not has_words:
            return LookUp(LookUpState.ABSENT)
        url = self._url(action.target, params.comment_id)
        return LookUp(LookUpState.FOUND, external_id=params.comment_id, url=url)

    async def _changed(
        self,
        action: ApprovedAction,
        params: UpdateCommentParams,
        base: UpdateCommentBase,
        marks: Sequence[str],
    ) -> Refused | None:
        """What keeps the comment from being the one that was to be updated."""
        comment_id, reader = params.comment_id, self.actions.comments
        try:
            comment, bot, state = await asyncio.gather(
                reader.one(action.target, comment_id),
                self.find_bot(),
                self.actions.states.one(action.target),
            )
        except TargetMissing:
            return Refused(BASE_CHANGED, f"comment {comment_id} is not there any more")
        if moved := moved_away(state, action):
            return moved
        editor = comment.update_author
        is_edited = editor is not None and editor.account_id != bot
        if not marks or marks[0] != base.action_id:
            why = "does not carry the action's mark"
        elif is_edited:
            why = "was edited"
        elif len(marks) >= MOST_MARKS:
            why = "was worded anew too often"
        elif not keeps_audience(params.visibility, comment, state):
            why = "has other readers now"
        elif await self._has_more_below(action.target, comment, base, bot):
            why = "is not the last one any more"
        else:
            return None
        return Refused(BASE_CHANGED, f"comment {comment_id} {why}")

    async def _has_more_below(
        self, key: str, comment: CommentAnswer, base: UpdateCommentBase, bot: AccountId
    ) -> bool:
        """Whether anything stands below the comment but questions to the bot.

        What the bot itself said since keeps no words from being put back.
        """
        since = jira_time(comment.created, operation="read comments")
        later = await self.actions.comments.since(key, since)
        is_undo = base.words_of is not None
        return any(
            is_after(one, comment)
            and one.id not in base.asks
            and not (is_undo and one.author is not None and one.author.account_id == bot)
            for one in later
        )

    def _url(self, key: str, comment_id: str) -> str:
        return self.actions.config.comment_url(key, comment_id)
