"""The fake's ASGI application: sign-in, injected failures, the record, the control API."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.testing.confluence.control import control_routes
from chargehand.testing.confluence.refusals import ConfluenceRefused
from chargehand.testing.confluence.rest import ENDPOINTS, Asked, Handler
from chargehand.testing.confluence.site import Person
from chargehand.testing.jira.app import CutResponse

if TYPE_CHECKING:
    from chargehand.testing.confluence.fake import FakeConfluence

GATEWAY: Final = "/ex/confluence/{cloud_id}"
Respond = Callable[[Request], Awaitable[Response]]


def build_app(
    fake: "FakeConfluence",
    endpoints: Sequence[tuple[str, str, Handler]] = ENDPOINTS,
    prefixes: Sequence[str] = ("", GATEWAY),
) -> Starlette:
    """Both APIs under /wiki, the same at the gateway, and the control API under /__fake__/."""
    return Starlette(
        routes=[
            Route("/_edge/tenant_info", _tenant(fake), methods=["GET"]),
            *(
                Route(prefix + path, _through(fake, path, handler), methods=[method])
                for prefix in prefixes
                for method, path, handler in endpoints
            ),
            *control_routes(fake),
        ],
        exception_handlers={404: _nothing_there},
    )


async def _nothing_there(_request: Request, _error: Exception) -> Response:
    return _refused(ConfluenceRefused(404, "NOT_FOUND", "No such path"))


def _tenant(fake: "FakeConfluence") -> Respond:
    async def respond(_request: Request) -> Response:
        return _json(200, {"cloudId": fake.cloud_id})

    return respond


def _through(fake: "FakeConfluence", route: str, handler: Handler) -> Respond:
    async def respond(request: Request) -> Response:
        body = await request.body()
        entry = fake.log.arrive(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            body=body.decode("utf-8", "replace"),
            at=fake.site.clock.now(),
        )
        failure = fake.failures.take(request.method, request.url.path)
        response: Response
        if failure is not None and failure.delay_s > 0:
            await fake.sleep(failure.delay_s)
        if failure is not None and failure.cut == "before":
            response = CutResponse("before")
        elif failure is not None and failure.status is not None:
            headers = {"retry-after": str(failure.retry_after)} if failure.retry_after else {}
            response = _refused(
                ConfluenceRefused(failure.status, "FAILURE", "As ordered"), headers, path=route
            )
        else:
            response = _answer(fake, request, body, route, handler)
            if failure is not None and failure.cut == "after":
                response = CutResponse("after")
        status = 0 if isinstance(response, CutResponse) else response.status_code
        fake.log.finish(entry, caller="", status=status)
        return response

    return respond


def _answer(
    fake: "FakeConfluence", request: Request, body: bytes, route: str, handler: Handler
) -> Response:
    caller = _signed_in(fake, request)
    if caller is None:
        return _refused(
            ConfluenceRefused(401, "UNAUTHORIZED", "Client must be authenticated"), path=route
        )
    lacks = (m == request.method and part in request.url.path for m, part in fake.unscoped)
    if any(lacks):
        return _json(401, {"code": 401, "message": "Unauthorized; scope does not match"})
    try:
        fields = json.loads(body) if body else {}
        path = {name: str(value) for name, value in request.path_params.items()}
        asked = Asked(fake.site, caller, path, request.query_params, fields, fake.site_url, route)
        status, answer = handler(asked)
    except ConfluenceRefused as refusal:
        return _refused(refusal, path=route)
    except (KeyError, TypeError, ValueError) as error:
        return _refused(ConfluenceRefused(400, "INVALID_REQUEST_PARAMETER", str(error)), path=route)
    return Response(status_code=status) if answer is None else _json(status, answer)


def _signed_in(fake: "FakeConfluence", request: Request) -> Person | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    people = [one for one in fake.site.people.values() if one.token]
    if scheme.casefold() == "bearer":
        # A token alone is taken at the gateway only.
        is_gateway = request.url.path.startswith("/ex/") or fake.takes_tokens
        return next((one for one in people if is_gateway and one.token == value), None)
    try:
        email, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return next((one for one in people if (one.email, one.token) == (email, token)), None)


def _refused(
    refusal: ConfluenceRefused, headers: Mapping[str, str] | None = None, *, path: str = ""
) -> Response:
    if "/rest/api/" in path:
        old = {"statusCode": refusal.status, "data": {}, "message": refusal.text}
        return _json(refusal.status, old, headers)
    error = {"status": refusal.status, "code": refusal.name, "title": refusal.text, "detail": None}
    return _json(refusal.status, {"errors": [error]}, headers)


def _json(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    body = msgspec.json.encode(content)
    return Response(body, status, headers=dict(headers or {}), media_type="application/json")
