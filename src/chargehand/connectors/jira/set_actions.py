"""Transition, assign and label: actions that set a state, so the state is read first."""

from dataclasses import dataclass

from chargehand.connectors.jira.answers import StateAnswer, StateFieldsAnswer
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.params import (
    TransitionParams,
    read_assign_base,
    read_assign_params,
    read_labels_base,
    read_labels_params,
    read_transition_base,
    read_transition_params,
)
from chargehand.connectors.jira.plans import Plan
from chargehand.connectors.jira.queries import JiraQueries
from chargehand.connectors.jira.states import StateReader
from chargehand.connectors.jira.transport import Call, path_of
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.json import JSONObject
from chargehand.domain.work_item import Transition
from chargehand.plugins.connector import LookUp, LookUpState, SentAction

BASE_CHANGED = "base_changed"
TRANSITION_GONE = "transition_gone"
FIELDS_NEEDED = "transition_needs_fields"
CONDITIONAL = "transition_conditional"


@dataclass(frozen=True, slots=True)
class SetActions:
    """Prepares and looks up the actions that set a state; reads only.

    Every method raises what `JiraTransport.read` raises, and ParamInvalid or ParamUnknown.
    """

    config: JiraConfig
    queries: JiraQueries
    states: StateReader
    dialect: Dialect

    async def prepare_transition(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The move, unless the status is reached already or no longer the one it starts from."""
        params = read_transition_params(action.params)
        base = read_transition_base(action.base)
        state = await self.states.one(action.target)
        status = _status(state.fields)
        if status == params.to_status:
            return self._already(action)
        if status != base.status:
            return Refused(BASE_CHANGED, f"the status is {status}, not {base.status}")
        if moved := moved_away(state, action):
            return moved
        moves = await self.queries.transitions(action.target)
        fitting = [found for found in moves if _is_move(found, params)]
        # Two ways to one status may do different things besides; none of them is guessed.
        move = fitting[0] if len(fitting) == 1 else None
        if refused := _move_refused(move, params):
            return refused
        path = path_of("issue", action.target, "transitions")
        body: JSONObject = {"transition": {"id": params.transition_id or fitting[0].id}}
        return self._plan(
            action, Call("POST", path, "move the work item", action.target, body=body)
        )

    async def prepare_assign(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The assignment, unless it is so already or somebody assigned it meanwhile."""
        params, base = read_assign_params(action.params), read_assign_base(action.base)
        state = await self.states.one(action.target)
        assignee = _assignee(state.fields)
        if assignee == params.account_id:
            return self._already(action)
        if assignee != base.assignee:
            return Refused(BASE_CHANGED, "somebody else changed the assignee")
        if moved := moved_away(state, action):
            return moved
        path = path_of("issue", action.target, "assignee")
        body = await self.dialect.assignee(params.account_id)
        return self._plan(
            action, Call("PUT", path, "assign the work item", action.target, body=body)
        )

    async def prepare_labels(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The missing labels, unless all are there already or the labels changed meanwhile."""
        params, base = read_labels_params(action.params), read_labels_base(action.base)
        state = await self.states.one(action.target)
        labels = set(state.fields.labels or ())
        missing = [label for label in params.labels if label not in labels]
        if not missing:
            return self._already(action)
        if labels != set(base.labels):
            return Refused(BASE_CHANGED, "somebody else changed the labels")
        if moved := moved_away(state, action):
            return moved
        path = path_of("issue", action.target)
        # Adding, not setting: a label added by someone at this very moment stays.
        body: JSONObject = {"update": {"labels": [{"add": label} for label in missing]}}
        return self._plan(
            action, Call("PUT", path, "label the work item", action.target, body=body)
        )

    async def prepare_label_removal(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The removal of those of the labels that are still there."""
        params = read_labels_params(action.params)
        read_labels_base(action.base)
        state = await self.states.one(action.target)
        labels = set(state.fields.labels or ())
        present = [label for label in params.labels if label in labels]
        if not present:
            return self._already(action)
        if moved := moved_away(state, action):
            return moved
        path = path_of("issue", action.target)
        body: JSONObject = {"update": {"labels": [{"remove": label} for label in present]}}
        return self._plan(action, Call("PUT", path, "remove labels", action.target, body=body))

    async def look_up_label_removal(self, action: SentAction) -> LookUp:
        """Whether none of the labels is there; removing what is left can not hurt."""
        params = read_labels_params(action.params)
        labels = set((await self.states.one(action.target)).fields.labels or ())
        if labels.isdisjoint(params.labels):
            return self._found(action)
        return LookUp(LookUpState.ABSENT)

    async def look_up_transition(self, action: SentAction) -> LookUp:
        """Whether the status is the wanted one; a third status tells nothing."""
        params = read_transition_params(action.params)
        base = read_transition_base(action.base)
        status = _status((await self.states.one(action.target)).fields)
        if status == params.to_status:
            return self._found(action)
        if status == base.status:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.UNSURE, reason=f"the status is {status} now")

    async def look_up_assign(self, action: SentAction) -> LookUp:
        """Whether the assignee is the wanted one; a third person tells nothing."""
        params, base = read_assign_params(action.params), read_assign_base(action.base)
        assignee = _assignee((await self.states.one(action.target)).fields)
        if assignee == params.account_id:
            return self._found(action)
        if assignee == base.assignee:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.UNSURE, reason="somebody else is the assignee now")

    async def look_up_labels(self, action: SentAction) -> LookUp:
        """Whether all labels are there; some of them tell nothing."""
        params, base = read_labels_params(action.params), read_labels_base(action.base)
        labels = set((await self.states.one(action.target)).fields.labels or ())
        wanted = set(params.labels)
        if wanted <= labels:
            return self._found(action)
        if not (wanted - set(base.labels)) & labels:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.UNSURE, reason="only some of the labels are there")

    def _plan(self, action: ApprovedAction, call: Call) -> Plan:
        # Jira answers these with 204 and nothing to read.
        async def finish(body: bytes) -> Done:  # noqa: ARG001 - the shape of Plan.finish.
            return Done(action.target, self.config.item_url(action.target))

        return Plan(call, finish)

    def _already(self, action: ApprovedAction) -> Done:
        return Done(action.target, self.config.item_url(action.target), {"already": True})

    def _found(self, action: SentAction) -> LookUp:
        url = self.config.item_url(action.target)
        return LookUp(LookUpState.FOUND, external_id=action.target, url=url)


def moved_away(state: StateAnswer, action: ApprovedAction) -> Refused | None:
    """The refusal when the work item has another key now: another project, other readers."""
    if state.key == action.target:
        return None
    return Refused(BASE_CHANGED, f"{action.target} was moved and is {state.key} now")


def _is_move(found: Transition, params: TransitionParams) -> bool:
    is_meant = params.transition_id in (None, found.id)
    return is_meant and found.to_status == params.to_status


def _move_refused(move: Transition | None, params: TransitionParams) -> Refused | None:
    if move is None:
        name = params.transition_name or f"one single way to {params.to_status}"
        return Refused(TRANSITION_GONE, f"{name} is not possible now")
    if move.is_conditional:
        return Refused(CONDITIONAL, f"{params.transition_name} is not open to everybody now")
    if move.required_fields:
        return Refused(FIELDS_NEEDED, f"it asks for {', '.join(move.required_fields)}")
    return None


def _status(fields: StateFieldsAnswer) -> str:
    return "" if fields.status is None else fields.status.name


def _assignee(fields: StateFieldsAnswer) -> str | None:
    return None if fields.assignee is None else fields.assignee.account_id
