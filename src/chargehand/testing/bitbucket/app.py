"""The fakes' ASGI application: sign-in, injected failures, the record, and the control API."""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.testing.bitbucket.control import control_routes
from chargehand.testing.bitbucket.host import Host
from chargehand.testing.bitbucket.records import Person
from chargehand.testing.bitbucket.refusals import BitbucketRefused
from chargehand.testing.bitbucket.sending import HookSender
from chargehand.testing.jira.app import CutResponse
from chargehand.testing.jira.failures import Failure, FailureQueue
from chargehand.testing.jira.received import RequestLog

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
Answered: TypeAlias = tuple[int, Any]


class API(Protocol):
    """One vendor's API over the host."""

    @property
    def routes(self) -> Sequence[tuple[str, str, object]]:
        """Method, path and handler of each endpoint."""
        ...

    def answer(
        self, handler: object, request: Request, caller: Person | None, body: bytes
    ) -> Answered:
        """What an endpoint answers; `caller` is None for whoever did not sign in."""
        ...

    def refusal(self, refusal: BitbucketRefused) -> object:
        """The body of a refusal."""
        ...

    def headers(self, caller: Person | None) -> Mapping[str, str]:
        """What every answer carries."""
        ...


class Desk:
    """What the application needs besides the host."""

    def __init__(self, host: Host, api: API, sender: HookSender, *, sleep: Sleep) -> None:
        self.host = host
        self.api = api
        self.sender = sender
        self.sleep = sleep
        self.log = RequestLog(None)
        self.failures = FailureQueue()
        self.base_url = ""
        # Cloud takes the API tokens of people with their e-mail address alone.
        self.takes_any = False

    def signed_in(self, header: str) -> Person | None:
        """Whose sign-in a header holds."""
        kind, _, value = header.partition(" ")
        if kind == "Basic":
            try:
                email, _, token = base64.b64decode(value).decode().partition(":")
            except ValueError:
                return None
            found = [p for p in self.host.people() if p.email == email and not p.is_app]
        elif kind == "Bearer":
            token, found = value, [p for p in self.host.people() if p.is_app or self.takes_any]
        else:
            return None
        return next((p for p in found if p.token and p.token == token), None)


def build_app(desk: Desk) -> Starlette:
    """The API, and the control API under /__fake__/."""
    routes = [
        Route(path, _through(desk, handler), methods=[method])
        for method, path, handler in desk.api.routes
    ]
    nothing = _through(desk, None)
    methods = ["GET", "POST", "PUT", "DELETE"]
    return Starlette(
        routes=[*control_routes(desk), *routes, Route("/{rest:path}", nothing, methods=methods)]
    )


def _through(desk: Desk, handler: object) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        body = await request.body()
        entry = desk.log.arrive(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            body=body.decode("utf-8", "replace"),
            at=desk.host.clock.now(),
        )
        caller = desk.signed_in(request.headers.get("authorization", ""))
        failure = desk.failures.take(request.method, request.url.path)
        if failure is not None and failure.delay_s > 0:
            await desk.sleep(failure.delay_s)
        response = _outcome(desk, handler, request, caller=caller, body=body, failure=failure)
        status = 0 if isinstance(response, CutResponse) else response.status_code
        desk.log.finish(entry, caller=caller.slug if caller else "", status=status)
        if request.method != "GET":
            desk.host.save()
        return response

    return respond


def _outcome(
    desk: Desk,
    handler: object,
    request: Request,
    *,
    caller: Person | None,
    body: bytes,
    failure: Failure | None,
) -> Response:
    if failure is not None and failure.cut == "before":
        return CutResponse("before")
    if failure is not None and failure.status is not None and failure.cut is None:
        refusal = BitbucketRefused(failure.status, f"Injected failure: HTTP {failure.status}.")
        response = _json(desk, failure.status, desk.api.refusal(refusal), caller)
        if failure.retry_after is not None:
            response.headers["retry-after"] = str(failure.retry_after)
        return response
    try:
        status, found = desk.api.answer(handler or _nothing, request, caller, body)
        response = _json(desk, status, found, caller)
    except BitbucketRefused as refused:
        response = _json(desk, refused.status, desk.api.refusal(refused), caller)
        if refused.moved_to:
            path = request.url.path.split("/")
            here = "/".join([*path[:3], refused.moved_to, *path[5:]])
            response.headers["location"] = f"{desk.base_url}{here}"
        if refused.leads_to:
            root = desk.base_url or f"{request.url.scheme}://{request.url.netloc}"
            response.headers["location"] = f"{root}{refused.leads_to}"
    return CutResponse("after") if failure is not None and failure.cut == "after" else response


def _nothing(_call: object) -> Answered:
    """Answer what has no handler.

    Raises: BitbucketRefused, always.
    """
    raise BitbucketRefused(404, "No resource of the fake has this method and path.")


def _json(desk: Desk, status: int, body: object, caller: Person | None) -> Response:
    headers = dict(desk.api.headers(caller))
    if body is None:
        return Response(status_code=status, headers=headers)
    content = msgspec.json.encode(body)
    return Response(content, status, headers=headers, media_type="application/json")
