"""The fake's ASGI application: sign-in, injected failures, the record, and Jira's error shape."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chargehand.testing.jira import (
    rest_comments,
    rest_creating,
    rest_editing,
    rest_issues,
    rest_people,
    rest_service_desk,
    rest_site,
)
from chargehand.testing.jira.calls import (
    Answer,
    Call,
    Endpoint,
    Handler,
    lacks_scope,
    signed_in,
    signed_in_at_gateway,
)
from chargehand.testing.jira.control import control_routes
from chargehand.testing.jira.failures import Failure
from chargehand.testing.jira.records import Person
from chargehand.testing.jira.refusals import ConnectionCut, JiraRefused
from chargehand.testing.jira.workplace import Workplace

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *rest_site.ENDPOINTS,
    *rest_people.ENDPOINTS,
    *rest_creating.ENDPOINTS,
    *rest_issues.ENDPOINTS,
    *rest_editing.ENDPOINTS,
    *rest_comments.ENDPOINTS,
    *rest_service_desk.ENDPOINTS,
)
_OLDER_INFO: Final = "/rest/api/2/serverInfo"
_OPEN: Final = frozenset({"/rest/api/3/serverInfo", _OLDER_INFO})
_GATEWAY: Final = "/ex/jira/{cloud}"
_ANONYMOUS: Final = Person(account_id="", name="Anonymous", email="", active=False)
_METHODS: Final = ["GET", "POST", "PUT", "DELETE", "PATCH"]

CUT_EXTENSION: Final = "chargehand.cut"
"""ASGI extension by which the fake's own server lets a connection be cut."""


class CutResponse(Response):
    """Answers nothing and ends the connection."""

    def __init__(self, moment: str) -> None:
        super().__init__()
        self._moment = moment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI.
        """Cut through the server where it can, else raise for `FakeJira.transport` to see.

        Raises: ConnectionCut in process.
        """
        cut: Callable[[], None] | None = scope.get("extensions", {}).get(CUT_EXTENSION)
        if cut is None:
            raise ConnectionCut(moment=self._moment)
        cut()
        while (await receive())["type"] != "http.disconnect":
            pass


def build_app(workplace: Workplace) -> Starlette:
    """The application: Jira's REST paths, and the control API under /__fake__/."""
    door = Door(workplace)
    routes = [
        Route(point.path, door.through(point.handler), methods=[point.method])
        for point in ENDPOINTS
    ]
    gateway = [
        Route(_GATEWAY + point.path, door.through(point.handler), methods=[point.method])
        for point in ENDPOINTS
    ]
    tenant = Route("/_edge/tenant_info", _tenant_of(workplace))
    # Both kinds of Jira tell here which of them they are.
    server = Route(_OLDER_INFO, door.through(rest_site.get_server_info))
    nothing = Route("/rest/{rest:path}", door.through(no_such_path), methods=_METHODS)
    return Starlette(
        routes=[*routes, *gateway, tenant, server, nothing, *control_routes(workplace)]
    )


def _tenant_of(workplace: Workplace) -> Callable[[Request], Awaitable[Response]]:
    async def respond(_request: Request) -> Response:
        return _json(Answer(200, {"cloudId": workplace.state.cloud_id}))

    return respond


def no_such_path(_call: Call) -> Answer:
    """Answer what has no handler.

    Raises: JiraRefused, always.
    """
    raise JiraRefused(404, "No resource of the fake has this method and path.")


class Door:
    """What every request to the REST API passes through."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace

    def signed_in(self, request: Request) -> Person | None:
        """Whose sign-in a request carries."""
        at_gateway = request.path_params.get("cloud") is not None
        sign_in = signed_in_at_gateway if at_gateway else signed_in
        return sign_in(self._workplace.state, request.headers.get("authorization"))

    def is_open(self, path: str) -> bool:
        """Whether a path answers anybody."""
        return path in _OPEN

    def through(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A handler behind this door."""

        async def respond(request: Request) -> Response:
            return await self._respond(request, handler)

        return respond

    async def _respond(self, request: Request, handler: Handler) -> Response:
        place = self._workplace
        body = await request.body()
        entry = place.log.arrive(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            body=body.decode("utf-8", "replace"),
            at=place.clock.now(),
        )
        person = self.signed_in(request)
        failure = place.failures.take(request.method, request.url.path)
        if failure is not None and failure.delay_s > 0:
            await place.sleep(failure.delay_s)
        response = await self._outcome(request, handler, person=person, failure=failure)
        status = 0 if isinstance(response, CutResponse) else response.status_code
        account = person.account_id if person else ""
        place.log.finish(entry, caller=account, status=status)
        return response

    async def _outcome(
        self, request: Request, handler: Handler, *, person: Person | None, failure: Failure | None
    ) -> Response:
        if failure is not None and failure.cut == "before":
            return CutResponse("before")
        if failure is not None and failure.status is not None and failure.cut is None:
            return _failed(failure.status, failure.retry_after)
        answer = self._answer(request, handler, person=person, body=await request.body())
        if request.method != "GET":
            await self._workplace.saver.save()
        if failure is not None and failure.cut == "after":
            return CutResponse("after")
        return _json(answer)

    def _answer(
        self, request: Request, handler: Handler, *, person: Person | None, body: bytes
    ) -> Answer:
        place = self._workplace
        cloud = request.path_params.get("cloud")
        path = request.url.path.removeprefix(f"/ex/jira/{cloud}")
        if cloud not in (None, place.state.cloud_id):
            return Answer(404, {"code": 404, "message": "No such site."})
        if cloud is not None and person is not None and lacks_scope(person, request.method, path):
            return Answer(401, {"code": 401, "message": "Unauthorized; scope does not match"})
        if person is None and not self.is_open(path):
            text = "Client must be authenticated to access this resource."
            return Answer(401, _errors(JiraRefused(401, text)))
        call = Call(
            site=place.site,
            shapes=place.shapes(),
            caller=person or _ANONYMOUS,
            path={name: str(value) for name, value in request.path_params.items()},
            query=request.query_params,
            raw_body=body,
        )
        try:
            return handler(call)
        except JiraRefused as refusal:
            return Answer(refusal.status, _errors(refusal))


def _errors(refusal: JiraRefused) -> dict[str, Any]:
    return {"errorMessages": list(refusal.messages), "errors": refusal.errors}


def _failed(status: int, retry_after: int | None) -> Response:
    refusal = JiraRefused(status, f"Injected failure: HTTP {status}.")
    response = _json(Answer(status, _errors(refusal)))
    if retry_after is not None:
        response.headers["retry-after"] = str(retry_after)
    return response


def _json(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status)
    content = msgspec.json.encode(answer.body)
    return Response(content, answer.status, media_type="application/json;charset=UTF-8")
