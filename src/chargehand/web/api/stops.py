"""Stops: what holds everything back at once, and the way out of it."""

from typing import Final

from fastapi import APIRouter

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.domain.switches import ORGANIZATION, Scope, ScopeKind
from chargehand.pipeline import looking
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.showing import to_json
from chargehand.pipeline.stopping import require_stoppable, resume, stop
from chargehand.web.api.asking import Asked, Asking, needs
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.flags import known_scopes
from chargehand.web.api.inputs import Nothing, ResumeBody, StopBody, StopScope, StopTarget
from chargehand.web.api.operating_models import Resumed, Stopped, Stops

_KINDS: Final = {
    StopScope.PROJECT: ScopeKind.PROJECT,
    StopScope.AGENT: ScopeKind.AGENT,
    StopScope.CONNECTOR: ScopeKind.CONNECTOR,
}


def add_stop_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows, begins and ends stops."""
    agents = [one.name for one in deps.commands.agents]

    @router.get(
        "/stops",
        response_model=Stops,
        responses=problems(),
        tags=[Tag.FLAGS],
        openapi_extra=needs(Permission.FLAG_VIEW),
    )
    async def list_stops(caller: Asking, _query: Nothing) -> JSONValue:
        """Everything that is stopped, and since when, by whom and where."""
        return await caller.read(lambda asked: {"stops": to_json(asked.tx.stops.in_force())})

    @router.post(
        "/stops",
        response_model=Stopped,
        responses=problems_with_body(),
        tags=[Tag.FLAGS],
        openapi_extra=needs(Permission.STOP_SET),
    )
    async def begin_stop(caller: Asking, _query: Nothing, body: StopBody) -> JSONValue:
        """Stop a scope: nothing of it is decided or sent from now on; stopping twice is once."""
        now, scope = deps.clock.now(), _scope(body.scope)
        require_stoppable(scope, known_scopes(deps), agents)

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            return to_json(stop(asked.tx, scope, reason=body.reason, by=asked.by, now=now))

        return await caller.change(work)

    @router.post(
        "/stops/resume",
        response_model=Resumed,
        responses=problems_with_body(409),
        tags=[Tag.FLAGS],
        openapi_extra=needs(Permission.STOP_SET),
    )
    async def end_stop(caller: Asking, _query: Nothing, body: ResumeBody) -> JSONValue:
        """End the stop of exactly this scope; what waited goes on."""
        now, scope = deps.clock.now(), _scope(body.scope)

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            return to_json(resume(asked.tx, scope, by=asked.by, now=now))

        return await caller.change(work)


def _scope(target: StopTarget) -> Scope:
    if target.kind is not StopScope.ALL:
        return Scope(_KINDS[target.kind], target.name)
    if target.name:
        raise ArgumentInvalid(field="scope.name", found=target.name, allowed="nothing with all")
    return ORGANIZATION
