"""Flags: switches that work while everything runs."""

from typing import Annotated

from fastapi import APIRouter, Path

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.domain.switches import ORGANIZATION, Scope
from chargehand.flags.registry import Flag
from chargehand.pipeline import looking
from chargehand.pipeline.flags import KnownScopes, clear_flag, list_flags, set_flag
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import ClearFlagBody, FlagBody, Nothing, ScopeBody
from chargehand.web.api.operating_models import Flags


def add_flag_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and sets flags."""

    @router.get(
        "/flags",
        response_model=Flags,
        responses=problems(),
        tags=[Tag.FLAGS],
        openapi_extra=needs(Permission.FLAG_VIEW),
    )
    async def read_flags(caller: Asking, _query: Nothing) -> JSONValue:
        """Every flag: how it stands, who set it in which scope until when, and what it does."""
        return await caller.read(lambda asked: _shown(asked.tx, deps))

    @router.put(
        "/flags/{flag}",
        response_model=Flags,
        responses=problems_with_body(404),
        tags=[Tag.FLAGS],
        openapi_extra=needs(Permission.FLAG_SET),
    )
    async def put_flag(
        caller: Asking,
        flag: Annotated[Flag, Path(description="Which switch.")],
        _query: Nothing,
        body: FlagBody,
    ) -> JSONValue:
        """Turn a flag on or off in one scope; effective at once in every process, once if twice."""
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            set_flag(
                asked.tx,
                flag,
                _scope(body.scope),
                is_on=body.is_on,
                known=known_scopes(deps),
                by=asked.by,
                now=now,
                reason=body.reason,
                expires_at=body.expires_at,
            )
            return _shown(asked.tx, deps)

        return await caller.change(work)

    _add_clearing(router, deps)


def _add_clearing(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/flags/{flag}/clear",
        response_model=Flags,
        responses=problems_with_body(404),
        tags=[Tag.FLAGS],
        openapi_extra=needs(Permission.FLAG_SET),
    )
    async def clear_one_flag(
        caller: Asking,
        flag: Annotated[Flag, Path(description="Which switch.")],
        _query: Nothing,
        body: ClearFlagBody,
    ) -> JSONValue:
        """Forget what was set of a flag in one scope, so that the others count alone."""
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            clear_flag(asked.tx, flag, _scope(body.scope), by=asked.by, now=now)
            return _shown(asked.tx, deps)

        return await caller.change(work)


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
