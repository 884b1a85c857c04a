"""Fields of a work item: an action that sets a state, so the state is read first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chargehand.connectors.jira.answers import FieldStateAnswer
from chargehand.connectors.jira.change_params import read_fields_base, read_fields_params
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.fields import (
    FIELD_IDS,
    FieldValue,
    is_same_value,
    to_jira,
    value_of,
)
from chargehand.connectors.jira.plans import Plan
from chargehand.connectors.jira.set_actions import BASE_CHANGED
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.work_item import FieldName
from chargehand.plugins.connector import LookUp, LookUpState, SentAction

FIELD_CLOSED = "field_closed"


@dataclass(frozen=True, slots=True)
class FieldActions:
    """Prepares and looks up changes of fields; reads only.

    Every method raises what `JiraTransport.read` raises, and ParamInvalid or ParamUnknown.
    """

    config: JiraConfig
    transport: JiraTransport

    async def prepare(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The change, unless it is so already or somebody changed one of the fields meanwhile."""
        params = read_fields_params(action.params)
        base = read_fields_base(action.base, params)
        closed = sorted(params.fields.keys() - self.config.editable_fields)
        if closed:
            # The operator may have taken a field off the list after the proposal.
            return Refused(FIELD_CLOSED, f"{', '.join(closed)} may not be set here any more")
        state = await self._state(action.target, params.fields)
        present = _present(state, params.fields)
        if _is_same(present, params.fields):
            return Done(action.target, self._url(action), {"already": True})
        if not _is_same(present, base.fields):
            return Refused(BASE_CHANGED, "somebody else changed the fields")
        if state.key != action.target:
            return Refused(BASE_CHANGED, f"{action.target} was moved and is {state.key} now")
        fields = {FIELD_IDS[name]: to_jira(name, value) for name, value in params.fields.items()}
        path = path_of("issue", action.target)
        call = Call("PUT", path, "set fields", action.target, body={"fields": fields})

        # Jira answers with 204 and nothing to read.
        async def finish(body: bytes) -> Done:  # noqa: ARG001 - the shape of Plan.finish.
            return Done(action.target, self._url(action))

        return Plan(call, finish)

    async def look_up(self, action: SentAction) -> LookUp:
        """Whether the fields hold the new values; Jira sets all of them or none."""
        params = read_fields_params(action.params)
        base = read_fields_base(action.base, params)
        present = _present(await self._state(action.target, params.fields), params.fields)
        if _is_same(present, params.fields):
            url = self._url(action)
            return LookUp(LookUpState.FOUND, external_id=action.target, url=url)
        if _is_same(present, base.fields):
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.UNSURE, reason="the fields hold other values now")

    async def _state(self, key: str, names: Iterable[FieldName]) -> FieldStateAnswer:
        query = {"fields": ",".join(FIELD_IDS[name] for name in names)}
        call = Call("GET", path_of("issue", key), "read fields", f"work item {key}", query=query)
        return await self.transport.read(call, FieldStateAnswer)

    def _url(self, action: ApprovedAction | SentAction) -> str:
        return self.config.item_url(action.target)


def _present(state: FieldStateAnswer, names: Iterable[FieldName]) -> dict[FieldName, FieldValue]:
    return {name: value_of(state.fields, name) for name in names}


def _is_same(left: Mapping[FieldName, FieldValue], right: Mapping[FieldName, FieldValue]) -> bool:
    return all(is_same_value(left[name], right[name]) for name in right)
