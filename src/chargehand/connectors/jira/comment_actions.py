"""Comments as actions: prepared against the question they answer, found again by their mark."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chargehand.connectors.jira.answers import (
    CommentAnswer,
    RequestCommentAnswer,
    StateAnswer,
    VisibilityAnswer,
    jira_time,
)
from chargehand.connectors.jira.comments import CommentReader
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.marks import actions_in, mark_of
from chargehand.connectors.jira.params import (
    CommentBase,
    CommentVisibility,
    VisibilityParam,
    read_comment_base,
    read_comment_params,
    read_question,
    read_service_comment_params,
)
from chargehand.connectors.jira.participants import SERVICE_PROJECT
from chargehand.connectors.jira.plans import CLOCK_MARGIN, Plan
from chargehand.connectors.jira.queries import JiraQueries
from chargehand.connectors.jira.set_actions import moved_away
from chargehand.connectors.jira.states import StateReader
from chargehand.connectors.jira.text.body import body_to_text
from chargehand.connectors.jira.transport import Call, JiraTransport, decode, path_of
from chargehand.domain.action import ActionKind, ApprovedAction, Done, Faulty, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.errors import TargetMissing
from chargehand.plugins.outcomes import VENDOR_FAILURES

QUESTION_DELETED = "question_deleted"
AUDIENCE_CHANGED = "audience_changed"
AUDIENCE_NOT_KEPT = "audience_not_kept"
_ADD = "add a comment"
_SERVICE_ROOT = "/rest/servicedeskapi"
# A mark decides, so looking far back costs a request and can not mislead.
_LOOK_BACK = timedelta(days=1)
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class CommentActions:
    """Prepares comments and finds them again; reads only, but for the mark of a service comment.

    Every method raises what `JiraTransport.read` raises, and ParamInvalid, ParamUnknown or
    CommentTooLong.
    """

    config: JiraConfig
    transport: JiraTransport
    dialect: Dialect
    comments: CommentReader
    queries: JiraQueries
    states: StateReader
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare(self, action: ApprovedAction) -> Plan | Refused:
        """The platform comment, unless the question is gone or is meant for other readers now."""
        params = read_comment_params(action.params)
        body: JSONObject = {
            "body": await self.dialect.comment_body(params),
            "properties": [mark_of(action.action_id)],
            **visibility_body(params.visibility),
        }
        base = read_comment_base(action.base)
        if overtaken := await self.overtaken(action, base, params.visibility):
            return overtaken
        call = Call(
            "POST", path_of("issue", action.target, "comment"), _ADD, action.target, body=body
        )

        async def finish(answer: bytes) -> Done:
            comment_id = decode(answer, CommentAnswer, operation=_ADD).id
            if not self.dialect.marks_are_sure:
                await self.ensure_mark(comment_id, mark_of(action.action_id))
            return self._done(action, comment_id)

        return Plan(call, finish)

    async def prepare_service(self, action: ApprovedAction) -> Plan | Refused:
        """The service-desk comment, internal or for the customer as the action's kind says."""
        params = read_service_comment_params(action.params)
        text = await self.dialect.service_comment_text(params)
        is_public = action.kind is ActionKind.JIRA_REPLY_TO_CUSTOMER
        base = read_comment_base(action.base)
        found = await self._question(action, base)
        if isinstance(found, Refused):
            return found
        question = found[0]
        # A restricted question has fewer readers than any service-desk comment would get.
        if question.visibility is not None or (is_public and not question.jsd_public):
            return Refused(AUDIENCE_CHANGED, "other people read the question now")
        if closed := await self._closed_since(action, base):
            return closed
        path = path_of("request", action.target, "comment", root=_SERVICE_ROOT)
        body: JSONObject = {"body": text, "public": is_public}
        call = Call("POST", path, _ADD, action.target, body=body)

        async def finish(answer: bytes) -> Done | Faulty:
            stored = decode(answer, RequestCommentAnswer, operation=_ADD)
            if stored.public is not None and stored.public is not is_public:
                return Faulty(
                    AUDIENCE_NOT_KEPT,
                    f"comment {stored.id} is public: {stored.public}",
                    external_id=stored.id,
                    url=self.config.comment_url(action.target, stored.id),
                )
            is_marked = await self._mark(stored.id, mark_of(action.action_id))
            return self._done(action, stored.id, {"marked": is_marked})

        return Plan(call, finish)

    async def overtaken(
        self, action: ApprovedAction, base: CommentBase, visibility: VisibilityParam
    ) -> Refused | None:
        """The refusal when the question is gone, or is meant for other readers now."""
        found = await self._question(action, base)
        if isinstance(found, Refused):
            return found
        if not keeps_audience(visibility, *found):
            return Refused(AUDIENCE_CHANGED, "other people read the question now")
        return await self._closed_since(action, base)

    async def is_question_gone(self, base: JSONObject) -> bool:
        """Whether the comment that asked for a change was deleted, or is hidden from us now."""
        question = read_question(base)
        if question is None:
            return False
        try:
            await self.comments.one(question.asked_on, question.comment_id)
        except TargetMissing:
            return True
        return False

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether a comment of ours carries the action's mark, or for want of it, its words."""
        bot = await self.find_bot()
        recent = await self.comments.since(action.target, past.intended_at - _LOOK_BACK)
        ours = [c for c in recent if c.author is not None and c.author.account_id == bot]
        marks = await self.comments.all_marks([comment.id for comment in ours])
        for comment in ours:
            # A comment that was worded anew since keeps the mark.
            if action.action_id in (marks.get(comment.id) or ()):
                return self._found(action, comment)
        is_platform = action.kind is ActionKind.JIRA_ADD_COMMENT
        if is_platform and self.dialect.marks_are_sure:
            return LookUp(LookUpState.ABSENT)
        earliest = past.intended_at - CLOCK_MARGIN
        unmarked = [
            comment
            for comment in ours
            if comment.id in marks
            and marks[comment.id] is None
            and jira_time(comment.created, operation="read comments") >= earliest
        ]
        return self._look_up_by_words(action, unmarked)

    def _look_up_by_words(self, action: SentAction, unmarked: Sequence[CommentAnswer]) -> LookUp:
        """Where the mark is stored after the comment it can be missing."""
        if not unmarked:
            return LookUp(LookUpState.ABSENT)
        words = spoken_words(self.dialect.sent_words(read_comment_params(action.params)))
        same = [c for c in unmarked if spoken_words(body_to_text(c.body)).endswith(words)]
        if len(same) == 1:
            return self._found(action, same[0])
        reason = (
            "several comments have its words" if same else "unmarked comments of ours are there"
        )
        return LookUp(LookUpState.UNSURE, reason=reason)

    async def _question(
        self, action: ApprovedAction, base: CommentBase
    ) -> tuple[CommentAnswer, StateAnswer] | Refused:
        try:
            found, state = await asyncio.gather(
                self.comments.seek(action.target, base.comment_id),
                self.states.one(action.target),
            )
            question = found.comment
            if not found.is_on(state.id):
                question = await self.comments.one(action.target, base.comment_id)
        except TargetMissing:
            return Refused(QUESTION_DELETED, f"comment {base.comment_id} is not there any more")
        return moved_away(state, action) or (question, state)

    async def _closed_since(self, action: ApprovedAction, base: CommentBase) -> Refused | None:
        """The refusal when a work item it tells of can not be read by all its readers now."""
        named = base.named
        if not named:
            return None
        closed = sorted(set(named) - await self.queries.open_keys(named, action.project))
        if not closed:
            return None
        return Refused(AUDIENCE_CHANGED, f"not everybody may read {', '.join(closed)} now")

    async def ensure_mark(self, comment_id: str, mark: JSONObject) -> None:
        """Store the mark if the comment was stored without it, or with an older one."""
        try:
            marks = await self.comments.all_marks([comment_id])
        except VENDOR_FAILURES:
            return
        if marks.get(comment_id) != actions_in(mark["value"]):
            await self._mark(comment_id, mark)

    async def _mark(self, comment_id: str, mark: JSONObject) -> bool:
        path = path_of("comment", comment_id, "properties", str(mark["key"]))
        call = Call("PUT", path, "mark a comment", f"comment {comment_id}", body=mark["value"])
        try:
            await self.transport.write(call)
        except VENDOR_FAILURES:
            # The comment stands; a later look-up falls back to its words.
            return False
        return True

    def _done(
        self, action: ApprovedAction, comment_id: str, detail: JSONObject | None = None
    ) -> Done:
        url = self.config.comment_url(action.target, comment_id)
        return Done(comment_id, url, detail or {})

    def _found(self, action: SentAction, comment: CommentAnswer) -> LookUp:
        url = self.config.comment_url(action.target, comment.id)
        return LookUp(LookUpState.FOUND, external_id=comment.id, url=url)


