"""Labels, assignees and reviewers: actions that set a state, so the state is read first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.answers import IssueAnswer, PullAnswer
from chargehand.connectors.github.params import (
    read_label_params,
    read_no_base,
    read_people_params,
    read_pull_base,
    read_thread,
)
from chargehand.connectors.github.sending import Sender
from chargehand.connectors.github.transport import Answer, Call, convert, path_of
from chargehand.domain.action import (
    ActionKind,
    ActionResult,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
)
from chargehand.domain.code import PullRequestRef
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.errors import TargetMissing

NOT_ASSIGNABLE: Final = "not_assignable"
NOT_KEPT: Final = "change_not_kept"
_ADDING: Final = frozenset(
    {
        ActionKind.GITHUB_ADD_LABELS,
        ActionKind.GITHUB_ASSIGN,
        ActionKind.GITHUB_REQUEST_REVIEWERS,
    }
)
_OF_LABELS: Final = frozenset({ActionKind.GITHUB_ADD_LABELS, ActionKind.GITHUB_REMOVE_LABELS})
_OF_REVIEWERS: Final = frozenset(
    {ActionKind.GITHUB_REQUEST_REVIEWERS, ActionKind.GITHUB_REMOVE_REVIEWERS}
)
_OF_ASSIGNEES: Final = frozenset({ActionKind.GITHUB_ASSIGN, ActionKind.GITHUB_UNASSIGN})


@dataclass(frozen=True, slots=True)
class _State:
    """What is set now, by lower-case name, as GitHub spells it."""

    names: dict[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class SetActions:
    """Adds and removes labels, assignees and reviewers."""

    sender: Sender

    async def add_labels(self, action: ApprovedAction) -> ActionResult:
        """Labels that are not there yet."""
        return await self._change(action, "POST", "issues", "labels", "labels")

    async def remove_labels(self, action: ApprovedAction) -> ActionResult:
        """Labels that are there; GitHub takes one off at a time."""
        ref, wanted = read_thread(action.target), _wanted(action)
        state = await self._state(action, ref)
        present = [state.names[one.lower()] for one in wanted if one.lower() in state.names]
        if not present:
            return Done(str(ref), state.url, {"already": True})
        labels = ("repos", ref.repository, "issues", ref.number, "labels")
        # A name that can not be asked for is told before anything is sent.
        paths = [path_of(*labels, name) for name in present]
        for path in paths:
            call = Call("DELETE", path, "remove a label", str(ref))
            result = await self.sender.send(call, lambda _: Done(str(ref), state.url))
            if not isinstance(result, Done):
                return result
        return Done(str(ref), state.url, {"changed": present})

    async def assign(self, action: ApprovedAction) -> ActionResult:
        """People who are not assigned yet; who can not be is told before anything is sent."""
        ref = read_thread(action.target)
        for login in _wanted(action):
            path = path_of("repos", ref.repository, "assignees", login)
            try:
                await self.sender.api.get(Call("GET", path, "tell who can be assigned", login))
            except TargetMissing:
                # GitHub would pass them over without a word.
                return Refused(NOT_ASSIGNABLE, f"{login} can not be assigned in {ref.repository}")
        return await self._change(action, "POST", "issues", "assignees", "assignees")

    async def unassign(self, action: ApprovedAction) -> ActionResult:
        """People who are assigned."""
        return await self._change(action, "DELETE", "issues", "assignees", "assignees")

    async def request_reviewers(self, action: ApprovedAction) -> ActionResult:
        """People who were not asked yet."""
        return await self._change(action, "POST", "pulls", "requested_reviewers", "reviewers")

    async def remove_reviewers(self, action: ApprovedAction) -> ActionResult:
        """People who were asked and did not answer."""
        return await self._change(action, "DELETE", "pulls", "requested_reviewers", "reviewers")

    async def look_up(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the state is as wanted."""
        ref = read_thread(action.target)
        state = await self._state(action, ref)
        is_there = [one.lower() in state.names for one in _wanted(action)]
        reached = all(is_there) if action.kind in _ADDING else not any(is_there)
        found = LookUpState.FOUND if reached else LookUpState.ABSENT
        return LookUp(found, external_id=str(ref), url=state.url)

    async def _change(
        self, action: ApprovedAction, method: str, root: str, part: str, field: str
    ) -> ActionResult:
        ref, wanted = read_thread(action.target), _wanted(action)
        if action.kind in _OF_REVIEWERS:
            judged_by = read_pull_base(action.base)
            # What takes back is not held up by what was pushed since.
            diff = judged_by if action.kind in _ADDING else None
            if (outdated := await self.sender.refusal_of_outdated(ref, diff)) is not None:
                return outdated
        else:
            read_no_base(action.base)
        state = await self._state(action, ref)
        is_adding = action.kind in _ADDING
        left = [one for one in wanted if (one.lower() in state.names) is not is_adding]
        if not left:
            return Done(str(ref), state.url, {"already": True})
        body: JSONObject = {field: left}
        path = path_of("repos", ref.repository, root, ref.number, part)
        call = Call(method, path, f"change the {field}", str(ref), body=body)

        def finish(answer: Answer) -> Done | Faulty:
            missed = _missed(action.kind, answer, left)
            if missed:
                return Faulty(NOT_KEPT, f"GitHub passed over {', '.join(missed)}", str(ref))
            return Done(str(ref), state.url, {"changed": left})

        return await self.sender.send(call, finish)

    async def _state(self, action: SentAction, ref: PullRequestRef) -> _State:
        what = "read what is set"
        if action.kind in _OF_LABELS or action.kind in _OF_ASSIGNEES:
            path = path_of("repos", ref.repository, "issues", ref.number)
            answer = await self.sender.api.get(Call("GET", path, what, str(ref)))
            issue = convert(answer.data, IssueAnswer, operation=what)
            names = (
                [one.name for one in issue.labels]
                if action.kind in _OF_LABELS
                else [one.login for one in issue.assignees]
            )
            return _State({one.lower(): one for one in names}, issue.html_url)
        path = path_of("repos", ref.repository, "pulls", ref.number)
        answer = await self.sender.api.get(Call("GET", path, what, str(ref)))
        pull = convert(answer.data, PullAnswer, operation=what)
        asked = {one.login.lower(): one.login for one in pull.requested_reviewers}
        return _State(asked, pull.html_url)


def _wanted(action: SentAction) -> tuple[str, ...]:
    if action.kind in _OF_LABELS:
        return read_label_params(action.params)
    name = "assignees" if action.kind in _OF_ASSIGNEES else "reviewers"
    return read_people_params(action.params, name)


def _missed(kind: ActionKind, answer: Answer, left: Sequence[str]) -> list[str]:
    """Who was to be assigned and is not, by GitHub's own answer."""
    if kind is not ActionKind.GITHUB_ASSIGN:
        return []
    issue = convert(answer.data, IssueAnswer, operation="change the assignees")
    there = {one.login.lower() for one in issue.assignees}
    return [one for one in left if one.lower() not in there]
