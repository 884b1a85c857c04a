"""The fake Data Center's ASGI application: its sign-in, its paths, below a path of its own."""

from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount, Route

from chargehand.testing.jira.app import Door, no_such_path
from chargehand.testing.jira.control import control_routes
from chargehand.testing.jira.records import Person
from chargehand.testing.jira.workplace import Workplace
from chargehand.testing.jira_data_center.rest import ENDPOINTS

_OPEN: Final = "/rest/api/2/serverInfo"
_METHODS: Final = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def build_app(workplace: Workplace, context_path: str) -> Starlette:
    """The application: Jira's paths below the context path, and the control API at the root."""
    door = _PersonalTokens(workplace)
    routes = [
        Route(point.path, door.through(point.handler), methods=[point.method])
        for point in ENDPOINTS
    ]
    nothing = Route("/rest/{rest:path}", door.through(no_such_path), methods=_METHODS)
    below = Mount(context_path, routes=[*routes, nothing])
    return Starlette(routes=[*control_routes(workplace), below])


class _PersonalTokens(Door):
    """Lets in whoever brings a personal access token; passwords are not for programs."""

    def signed_in(self, request: Request) -> Person | None:
        """Whose token a request carries."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        people = self._workplace.state.people.values()
        if scheme.casefold() != "bearer" or not token:
            return None
        return next((p for p in people if p.token == token and p.active), None)

    def is_open(self, path: str) -> bool:
        """Whether a path answers anybody."""
        return path.endswith(_OPEN)
