"""Flags: switches that work while everything runs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from chargehand.domain.json import JSONValue
from chargehand.domain.switches import ORGANIZATION, Scope
from chargehand.flags.registry import Flag
from chargehand.pipeline import looking
from chargehand.pipeline.flags import KnownScopes, clear_flag, list_flags, set_flag
from chargehand.pipeline.showing import to_json
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
from chargehand.web.api.inputs import ClearFlagBody, FlagBody, Nothing, ScopeBody
from chargehand.web.api.models_operating import Flags


def add_flag_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and sets flags."""

    @router.get("/flags", response_model=Flags, responses=problems(), tags=[Tag.FLAGS])
    async def read_flags(_query: Nothing) -> JSONValue:
        """Every flag: how it stands, who set it in which scope until when, and what it does."""
        return await deps.database.aread(lambda tx: _shown(tx, deps))

    @router.put(
        "/flags/{flag}", response_model=Flags, responses=problems_with_body(404), tags=[Tag.FLAGS]
    )
    async def put_flag(
        caller: Annotated[Caller, Depends(current_caller)],
        flag: Annotated[Flag, Path(description="Which switch.")],
        _query: Nothing,
        body: FlagBody,
    ) -> JSONValue:
        """Turn a flag on or off in one scope; effective at once in every process, once if twice."""
        now = deps.clock.now()

        def work(tx: looking.Changing) -> JSONValue:
            set_flag(
                tx,
                flag,
                _scope(body.scope),
                is_on=body.is_on,
                known=known_scopes(deps),
                by=caller.actor,
                now=now,
                reason=body.reason,
                expires_at=body.expires_at,
            )
            return _shown(tx, deps)

        return await deps.database.awrite(work)

    @router.post(
        "/flags/{flag}/clear",
        response_model=Flags,
        responses=problems_with_body(404),
        tags=[Tag.FLAGS],
    )
    async def clear_one_flag(
        caller: Annotated[Caller, Depends(current_caller)],
        flag: Annotated[Flag, Path(description="Which switch.")],
        _query: Nothing,
        body: ClearFlagBody,
    ) -> JSONValue:
        """Forget what was set of a flag in one scope, so that the others count alone."""
        now = deps.clock.now()

        def work(tx: looking.Changing) -> JSONValue:
            clear_flag(tx, flag, _scope(body.scope), by=caller.actor, now=now)
            return _shown(tx, deps)

        return await deps.database.awrite(work)


def known_scopes(deps: APIDeps) -> KnownScopes:
    """What a flag or a stop can be about here."""
    return KnownScopes(
        projects=deps.served_projects,
        connectors={*deps.connectors, *deps.connectors.values()},
    )


def _scope(body: ScopeBody | None) -> Scope:
    return Scope(body.kind, body.name) if body is not None else ORGANIZATION


def _shown(tx: looking.View, deps: APIDeps) -> JSONValue:
    return {"flags": to_json(list_flags(tx, now=deps.clock.now()))}
