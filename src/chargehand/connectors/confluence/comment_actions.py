"""Comments as actions: written once, marked, found again by mark or words, and deleted."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.dialect import Dialect
from chargehand.connectors.confluence.params import (
    read_comment_base,
    read_comment_params,
    read_delete_comment_base,
    read_delete_comment_params,
    read_page_id,
)
from chargehand.connectors.confluence.plans import (
    BASE_CHANGED,
    CLOCK_MARGIN,
    QUESTION_DELETED,
    Plan,
)
from chargehand.connectors.confluence.render import render_comment
from chargehand.connectors.confluence.seen import SeenComment, id_in
from chargehand.connectors.confluence.storage_text import read_storage
from chargehand.connectors.confluence.transport import ConfluenceTransport, decode
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.text import plain_text
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.outcomes import VENDOR_FAILURES

_ADD: Final = "add a comment"
_NO_WORD: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class CommentActions:
    """Prepares comments and finds them again; reads only, but for the mark of a comment.

    Every method raises what `ConfluenceTransport.read` raises, and ParamInvalid, ParamUnknown or
    TextTooLong.
    """

    config: ConfluenceConfig
    transport: ConfluenceTransport
    queries: Dialect
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare(self, action: ApprovedAction) -> Plan | Refused:
        """The comment, unless what it answers is gone."""
        params, base = read_comment_params(action.params), read_comment_base(action.base)
        page_id = read_page_id(action.target)
        storage = render_comment(params, account=self.queries.account)
        if base.comment_id not in (None, params.in_reply_to):
            question = await self.queries.comment(base.comment_id or "")
            if question is None or question.page_id not in ("", page_id):
                return _gone(base.comment_id)
        above: SeenComment | None = None
        if params.in_reply_to is not None:
            above = await self.queries.comment(params.in_reply_to)
            if above is None or above.page_id not in ("", page_id):
                return _gone(params.in_reply_to)
        call = self.queries.add_comment(page_id, storage, above)

        async def finish(answer: bytes) -> Done:
            comment_id = id_in(decode(answer, operation=_ADD), "id")
            is_marked = await self._mark(action.action_id, comment_id)
            url = self.config.comment_url(page_id, comment_id)
            return Done(comment_id, url, {} if is_marked else {"marked": False})

        return Plan(call, finish)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether a comment of ours carries the action's mark, or for want of it, its words."""
        params, page_id = read_comment_params(action.params), read_page_id(action.target)
        above = (
            None if params.in_reply_to is None else await self.queries.comment(params.in_reply_to)
        )
        if params.in_reply_to is not None and above is None:
            return LookUp(LookUpState.UNSURE, reason="the comment it answers is gone")
        bot, since = await self.find_bot(), past.intended_at - CLOCK_MARGIN
        found = await self.queries.comments(page_id, under=above)
        unmarked: list[SeenComment] = []
        for comment in found:
            if comment.author_id != bot or comment.created_at < since:
                continue
            mark = await self.queries.comment_mark(comment.id)
            if mark == action.action_id:
                return self._found(page_id, comment)
            if mark is None:
                unmarked.append(comment)
        return self._by_words(
            page_id, render_comment(params, account=self.queries.account), unmarked
        )

    async def prepare_deletion(self, action: ApprovedAction) -> Plan | Done | Refused:
        """A comment of ours goes, unless somebody edited or answered it."""
        comment_id = read_delete_comment_params(action.params).comment_id
        base, page_id = read_delete_comment_base(action.base), read_page_id(action.target)
        comment = await self.queries.comment(comment_id)
        if comment is None:
            return Done(comment_id, "", {"already": True})
        bot = await self.find_bot()
        mark = await self.queries.comment_mark(comment_id)
        if comment.author_id != bot or mark != base.action_id:
            return Refused(BASE_CHANGED, f"comment {comment_id} is not the one that was written")
        if await self.queries.comments(page_id, under=comment):
            return Refused(BASE_CHANGED, f"somebody answered comment {comment_id}")
        call = self.queries.delete_comment(comment)

        async def finish(_answer: bytes) -> Done:
            return Done(comment_id, self.config.page_url(page_id))

        return Plan(call, finish)

    async def look_up_deletion(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the comment is gone."""
        comment_id = read_delete_comment_params(action.params).comment_id
        if await self.queries.comment(comment_id) is not None:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=comment_id)

    def _by_words(self, page_id: str, sent: str, unmarked: Sequence[SeenComment]) -> LookUp:
        """The mark is stored after the comment, so it can be missing."""
        if not unmarked:
            return LookUp(LookUpState.ABSENT)
        words = _words(sent)
        same = [one for one in unmarked if _words(one.storage) == words]
        if len(same) == 1:
            return self._found(page_id, same[0])
        reason = (
            "several comments have its words" if same else "unmarked comments of ours are there"
        )
        return LookUp(LookUpState.UNSURE, reason=reason)

    def _found(self, page_id: str, comment: SeenComment) -> LookUp:
        url = self.config.comment_url(page_id, comment.id)
        return LookUp(LookUpState.FOUND, external_id=comment.id, url=url)

    async def _mark(self, action_id: str, comment_id: str) -> bool:
        try:
            await self.transport.write(self.queries.mark("comments", comment_id, action_id))
        except VENDOR_FAILURES:
            # The comment stands; a later look-up falls back to its words.
            return False
        return True


def _gone(comment_id: str | None) -> Refused:
    return Refused(QUESTION_DELETED, f"comment {comment_id} is not there any more")


def _words(storage: str) -> str:
    """Letters and digits alone, since storing turns marks, blanks and line ends into others."""
    return _NO_WORD.sub("", plain_text(read_storage(storage).lines)).casefold()
