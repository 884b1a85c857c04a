"""Before anything else is looked at: whose key it is, and that the body is JSON and not too long.

FastAPI reads and parses a body before it asks any dependency, so this stands around the whole
route: who has no key is told so, whatever else the request holds.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from email.message import Message as Header
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from chargehand.domain.ids import ApiKeyId
from chargehand.intake.errors import BodyTooLarge
from chargehand.kit.clock import Clock
from chargehand.pipeline.keys import find_key, is_use_unnoted, note_use
from chargehand.pipeline.looking import Database
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.errors import BodyNotJSON, BodyTooLong, KeyMissing, KeyUnknown
from chargehand.web.body import BodyReader

BODY_LIMIT_BYTES: Final = 64 * 1024
_PREFIX: Final = "chk_"
_WITH_BODY: Final = frozenset({"POST", "PUT"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key a request carries; `actor` is the name that decisions are recorded under."""

    key_id: ApiKeyId
    actor: str


def current_caller(request: Request) -> Caller:
    """The caller the guard let in."""
    caller = request.state.caller
    if not isinstance(caller, Caller):
        message = "a route without the guard has no caller"
        raise TypeError(message)
    return caller


def guarded_route(deps: APIDeps) -> type[APIRoute]:
    """The class of routes that only callers with a live key reach."""

    class GuardedRoute(APIRoute):
        """A route behind the guard."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """The route's own work, done after the guard's."""
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                caller = await _authenticate(deps.database, deps.clock, request)
                if request.method in _WITH_BODY:
                    request = await _with_whole_body(deps.bodies, request)
                request.state.caller = caller
                response = await handle(request)
                response.headers.setdefault("cache-control", "no-store")
                return response

            return guarded

    return GuardedRoute


async def _authenticate(database: Database, clock: Clock, request: Request) -> Caller:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise KeyMissing
    if not secret.startswith(_PREFIX):
        raise KeyUnknown
    key = await database.aread(lambda tx: find_key(tx, secret))
    if key is None:
        raise KeyUnknown
    now = clock.now()
    if is_use_unnoted(key, now):
        await database.awrite(lambda tx: note_use(tx, key, now))
    return Caller(key_id=key.id, actor=f"key:{key.name}")


async def _with_whole_body(bodies: BodyReader, request: Request) -> Request:
    """The same request with a body that was read under its limit.

    Raises: BodyTooLong, BodyNotJSON, BodySlow, BodyCutOff, IntakeBusy.
    """
    try:
        body = await bodies.read(request.receive, request.headers, limit_bytes=BODY_LIMIT_BYTES)
    except BodyTooLarge as error:
        raise BodyTooLong(limit_bytes=BODY_LIMIT_BYTES) from error
    if body and not _is_json(request.headers.get("content-type", "")):
        raise BodyNotJSON(found=request.headers.get("content-type", "")[:80] or "of no type")
    is_read = False

    async def receive() -> Message:
        nonlocal is_read
        if is_read:
            return await request.receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


def _is_json(content_type: str) -> bool:
    header = Header()
    header["content-type"] = content_type
    subtype = header.get_content_subtype()
    is_application = header.get_content_maintype() == "application"
    return is_application and (subtype == "json" or subtype.endswith("+json"))
