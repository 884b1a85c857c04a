"""Before anything else is looked at: whose key it is, and that the body is JSON and not too long.

FastAPI reads and parses a body before it asks any dependency, so this stands around the whole
route: who has no key is told so, whatever else the request holds.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from email.message import Message as Header
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from chargehand.domain.records import ApiKeyRecord
from chargehand.intake.errors import BodyTooLarge
from chargehand.kit.clock import Clock
from chargehand.pipeline.authority import NOT_KNOWN, KeyProof, Proof, SessionProof, authority_of_key
from chargehand.pipeline.errors import KeyEnded
from chargehand.pipeline.keys import find_key, is_use_unnoted, note_use
from chargehand.pipeline.looking import Database, View
from chargehand.pipeline.sessions import (
    csrf_token,
    find_session,
    is_session_use_unnoted,
    note_use_of_session,
)
from chargehand.web.api.asking import Caller, Need
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.errors import BodyNotJSON, BodyTooLong, KeyMissing
from chargehand.web.body import BodyReader
from chargehand.web.own_page import require_own_page

BODY_LIMIT_BYTES: Final = 64 * 1024
_PREFIX: Final = "chk_"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_WITH_BODY: Final = frozenset({"POST", "PUT"})


def guarded_route(deps: APIDeps) -> type[APIRoute]:
    """The class of routes that only callers with a live key reach."""

    class GuardedRoute(APIRoute):
        """A route behind the guard."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """The route's own work, done after the guard's."""
            handle = super().get_route_handler()
            need = Need.of_route(self.path, self.openapi_extra)

            async def guarded(request: Request) -> Response:
                proof = await _authenticate(deps, request)
                deps.rate.take(_caller_of(proof), deps.clock.now())
                if request.method in _WITH_BODY:
                    request = await _with_whole_body(deps.bodies, request)
                request.state.caller = Caller(proof, need, deps.database, deps.clock)
                response = await handle(request)
                response.headers.setdefault("cache-control", "no-store")
                return response

            return guarded

    return GuardedRoute


async def _authenticate(deps: APIDeps, request: Request) -> Proof:
    """Whoever the request comes from; a key counts before a session."""
    secret = deps.cookie.secret_in(request.cookies)
    if "authorization" in request.headers or secret is None:
        return await _by_key(deps.database, deps.clock, request)
    if request.method not in _SAFE:
        require_own_page(request.headers, deps.own, token=csrf_token(secret))
    return await _by_session(deps, secret)


def _caller_of(proof: Proof) -> str:
    return proof.key_id if isinstance(proof, KeyProof) else proof.session_id


async def _by_session(deps: APIDeps, secret: str) -> Proof:
    now, rules = deps.clock.now(), deps.session_rules
    session = await deps.database.aread(lambda tx: find_session(tx, secret, rules=rules, now=now))
    if is_session_use_unnoted(session, now):
        await deps.database.awrite(lambda tx: note_use_of_session(tx, session, now))
    return SessionProof(session.id, rules)


async def _by_key(database: Database, clock: Clock, request: Request) -> Proof:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise KeyMissing
    now = clock.now()
    key = await database.aread(lambda tx: _live_key(tx, secret, now))
    if is_use_unnoted(key, now):
        await database.awrite(lambda tx: note_use(tx, key, now))
    return KeyProof(key.id)


def _live_key(tx: View, secret: str, now: datetime) -> ApiKeyRecord:
    """The key of a secret.

    Raises: KeyEnded.
    """
    key = find_key(tx, secret) if secret.startswith(_PREFIX) else None
    authority_of_key(tx, key, now=now)
    if key is None:
        raise KeyEnded(reason=NOT_KNOWN)
    return key


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