def keeps_audience(wanted: VisibilityParam, question: CommentAnswer, state: StateAnswer) -> bool:
    """Whether everybody who will read the answer can read the question."""
    if question.visibility is not None:
        return _is_same(wanted, question.visibility)
    if question.jsd_public is not None:
        return question.jsd_public
    # Jira did not tell; where customers read along, the question may be hidden from them.
    project = state.fields.project
    is_service = project is not None and project.project_type_key == SERVICE_PROJECT
    return not is_service or wanted.kind is not CommentVisibility.EVERYONE


def _is_same(wanted: VisibilityParam, found: VisibilityAnswer) -> bool:
    if wanted.kind.value != found.type:
        return False
    # A group can be renamed; its id stays.
    if wanted.kind is CommentVisibility.GROUP and wanted.identifier and found.identifier:
        return wanted.identifier == found.identifier
    return wanted.value == found.value


def visibility_body(visibility: VisibilityParam) -> JSONObject:
    """The restriction as a request carries it; nothing where everyone may read."""
    if visibility.kind is CommentVisibility.EVERYONE:
        return {}
    named: dict[str, JSONValue] = {"type": visibility.kind.value, "value": visibility.value}
    if visibility.kind is CommentVisibility.GROUP and visibility.identifier:
        named["identifier"] = visibility.identifier
    return {"visibility": named}


def spoken_words(text: str) -> str:
    """Letters and digits alone, since storing turns marks, blanks and line ends into others."""
    return _NO_WORD.sub("", text).casefold()
