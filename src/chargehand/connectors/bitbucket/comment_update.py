"""Updating a comment of ours: only the last one of its conversation, as we left it.

Bitbucket keeps nothing hidden with a comment, so whose words it has is told by those words.
"""

from dataclasses import dataclass

from chargehand.connectors.bitbucket.comment_actions import (
    BASE_CHANGED,
    CommentActions,
    refusal_by,
    text_digest,
)
from chargehand.connectors.bitbucket.params import (
    UPDATE_FIELDS,
    CommentParams,
    read_pull_request,
)
from chargehand.connectors.bitbucket.seen import SeenComment
from chargehand.connectors.bitbucket.transport import decode_object
from chargehand.domain.action import ActionResult, ApprovedAction, Done, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.plugins.connector import LookUp, LookUpState, SentAction
from chargehand.plugins.diff_fields import read_diff
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send
from chargehand.plugins.update_fields import (
    UpdateBase,
)


@dataclass(frozen=True, slots=True)
class CommentUpdate:
    """Words a comment of ours anew, and finds out whether that was done.

    Every method raises what `BitbucketTransport.read` raises, and ParamInvalid, ParamUnknown or
    TextTooLong; what a write meets is its result.
    """

    comments: CommentActions

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """The update, unless the comment is not what it was, or somebody wrote below it."""
        params = UPDATE_FIELDS.read_params(action.params)
        base = UPDATE_FIELDS.read_base(action.base)
        ref, dialect = read_pull_request(action.target), self.comments.dialect
        text, diff = self._text(params.markdown), read_diff(action.base)
        if diff is not None:
            outdated = refusal_by(await dialect.pull_request(ref), ref, diff)
            if outdated is not None:
                return outdated
        comment = await dialect.comment(ref, params.comment_id)
        if comment is None:
            return _changed(params.comment_id, "is not there any more")
        why = await self._why_not(ref, comment, base)
        if why:
            return _changed(comment.id, why)
        call = dialect.update_comment(ref, comment, text)
        try:
            body = await self.comments.transport.write(call)
            stored = dialect.read_comment(decode_object(body, operation=call.operation))
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self.comments.settle_s)
        digest = text_digest(stored.raw if stored is not None else text)
        url = self.comments.url(ref, stored or comment)
        return Done(comment.id, url, {"text_digest": digest})

    async def look_up(self, action: SentAction) -> LookUp:
        """Whether the comment has the action's words; words of another time tell nothing."""
        params = UPDATE_FIELDS.read_params(action.params)
        base = UPDATE_FIELDS.read_base(action.base)
        ref = read_pull_request(action.target)
        comment = await self.comments.dialect.comment(ref, params.comment_id)
        if comment is None or self._has_words(comment, base.before):
            return LookUp(LookUpState.ABSENT)
        if self._has_words(comment, params.markdown):
            url = self.comments.url(ref, comment)
            return LookUp(LookUpState.FOUND, external_id=comment.id, url=url)
        return LookUp(LookUpState.UNSURE, reason="the comment was worded anew since")

    async def _why_not(self, ref: PullRequestRef, comment: SeenComment, base: UpdateBase) -> str:
        """What keeps the comment from being the one that was to be updated; empty for nothing."""
        bot = await self.comments.bot.account()
        if bot is not None and comment.author is not None and comment.author.id != bot:
            return "is not the bot's"
        if not self._has_words(comment, base.before):
            return "was edited"
        if await self._has_more_below(ref, comment, base, bot):
            return "is not the last one any more"
        return ""

    async def _has_more_below(
        self, ref: PullRequestRef, comment: SeenComment, base: UpdateBase, bot: str | None
    ) -> bool:
        """Whether anything stands below it in its conversation but questions to the bot.

        What the bot itself said since keeps no words from being put back.
        """
        if comment.created_at is None:
            return True
        own, asks = int(comment.id), frozenset(base.asks)
        conversation = {comment.id, *asks, *filter(None, (base.in_reply_to, comment.parent_id))}
        later = await self.comments.dialect.comments_since(ref, comment.created_at)
        for one in sorted(later, key=lambda seen: int(seen.id)):
            if int(one.id) <= own or one.id in asks or one.is_deleted:
                continue
            is_ours = one.author is not None and one.author.id == bot
            if one.parent_id in conversation and not (base.words_of is not None and is_ours):
                return True
        return False

    def _has_words(self, comment: SeenComment, markdown: str) -> bool:
        return text_digest(comment.raw) == text_digest(self._text(markdown))

    def _text(self, markdown: str) -> str:
        return self.comments.dialect.sent_text(CommentParams(markdown))


def _changed(comment_id: str, why: str) -> Refused:
    return Refused(BASE_CHANGED, f"comment {comment_id} {why}")
