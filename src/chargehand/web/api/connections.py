"""How each connection is: its intake, its secrets, what polling found and no webhook brought."""

from typing import Annotated

from fastapi import APIRouter, Path

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline.connection_health import find_connection, list_connections
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asking, needs
from chargehand.web.api.connection_models import ConnectionHealth, ConnectionHealths
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems
from chargehand.web.api.inputs import ConnectionFilter, Nothing

Named = Annotated[ConnectionFilter, Path(description="A connection by its name.")]


def add_connection_routes(router: APIRouter, deps: APIDeps) -> None:
    """Every connection, and one."""

    @router.get(
        "/connections",
        response_model=ConnectionHealths,
        responses=problems(),
        tags=[Tag.OVERVIEW],
        openapi_extra=needs(Permission.CONNECTION_VIEW),
    )
    async def list_all_connections(caller: Asking, _query: Nothing) -> JSONValue:
        """How each configured connection is; nothing is called for it."""
        now = deps.clock.now()
        return await caller.read(
            lambda asked: to_json(list_connections(asked.tx, deps.known, now=now))
        )

    @router.get(
        "/connections/{name}",
        response_model=ConnectionHealth,
        responses=problems(404),
        tags=[Tag.OVERVIEW],
        openapi_extra=needs(Permission.CONNECTION_VIEW),
    )
    async def read_connection(caller: Asking, name: Named, _query: Nothing) -> JSONValue:
        """How one configured connection is."""
        now = deps.clock.now()
        return await caller.read(
            lambda asked: to_json(find_connection(asked.tx, deps.known, name, now=now))
        )
