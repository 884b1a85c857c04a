"""Workflows as actions: started, run again, cancelled; a run is only ours when GitHub proves it.

GitHub answers a dispatch with the run's number where it knows that wish. Where it does not, a run
is known by the action's id in its title, which the workflow's `run-name` has to show. What neither
tells stays unknown: the newest run may be somebody else's.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chargehand.connectors.github.answers import DispatchAnswer, RunAnswer
from chargehand.connectors.github.params import (
    DispatchParams,
    read_dispatch_params,
    read_no_base,
    read_repository,
    read_run_base,
    read_run_params,
)
from chargehand.connectors.github.sending import BASE_CHANGED, Sender
from chargehand.connectors.github.transport import Answer, Call, convert, path_of
from chargehand.domain.action import ActionResult, ApprovedAction, Done, Refused
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.errors import RequestRefused
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send

_DISPATCH: Final = "start a workflow"
_READ: Final = "read workflow runs"
_DETAILS: Final = "return_run_details"
_CLOCK_MARGIN: Final = timedelta(minutes=5)
# A run is listed a moment after it was started.
_TRIES: Final = 3
_BETWEEN_S: Final = 1.0
_NOT_CONTENT: Final = 204


@dataclass(frozen=True, slots=True)
class WorkflowActions:
    """Starts, repeats and cancels runs of workflows."""

    sender: Sender
    sleep: Callable[[float], Awaitable[None]]

    async def dispatch(self, action: ApprovedAction) -> ActionResult:
        """A workflow is started, with the action's id among its inputs where it takes one."""
        params, repository = read_dispatch_params(action.params), read_repository(action.target)
        read_no_base(action.base)
        body = _inputs(params, action.action_id)
        try:
            answer = await self._start(repository, params, body)
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self.sender.settle_s)
        if answer.status != _NOT_CONTENT:
            told = convert(answer.data, DispatchAnswer, operation=_DISPATCH)
            return Done(str(told.workflow_run_id), told.html_url, {"run": "told"})
        found = await self._find_soon(action, params, repository)
        if found is not None:
            return Done(str(found.id), found.html_url, {"run": "found"})
        # It was started for sure; which run it is nobody can say.
        return Done("", "", {"run": "unknown"})

    async def rerun(self, action: ApprovedAction) -> ActionResult:
        """A run that ended is run again, unless somebody did meanwhile."""
        run_id, attempt = read_run_params(action.params), read_run_base(action.base)
        repository = read_repository(action.target)
        run = await self._run(repository, run_id)
        if attempt is not None and run.run_attempt != attempt:
            return Refused(BASE_CHANGED, f"run {run_id} was run again by somebody else")
        if run.status != "completed":
            return Refused(BASE_CHANGED, f"run {run_id} has not ended")
        path = path_of("repos", repository, "actions", "runs", run_id, "rerun")
        call = Call("POST", path, "run a workflow again", repository)
        return await self.sender.send(call, lambda _: Done(str(run_id), run.html_url))

    async def cancel(self, action: ApprovedAction) -> ActionResult:
        """A run that is under way is stopped."""
        run_id, repository = read_run_params(action.params), read_repository(action.target)
        read_no_base(action.base)
        run = await self._run(repository, run_id)
        if run.status == "completed":
            if run.conclusion == "cancelled":
                return Done(str(run_id), run.html_url, {"already": True})
            return Refused(BASE_CHANGED, f"run {run_id} ended before: {run.conclusion}")
        path = path_of("repos", repository, "actions", "runs", run_id, "cancel")
        call = Call("POST", path, "cancel a workflow", repository)
        return await self.sender.send(call, lambda _: Done(str(run_id), run.html_url))

    async def look_up_dispatch(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether a run carries the action's id in its title.

        Where none does, it is absent only if no run of the workflow was started at all since.
        """
        params, repository = read_dispatch_params(action.params), read_repository(action.target)
        since = (past.intended_at - _CLOCK_MARGIN).strftime("%Y-%m-%dT%H:%M:%SZ")
        runs = await self._runs(repository, params, since)
        ours = [one for one in runs if action.action_id in one.display_title]
        if len(ours) == 1:
            return LookUp(LookUpState.FOUND, external_id=str(ours[0].id), url=ours[0].html_url)
        if not runs:
            return LookUp(LookUpState.ABSENT)
        reason = "several runs carry its id" if ours else "no run shows whose it is"
        return LookUp(LookUpState.UNSURE, reason=reason)

    async def look_up_rerun(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the run has one more attempt."""
        run_id, before = read_run_params(action.params), read_run_base(action.base)
        run = await self._run(read_repository(action.target), run_id)
        if before is None:
            return LookUp(LookUpState.UNSURE, reason="the attempt before is not known")
        state = LookUpState.FOUND if run.run_attempt > before else LookUpState.ABSENT
        return LookUp(state, external_id=str(run_id), url=run.html_url)

    async def look_up_cancelling(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the run was cancelled."""
        run_id = read_run_params(action.params)
        run = await self._run(read_repository(action.target), run_id)
        is_cancelled = run.conclusion == "cancelled"
        state = LookUpState.FOUND if is_cancelled else LookUpState.ABSENT
        return LookUp(state, external_id=str(run_id), url=run.html_url)

    async def _start(self, repository: str, params: DispatchParams, body: JSONObject) -> Answer:
        path = path_of("repos", repository, "actions", "workflows", params.workflow, "dispatches")
        wished = Call("POST", path, _DISPATCH, repository, body={**body, _DETAILS: True})
        try:
            return await self.sender.api.send(wished)
        except RequestRefused as error:
            if _DETAILS not in str(error):
                raise
        # An older GitHub refused the wish, so nothing was started yet.
        return await self.sender.api.send(Call("POST", path, _DISPATCH, repository, body=body))

    async def _find_soon(
        self, action: ApprovedAction, params: DispatchParams, repository: str
    ) -> RunAnswer | None:
        if params.correlation_input is None:
            return None
        since = (self.sender.api.clock.now() - _CLOCK_MARGIN).strftime("%Y-%m-%dT%H:%M:%SZ")
        for number in range(_TRIES):
            if number:
                await self.sleep(_BETWEEN_S)
            try:
                runs = await self._runs(repository, params, since)
            except VENDOR_FAILURES:
                continue
            ours = [one for one in runs if action.action_id in one.display_title]
            if len(ours) == 1:
                return ours[0]
        return None

    async def _runs(self, repository: str, params: DispatchParams, since: str) -> list[RunAnswer]:
        """The runs of the workflow that were dispatched since, whoever did."""
        query = {"event": "workflow_dispatch", "created": f">={since}"}
        path = path_of("repos", repository, "actions", "runs")
        call = Call("GET", path, _READ, repository, query)
        raw = await self.sender.api.items(call, most=10, inside="workflow_runs")
        runs = convert(raw, list[RunAnswer], operation=_READ)
        return [one for one in runs if _is_of(one, params.workflow)]

    async def _run(self, repository: str, run_id: int) -> RunAnswer:
        path = path_of("repos", repository, "actions", "runs", run_id)
        answer = await self.sender.api.get(Call("GET", path, _READ, f"run {run_id}"))
        return convert(answer.data, RunAnswer, operation=_READ)


def _inputs(params: DispatchParams, action_id: str) -> JSONObject:
    inputs = dict(params.inputs)
    if params.correlation_input is not None:
        inputs[params.correlation_input] = action_id
    return {"ref": params.ref, **({"inputs": inputs} if inputs else {})}


def _is_of(run: RunAnswer, workflow: str) -> bool:
    if workflow.isdecimal():
        return run.workflow_id == int(workflow)
    # The path may end in the ref it was read at.
    return run.path.partition("@")[0].rpartition("/")[2] == workflow
