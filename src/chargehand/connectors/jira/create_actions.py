"""A new work item as an action: its mark is stored with it, and finds it again after a crash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from chargehand.connectors.jira.answers import CreatedAnswer, ProjectAnswer
from chargehand.connectors.jira.change_params import (
    CreateParams,
    read_create_base,
    read_create_params,
)
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.marks import action_in, mark_of
from chargehand.connectors.jira.plans import CLOCK_MARGIN, Plan
from chargehand.connectors.jira.set_actions import BASE_CHANGED
from chargehand.connectors.jira.transport import Call, JiraTransport, decode, path_of
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.clock import Clock, to_micros
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction

_CREATE = "create a work item"
_FIND = "look for a work item of ours"
# Jira's search follows its data after a moment; before that, not found does not mean not there.
_INDEXED_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class CreateActions:
    """Prepares new work items and finds them again; reads only.

    Every method raises what `JiraTransport.read` raises, and ParamInvalid, ParamUnknown or
    CommentTooLong.
    """

    config: JiraConfig
    transport: JiraTransport
    dialect: Dialect
    clock: Clock
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare(self, action: ApprovedAction) -> Plan | Refused:
        """The new work item, unless the key means another project now."""
        params, base = read_create_params(action.params), read_create_base(action.base)
        body = self._body(params, project=action.target, action_id=action.action_id)
        name = f"project {action.target}"
        call = Call("GET", path_of("project", action.target), "show the project", name)
        project = await self.transport.read(call, ProjectAnswer)
        if project.id != base.project_id or project.key != action.target:
            return Refused(BASE_CHANGED, f"{action.target} is another project now")

        async def finish(answer: bytes) -> Done:
            created = decode(answer, CreatedAnswer, operation=_CREATE)
            return Done(created.key, self.config.item_url(created.key))

        return Plan(Call("POST", path_of("issue"), _CREATE, name, body=body), finish)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether a work item the bot created since carries the action's mark."""
        since_ms = to_micros(past.intended_at - CLOCK_MARGIN) // 1000
        bot = await self.find_bot()
        created = self.dialect.created_by(bot, action.target, since_ms=since_ms, operation=_FIND)
        is_any_unmarked = False
        async for key, mark in created:
            is_any_unmarked = is_any_unmarked or mark is None
            if action_in(mark) == action.action_id:
                url = self.config.item_url(key)
                return LookUp(LookUpState.FOUND, external_id=key, url=url)
        if is_any_unmarked and not self.dialect.marks_are_sure:
            return LookUp(LookUpState.UNSURE, reason="unmarked work items of ours are there")
        if self.clock.now() - past.intended_at < _INDEXED_AFTER:
            return LookUp(LookUpState.UNSURE, reason="search_index_behind")
        return LookUp(LookUpState.ABSENT)

    def _body(self, params: CreateParams, *, project: str, action_id: str) -> JSONObject:
        fields: dict[str, JSONValue] = {
            "project": {"key": project},
            "issuetype": {"id": params.issue_type_id},
            "summary": params.summary,
        }
        if params.description.strip():
            fields["description"] = self.dialect.description(params.description)
        return {"fields": fields, "properties": [mark_of(action_id)]}
