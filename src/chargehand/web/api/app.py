"""The API as one application, to be mounted at `/v1`."""

import asyncio
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse

from chargehand.web.api.absences import add_absence_routes
from chargehand.web.api.answers import api_answers
from chargehand.web.api.approvals import add_approval_routes
from chargehand.web.api.asks import add_ask_routes
from chargehand.web.api.audit import add_audit_routes
from chargehand.web.api.budgets import add_budget_routes
from chargehand.web.api.commands import add_command_routes
from chargehand.web.api.connections import add_connection_routes
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import TITLE, describe
from chargehand.web.api.flags import add_flag_routes
from chargehand.web.api.given_up import add_given_up_routes
from chargehand.web.api.guard import guarded_route
from chargehand.web.api.keys import add_key_routes
from chargehand.web.api.me import add_me_routes
from chargehand.web.api.members import add_member_routes
from chargehand.web.api.modes import add_mode_routes
from chargehand.web.api.overview import add_overview_routes
from chargehand.web.api.policy import add_policy_routes
from chargehand.web.api.reading import add_reading_routes
from chargehand.web.api.replays import add_replay_routes
from chargehand.web.api.shadow import add_shadow_routes
from chargehand.web.api.stops import add_stop_routes

__all__ = ["API", "APIDeps", "build_api"]


class API(FastAPI):
    """FastAPI with a description whose paths are those that callers use."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document; made once."""
        if self.openapi_schema is None:
            self.openapi_schema = describe(self)
        return self.openapi_schema

    async def described(self) -> dict[str, Any]:
        """The same; the first time takes a second, in which webhooks must not wait."""
        return await asyncio.to_thread(self.openapi)

    def setup(self) -> None:
        """Serve the description."""

        async def openapi(_request: Request) -> JSONResponse:
            return JSONResponse(await self.described())

        self.add_route("/openapi.json", openapi, include_in_schema=False)


def build_api(deps: APIDeps) -> API:
    """The whole API; every route but its description asks for a key."""
    app = API(
        title=TITLE,
        version=deps.version,
        docs_url=None,
        redoc_url=None,
        root_path_in_servers=False,
        redirect_slashes=False,
        generate_unique_id_function=_name,
    )
    for kind, answer in api_answers().items():
        app.add_exception_handler(kind, answer)
    # Routes are added to the application's own router: an included one hides its methods.
    router = app.router
    router.route_class = guarded_route(deps)
    add_approval_routes(router, deps)
    add_ask_routes(router, deps)
    add_command_routes(router, deps)
    # Before the routes that take any word there for an id.
    add_given_up_routes(router, deps)
    add_reading_routes(router, deps)
    add_audit_routes(router, deps)
    add_mode_routes(router, deps)
    add_policy_routes(router, deps)
    add_flag_routes(router, deps)
    add_stop_routes(router, deps)
    add_budget_routes(router, deps)
    add_absence_routes(router, deps)
    add_member_routes(router, deps)
    add_key_routes(router, deps)
    add_connection_routes(router, deps)
    add_overview_routes(router, deps)
    add_replay_routes(router, deps)
    add_shadow_routes(router, deps)
    add_me_routes(router, deps)
    return app


def _name(route: APIRoute) -> str:
    return route.name
