"""Approvals as actions: given to one commit, found by their mark, taken back."""

from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.answers import PullAnswer, ReviewAnswer
from chargehand.connectors.github.params import (
    read_approve_params,
    read_dismiss_params,
    read_pull_base,
    read_thread,
)
from chargehand.connectors.github.render import action_in, mark_of, render_body
from chargehand.connectors.github.sending import BASE_CHANGED, FindBot, Sender, refusal_by
from chargehand.connectors.github.transport import Answer, Call, convert, path_of
from chargehand.domain.action import ActionResult, ApprovedAction, Done, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction

_APPROVE: Final = "approve a pull request"
_READ: Final = "read reviews"
_APPROVED, _DISMISSED = "APPROVED", "DISMISSED"


@dataclass(frozen=True, slots=True)
class ReviewActions:
    """Gives approvals and takes verdicts back."""

    sender: Sender
    find_bot: FindBot

    async def approve(self, action: ApprovedAction) -> ActionResult:
        """An approval, unless somebody pushed or closed it since."""
        params, ref = read_approve_params(action.params), read_thread(action.target)
        diff = read_pull_base(action.base)
        mark = mark_of(action.action_id)
        words = params.markdown
        body_text = render_body(words, action_id=action.action_id) if words.strip() else mark
        path = path_of("repos", ref.repository, "pulls", ref.number)
        answer = await self.sender.api.get(Call("GET", path, _APPROVE, str(ref)))
        pull = convert(answer.data, PullAnswer, operation=_APPROVE)
        if pull.state != "open":
            return Refused(BASE_CHANGED, f"{ref} is not open any more")
        if pull.head.sha != params.commit:
            return Refused(BASE_CHANGED, f"{ref} got new commits since")
        if (outdated := refusal_by(pull, ref, diff)) is not None:
            return outdated
        body: JSONObject = {"event": "APPROVE", "commit_id": params.commit, "body": body_text}
        call = Call("POST", f"{path}/reviews", _APPROVE, str(ref), body=body)

        def finish(answer: Answer) -> Done:
            made = convert(answer.data, ReviewAnswer, operation=_APPROVE)
            return Done(str(made.id), made.html_url)

        return await self.sender.send(call, finish)

    async def dismiss(self, action: ApprovedAction) -> ActionResult:
        """A verdict is taken back, with a reason everybody reads."""
        params, ref = read_dismiss_params(action.params), read_thread(action.target)
        read_pull_base(action.base)
        found = await self._review(ref, params.review_id)
        external_id = str(params.review_id)
        if found is None:
            return Refused(BASE_CHANGED, f"review {params.review_id} is not there any more")
        if found.state == _DISMISSED:
            return Done(external_id, found.html_url, {"already": True})
        path = path_of("repos", ref.repository, "pulls", ref.number, "reviews", params.review_id)
        body: JSONObject = {"message": params.message, "event": "DISMISS"}
        call = Call("PUT", f"{path}/dismissals", "take a verdict back", str(ref), body=body)
        return await self.sender.send(call, lambda _: Done(external_id, found.html_url))

    async def look_up_approval(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether a review of the bot carries the action's mark."""
        ref, bot = read_thread(action.target), await self.find_bot()
        for one in await self._reviews(ref):
            is_ours = one.user is not None and one.user.login.lower() == bot
            if is_ours and action_in(one.body) == action.action_id:
                return LookUp(LookUpState.FOUND, external_id=str(one.id), url=one.html_url)
        return LookUp(LookUpState.ABSENT)

    async def look_up_dismissal(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the verdict is gone."""
        params, ref = read_dismiss_params(action.params), read_thread(action.target)
        found = await self._review(ref, params.review_id)
        if found is None or found.state != _DISMISSED:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=str(found.id), url=found.html_url)

    async def _review(self, ref: PullRequestRef, review_id: int) -> ReviewAnswer | None:
        return next((one for one in await self._reviews(ref) if one.id == review_id), None)

    async def _reviews(self, ref: PullRequestRef) -> list[ReviewAnswer]:
        path = path_of("repos", ref.repository, "pulls", ref.number, "reviews")
        raw = await self.sender.api.items(Call("GET", path, _READ, str(ref)))
        return convert(raw, list[ReviewAnswer], operation=_READ)
