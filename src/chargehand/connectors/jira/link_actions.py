"""Links between work items: an action that sets a state, so the state is read first."""

import asyncio
from dataclasses import dataclass

from chargehand.connectors.jira.answers import LinkAnswer, LinkStateAnswer
from chargehand.connectors.jira.change_params import (
    LinkEnd,
    LinkParams,
    read_link_base,
    read_link_params,
)
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.plans import Plan
from chargehand.connectors.jira.set_actions import BASE_CHANGED
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, SentAction


@dataclass(frozen=True, slots=True)
class LinkActions:
    """Prepares and looks up links; reads only.

    Every method raises what `JiraTransport.read` raises, and ParamInvalid or ParamUnknown.
    """

    config: JiraConfig
    transport: JiraTransport

    async def prepare(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The link, unless it is there or the two came to stand to each other otherwise."""
        params, base = read_link_params(action.params), read_link_base(action.base)
        own, other = await asyncio.gather(self._state(action.target), self._state(params.to))
        for wanted, found in ((action.target, own.key), (params.to, other.key)):
            if wanted != found:
                return Refused(BASE_CHANGED, f"{wanted} was moved and is {found} now")
        relations = _relations(own, params)
        if params.relation in relations:
            return Done(action.target, self._url(action), {"already": True})
        if relations != set(base.relations):
            return Refused(BASE_CHANGED, "somebody else changed the links between the two")
        call = Call(
            "POST",
            path_of("issueLink"),
            "link work items",
            f"work items {action.target} and {params.to}",
            body=_body(action.target, params),
        )

        # Jira answers with 201 and nothing to read.
        async def finish(body: bytes) -> Done:  # noqa: ARG001 - the shape of Plan.finish.
            return Done(action.target, self._url(action))

        return Plan(call, finish)

    async def prepare_removal(self, action: ApprovedAction) -> Plan | Done | Refused:
        """The removal of the link, unless it is gone or the two stand otherwise to each other."""
        params, base = read_link_params(action.params), read_link_base(action.base)
        own = await self._state(action.target)
        relations = _relations(own, params)
        found = [
            link
            for link in own.fields.issuelinks or ()
            if _relation(link, params.to) == params.relation and link.type.name == params.link_type
        ]
        if not found:
            return Done(action.target, self._url(action), {"already": True})
        if own.key != action.target or relations != set(base.relations) or len(found) > 1:
            return Refused(BASE_CHANGED, "somebody else changed the links between the two")
        name = f"the link between {action.target} and {params.to}"
        call = Call("DELETE", path_of("issueLink", found[0].id), "remove a link", name)

        # Jira answers with 204 and nothing to read.
        async def finish(body: bytes) -> Done:  # noqa: ARG001 - the shape of Plan.finish.
            return Done(action.target, self._url(action))

        return Plan(call, finish)

    async def look_up_removal(self, action: SentAction) -> LookUp:
        """Whether the link is gone."""
        params = read_link_params(action.params)
        if params.relation in _relations(await self._state(action.target), params):
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=action.target, url=self._url(action))

    async def look_up(self, action: SentAction) -> LookUp:
        """Whether the link is there."""
        params = read_link_params(action.params)
        if params.relation in _relations(await self._state(action.target), params):
            return LookUp(LookUpState.FOUND, external_id=action.target, url=self._url(action))
        return LookUp(LookUpState.ABSENT)

    async def _state(self, key: str) -> LinkStateAnswer:
        query = {"fields": "issuelinks"}
        call = Call("GET", path_of("issue", key), "read links", f"work item {key}", query=query)
        return await self.transport.read(call, LinkStateAnswer)

    def _url(self, action: ApprovedAction | SentAction) -> str:
        return self.config.item_url(action.target)


def _body(target: str, params: LinkParams) -> JSONObject:
    # Jira's names say where an issue stands on the arrow: the inward one is where it begins, so
    # with the type Blocks the inward issue blocks the outward one.
    is_outward = params.direction is LinkEnd.OUTWARD
    first, second = (target, params.to) if is_outward else (params.to, target)
    return {
        "type": {"name": params.link_type},
        "inwardIssue": {"key": first},
        "outwardIssue": {"key": second},
    }


def _relations(state: LinkStateAnswer, params: LinkParams) -> set[str]:
    """How the work item stands to the other one by its links."""
    links = state.fields.issuelinks or ()
    return {relation for link in links if (relation := _relation(link, params.to)) is not None}


def _relation(link: LinkAnswer, other: str) -> str | None:
    if link.outward_issue is not None and link.outward_issue.key == other:
        return link.type.outward
    if link.inward_issue is not None and link.inward_issue.key == other:
        return link.type.inward
    return None
