"""A new work item as an action: its mark is stored with it, and finds it again after a crash."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chargehand.connectors.jira.answers import CreatedAnswer, ProjectAnswer, SearchAnswer
from chargehand.connectors.jira.change_params import (
    CreateParams,
    read_create_base,
    read_create_params,
)
from chargehand.connectors.jira.comments import MARK_KEY, mark_of
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.plans import CLOCK_MARGIN, Plan
from chargehand.connectors.jira.render import render_description
from chargehand.connectors.jira.set_actions import BASE_CHANGED
from chargehand.connectors.jira.transport import Call, JiraTransport, decode, path_of
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.clock import Clock, to_micros
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction

_CREATE = "create a work item"
_FIND = "look for a work item of ours"
_ISSUES_PER_SEARCH = 100
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
    clock: Clock
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare(self, action: ApprovedAction) -> Plan | Refused:
        """The new work item, unless the key means another project now."""
        params, base = read_create_params(action.params), read_create_base(action.base)
        body = _body(params, project=action.target, action_id=action.action_id)
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
        """Whether a work item the bot created since carries the action's mark.

        Jira searches properties only for apps that declare them, and a token is no app, so what
        the bot created since is listed and every mark is read.
        """
        token: str | None = None
        jql = self._jql(action, await self.find_bot(), since=past.intended_at - CLOCK_MARGIN)
        while True:
            page = await self._page(jql, token)
            for issue in page.issues:
                if _action_of(issue.properties) == action.action_id:
                    url = self.config.item_url(issue.key)
                    return LookUp(LookUpState.FOUND, external_id=issue.key, url=url)
            token = page.next_page_token
            if token is None:
                break
        if self.clock.now() - past.intended_at < _INDEXED_AFTER:
            return LookUp(LookUpState.UNSURE, reason="search_index_behind")
        return LookUp(LookUpState.ABSENT)

    def _jql(self, action: SentAction, bot: AccountId, *, since: datetime) -> str:
        since_ms = to_micros(since) // 1000
        return (
            f'project = "{action.target}" AND creator = "{bot}" AND created >= {since_ms} '
            "ORDER BY created DESC"
        )

    async def _page(self, jql: str, token: str | None) -> SearchAnswer:
        body: dict[str, JSONValue] = {
            "jql": jql,
            "fields": ["created"],
            "properties": [MARK_KEY],
            "maxResults": _ISSUES_PER_SEARCH,
        }
        if token is not None:
            body["nextPageToken"] = token
        path = path_of("search", "jql")
        return await self.transport.read(
            Call("POST", path, _FIND, "the project", body=body), SearchAnswer
        )


def _body(params: CreateParams, *, project: str, action_id: str) -> JSONObject:
    fields: dict[str, JSONValue] = {
        "project": {"key": project},
        "issuetype": {"id": params.issue_type_id},
        "summary": params.summary,
    }
    if params.description.strip():
        fields["description"] = render_description(params.description)
    return {"fields": fields, "properties": [mark_of(action_id)]}


def _action_of(properties: Mapping[str, object]) -> str | None:
    value = properties.get(MARK_KEY)
    action_id = value.get("action_id") if isinstance(value, Mapping) else None
    return action_id if isinstance(action_id, str) else None
