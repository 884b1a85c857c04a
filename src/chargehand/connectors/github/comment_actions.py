"""Comments and issues as actions: found again by the mark below their words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.connectors.github.answers import CommentAnswer, IssueAnswer
from chargehand.connectors.github.params import (
    CommentName,
    CommentParams,
    read_action_base,
    read_comment_base,
    read_comment_params,
    read_deletion,
    read_issue_params,
    read_no_base,
    read_repository,
    read_thread,
)
from chargehand.connectors.github.render import action_in, actions_in, mark_of, render_body
from chargehand.connectors.github.sending import BASE_CHANGED, FindBot, Sender
from chargehand.connectors.github.transport import Answer, Call, convert, path_of
from chargehand.domain.action import ActionResult, ApprovedAction, Done, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.diff_fields import read_diff
from chargehand.plugins.errors import TargetMissing

QUESTION_DELETED: Final = "question_deleted"
_ADD: Final = "add a comment"
_READ: Final = "read comments"
_OPEN: Final = "open an issue"
# How far GitHub's clock and ours may differ before a look-up would miss what is ours; a send may
# have waited for hours before.
_CLOCK_MARGIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CommentActions:
    """Writes and deletes comments, opens issues, and finds out whether they were."""

    sender: Sender
    find_bot: FindBot

    async def add(self, action: ApprovedAction) -> ActionResult:
        """A comment, unless what it answers is gone."""
        params, base = read_comment_params(action.params), read_comment_base(action.base)
        ref = read_thread(action.target)
        body = render_body(params.markdown, action_id=action.action_id)
        outdated = await self.sender.refusal_of_outdated(ref, read_diff(action.base))
        if outdated is not None:
            return outdated
        for name in (base, _root_of(params)):
            if name is not None and await self.comment(ref, name) is None:
                return Refused(QUESTION_DELETED, f"comment {name.number} is not there any more")
        call = _adding(ref, params, body)

        def finish(answer: Answer) -> Done:
            made = convert(answer.data, CommentAnswer, operation=_ADD)
            return Done(_name_of(params, made.id), made.html_url)

        return await self.sender.send(call, finish)

    async def delete(self, action: ApprovedAction) -> ActionResult:
        """A comment of ours goes; the one an undo names has to carry its mark."""
        name, action_id = read_deletion(action.params), read_action_base(action.base)
        ref = read_thread(action.target)
        found = await self.comment(ref, name)
        external_id = str(action.params["comment_id"])
        if found is None:
            return Done(external_id, "", {"already": True})
        if action_in(found.body) != action_id:
            return Refused(BASE_CHANGED, f"comment {name.number} does not carry the action's mark")
        call = Call("DELETE", path_to(ref, name), "delete a comment", str(ref))
        return await self.sender.send(call, lambda _: Done(external_id, ""))

    async def create_issue(self, action: ApprovedAction) -> ActionResult:
        """A new issue, with its labels and assignees."""
        params, repository = read_issue_params(action.params), read_repository(action.target)
        read_no_base(action.base)
        body: JSONObject = {
            "title": params.title,
            "body": _issue_body(params.markdown, action.action_id),
            **({"labels": list(params.labels)} if params.labels else {}),
            **({"assignees": list(params.assignees)} if params.assignees else {}),
        }
        call = Call("POST", path_of("repos", repository, "issues"), _OPEN, repository, body=body)

        def finish(answer: Answer) -> Done:
            made = convert(answer.data, IssueAnswer, operation=_OPEN)
            return Done(f"{repository}#{made.number}", made.html_url)

        return await self.sender.send(call, finish)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether a comment of the bot carries the action's mark."""
        params, ref = read_comment_params(action.params), read_thread(action.target)
        kind = "pulls" if _is_beside_line(params) else "issues"
        call = Call(
            "GET",
            path_of("repos", ref.repository, kind, ref.number, "comments"),
            _READ,
            str(ref),
            _since(past),
        )
        bot = await self.find_bot()
        raw = await self.sender.api.items(call)
        for one in convert(raw, list[CommentAnswer], operation=_READ):
            is_ours = one.user is not None and one.user.login.lower() == bot
            if is_ours and action.action_id in actions_in(one.body):
                external_id = _name_of(params, one.id)
                return LookUp(LookUpState.FOUND, external_id=external_id, url=one.html_url)
        return LookUp(LookUpState.ABSENT)

    async def look_up_deletion(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the comment is gone."""
        name, ref = read_deletion(action.params), read_thread(action.target)
        if await self.comment(ref, name) is not None:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=str(action.params["comment_id"]))

    async def look_up_issue(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether an issue of the bot carries the action's mark."""
        repository, bot = read_repository(action.target), await self.find_bot()
        query = {"state": "all", "sort": "created", "direction": "desc", **_since(past)}
        call = Call("GET", path_of("repos", repository, "issues"), _OPEN, repository, query)
        raw = await self.sender.api.items(call)
        for one in convert(raw, list[IssueAnswer], operation=_OPEN):
            is_ours = one.user is not None and one.user.login.lower() == bot
            if is_ours and action_in(one.body) == action.action_id:
                external_id = f"{repository}#{one.number}"
                return LookUp(LookUpState.FOUND, external_id=external_id, url=one.html_url)
        return LookUp(LookUpState.ABSENT)

    async def comment(self, ref: PullRequestRef, name: CommentName) -> CommentAnswer | None:
        """One comment; None where it was deleted."""
        call = Call("GET", path_to(ref, name), _READ, f"comment {name.number}")
        try:
            answer = await self.sender.api.get(call)
        except TargetMissing:
            return None
        return convert(answer.data, CommentAnswer, operation=_READ)


def _adding(ref: PullRequestRef, params: CommentParams, body: str) -> Call:
    pull = ("repos", ref.repository, "pulls", ref.number, "comments")
    if params.in_reply_to is not None:
        path = path_of(*pull, params.in_reply_to, "replies")
        return Call("POST", path, _ADD, str(ref), body={"body": body})
    if params.path is not None:
        beside: JSONObject = {
            "body": body,
            "path": params.path,
            "line": params.line,
            "commit_id": params.commit,
            "side": "RIGHT",
        }
        return Call("POST", path_of(*pull), _ADD, str(ref), body=beside)
    path = path_of("repos", ref.repository, "issues", ref.number, "comments")
    return Call("POST", path, _ADD, str(ref), body={"body": body})


def path_to(ref: PullRequestRef, name: CommentName) -> str:
    """Where a comment of either kind is."""
    kind = "pulls" if name.is_beside_line else "issues"
    return path_of("repos", ref.repository, kind, "comments", name.number)


def _is_beside_line(params: CommentParams) -> bool:
    return params.in_reply_to is not None or params.path is not None


def _name_of(params: CommentParams, number: int) -> str:
    return f"{'review' if _is_beside_line(params) else 'issue'}-{number}"


def _root_of(params: CommentParams) -> CommentName | None:
    if params.in_reply_to is None:
        return None
    return CommentName(is_beside_line=True, number=params.in_reply_to)


def _issue_body(markdown: str, action_id: str) -> str:
    return render_body(markdown, action_id=action_id) if markdown.strip() else mark_of(action_id)


def _since(past: PastEffect) -> dict[str, str]:
    since: datetime = past.intended_at - _CLOCK_MARGIN
    return {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
