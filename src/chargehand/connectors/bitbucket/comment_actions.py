"""Comments as actions: written once, found again by who wrote what when, and deleted."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chargehand.connectors.bitbucket.accounts import BotFinder
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.dialect import Dialect
from chargehand.connectors.bitbucket.params import (
    CommentParams,
    read_comment_base,
    read_comment_params,
    read_delete_base,
    read_delete_params,
    read_pull_request,
)
from chargehand.connectors.bitbucket.seen import SeenComment, SeenPullRequest
from chargehand.connectors.bitbucket.transport import BitbucketTransport, decode_object
from chargehand.domain.action import ActionResult, ApprovedAction, Done, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.diff_fields import read_diff, why_outdated
from chargehand.plugins.errors import TargetMissing
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send

# Added to the time-out: what Bitbucket still works on when we stop listening is stored by then.
SETTLE_MARGIN_S: Final = 10.0
BASE_CHANGED: Final = "base_changed"
QUESTION_DELETED: Final = "question_deleted"
# How far Bitbucket's clock and ours may differ before a look-up would miss a comment of ours.
_CLOCK_MARGIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CommentActions:
    """Writes and deletes comments, and finds out whether they were written.

    Bitbucket keeps nothing hidden with a comment, so ours is known by its author, its time, its
    place and the digest of its text.
    Every method raises what `BitbucketTransport.read` raises, and ParamInvalid, ParamUnknown or
    TextTooLong; what a write meets is its result.
    """

    config: BitbucketConfig
    transport: BitbucketTransport
    dialect: Dialect
    bot: BotFinder

    async def add(self, action: ApprovedAction) -> ActionResult:
        """A comment, unless what it answers is gone, or the line it is about moved on."""
        params, base = read_comment_params(action.params), read_comment_base(action.base)
        ref = read_pull_request(action.target)
        call = self.dialect.add_comment(ref, params)
        for comment_id in dict.fromkeys((base.comment_id, params.in_reply_to)):
            if comment_id is not None and await self.dialect.comment(ref, comment_id) is None:
                return Refused(QUESTION_DELETED, f"comment {comment_id} is not there any more")
        diff = read_diff(action.base)
        if params.commit is not None or diff is not None:
            now = await self.dialect.pull_request(ref)
            head = now.head_commit
            if params.commit is not None and not is_same_commit(head, params.commit):
                detail = f"the pull request is at {head or 'no commit'}, not at {params.commit}"
                return Refused(BASE_CHANGED, detail)
            if (outdated := refusal_by(now, ref, diff)) is not None:
                return outdated
        try:
            body = await self.transport.write(call)
            comment = self.dialect.read_comment(decode_object(body, operation=call.operation))
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self.settle_s)
        self.bot.learn(comment)
        if comment is None:
            return Done("", "")
        digest = text_digest(comment.raw)
        return Done(comment.id, self.url(ref, comment), {"text_digest": digest})

    async def look_up_addition(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether a comment of ours is there: by author, time, place and text."""
        params, ref = read_comment_params(action.params), read_pull_request(action.target)
        wanted = text_digest(self.dialect.sent_text(params))
        since = past.intended_at - _CLOCK_MARGIN
        bot = await self.bot.account()
        there = [
            one
            for one in await self.dialect.comments_since(ref, since)
            if _is_at_place(one, params)
            and (bot is None or one.author is None or one.author.id == bot)
        ]
        ours = [one for one in there if text_digest(one.raw) == wanted]
        if not ours and bot is not None and any(map(_was_edited, there)):
            # Its words may have been these before.
            return LookUp(LookUpState.UNSURE, reason="a comment there was worded anew since")
        if not ours:
            return LookUp(LookUpState.ABSENT)
        if bot is None or len(ours) > 1:
            # The same words twice may be another answer's, or a person's who repeats the bot.
            who = "nobody can tell who the bot is" if bot is None else "it stands there twice"
            return LookUp(LookUpState.UNSURE, reason=f"a comment with these words is there; {who}")
        return LookUp(LookUpState.FOUND, external_id=ours[0].id, url=self.url(ref, ours[0]))

    async def delete(self, action: ApprovedAction) -> ActionResult:
        """A comment of ours goes, unless somebody changed or answered it."""
        params, base = read_delete_params(action.params), read_delete_base(action.base)
        ref = read_pull_request(action.target)
        comment = await self.dialect.comment(ref, params.comment_id)
        if comment is None:
            return Done(params.comment_id, "", {"already": True})
        why_not = await self._why_not_deleted(ref, comment, base.text_digest)
        if why_not:
            return Refused(BASE_CHANGED, why_not)
        try:
            await self.transport.write(self.dialect.delete_comment(ref, comment))
        except TargetMissing:
            return Done(comment.id, "", {"already": True})
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self.settle_s)
        return Done(comment.id, "")

    async def look_up_deletion(self, action: SentAction) -> LookUp:
        """Whether a comment is gone."""
        comment_id, ref = (
            read_delete_params(action.params).comment_id,
            read_pull_request(action.target),
        )
        if await self.dialect.comment(ref, comment_id) is not None:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=comment_id)

    async def _why_not_deleted(self, ref: PullRequestRef, comment: SeenComment, digest: str) -> str:
        bot = await self.bot.account()
        if bot is not None and comment.author is not None and comment.author.id != bot:
            return f"comment {comment.id} is not the bot's"
        if text_digest(comment.raw) != digest:
            return f"comment {comment.id} was edited since"
        is_answered = await self.dialect.has_answers(ref, comment.id)
        return f"somebody answered comment {comment.id}" if is_answered else ""

    @property
    def settle_s(self) -> float:
        """By when a request that was cut off has landed, or never will."""
        return self.config.request_timeout_s + SETTLE_MARGIN_S

    def url(self, ref: PullRequestRef, comment: SeenComment) -> str:
        """Where a person reads a comment."""
        if comment.url or self.config.is_cloud:
            return comment.url
        project, _, slug = ref.repository.partition("/")
        page = f"{self.config.api_url}/projects/{project}/repos/{slug}/pull-requests/{ref.number}"
        return f"{page}/overview?commentId={comment.id}"


def text_digest(raw: str) -> str:
    """What a comment's text is compared by; both Bitbuckets trim what they store."""
    return hashlib.sha256(raw.replace("\r\n", "\n").strip().encode("utf-8", "replace")).hexdigest()


def is_same_commit(one: str, other: str) -> bool:
    """Whether two hashes name one commit; Cloud shortens some of them."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def refusal_by(now: SeenPullRequest, ref: PullRequestRef, diff: Diff | None) -> Refused | None:
    """The refusal of an action that was judged by another diff; None for the same one."""
    why = why_outdated(diff, head=now.head_commit, target=now.target_branch)
    return Refused(BASE_CHANGED, f"{ref} changed: {why}") if why else None


def _was_edited(comment: SeenComment) -> bool:
    made, updated = comment.created_at, comment.updated_at
    # Both times are set a moment apart where a comment is made.
    return made is not None and updated is not None and updated - made > timedelta(seconds=2)


def _is_at_place(comment: SeenComment, params: CommentParams) -> bool:
    if params.in_reply_to is not None:
        return comment.parent_id == params.in_reply_to
    if comment.parent_id is not None:
        return False
    # Data Center names the anchor with its first comment only where activities tell it.
    return comment.path in (params.path, None) if params.path else comment.path is None
