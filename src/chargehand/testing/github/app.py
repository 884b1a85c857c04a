"""The fake's ASGI application: sign-in, limits, failures, the record, conditional answers."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import jwt
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.kit.clock import EPOCH
from chargehand.testing.github import releases, rest_code, rest_issues, rest_pulls
from chargehand.testing.github.app_key import key_pair
from chargehand.testing.github.calls import Answer, Call, Endpoint
from chargehand.testing.github.control import control_routes
from chargehand.testing.github.refusals import GitHubRefused, not_found
from chargehand.testing.github.site import Site
from chargehand.testing.github.state import APP_ID, APP_LOGIN, write_state
from chargehand.testing.jira.app import CutResponse
from chargehand.testing.jira.failures import Failure, FailureQueue
from chargehand.testing.jira.received import RequestLog

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *releases.ENDPOINTS,
    *rest_code.ENDPOINTS,
    *rest_issues.ENDPOINTS,
    *rest_pulls.ENDPOINTS,
)
API: Final = "/api/v3"
LIMIT: Final = 5_000
_LONGEST_JWT: Final = timedelta(minutes=10)
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_NOT_MODIFIED: Final = 304
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_BUSY: Final = 429


@dataclass(slots=True)
class Desk:
    """What the application needs besides the site.

    Shape: `remaining` is what is left of the hour's requests; a conditional one that finds nothing
    new costs nothing.
    """

    site: Site
    sleep: Sleep
    state_file: Path | None = None
    log: RequestLog = field(default_factory=lambda: RequestLog(None))
    failures: FailureQueue = field(default_factory=FailureQueue)
    remaining: int = LIMIT

    def calls(self) -> list[dict[str, Any]]:
        """Every request to the REST API, oldest first."""
        return [
            {
                "method": one.method,
                "path": one.path.removeprefix(API),
                "query": one.query,
                "body": json.loads(one.body or "null"),
                "login": one.caller,
                "status": one.status,
                "at": one.at,
            }
            for one in self.log.entries
        ]

    def writes(self) -> list[dict[str, Any]]:
        """Those that asked for a change; getting a token is none."""
        return [
            one
            for one in self.calls()
            if one["method"] != "GET" and not one["path"].endswith("/access_tokens")
        ]

    def save(self) -> None:
        """Write the state down, where there is a file."""
        if self.state_file is not None:
            write_state(self.state_file, self.site.state)


def build_app(desk: Desk) -> Starlette:
    """The REST API under /api/v3/, the control API under /__fake__/."""
    # Of /issues/comments and /issues/{number} the plainer one is meant.
    points = sorted(ENDPOINTS, key=lambda one: one.path.count("{"))
    return Starlette(
        routes=[
            *(
                Route(API + point.path, _through(desk, point.handler), methods=[point.method])
                for point in points
            ),
            Route(API + "/repositories/{id:int}{rest:path}", _by_id(desk), methods=_METHODS),
            Route(API + "/{rest:path}", _through(desk, _nothing), methods=_METHODS),
            *control_routes(desk),
        ]
    )


def _nothing(_call: Call) -> Answer:
    raise not_found()


def _by_id(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        wanted = request.path_params["id"]
        found = [one for one in desk.site.state.repositories.values() if one.id == wanted]
        name = found[0].full_name if found else "nobody/nothing"
        path = f"/repos/{name}{request.path_params['rest']}"
        for point in sorted(ENDPOINTS, key=lambda one: one.path.count("{")):
            route = Route(point.path, _nowhere, methods=[point.method])
            match, scope = route.matches({"type": "http", "path": path, "method": request.method})
            if match.value == 2:  # noqa: PLR2004 - Starlette's whole match.
                request.scope["path_params"] = scope["path_params"]
                return await _through(desk, point.handler)(request)
        return await _through(desk, _nothing)(request)

    return respond


async def _nowhere(_request: Request) -> Response:
    return Response()


def _through(
    desk: Desk, handler: Callable[[Call], Answer]
) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        body = (await request.body()).decode()
        entry = desk.log.arrive(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            body=body,
            at=desk.site.clock.now(),
        )
        failure = desk.failures.take(request.method, request.url.path)
        if failure is not None and failure.delay_s > 0:
            await desk.sleep(failure.delay_s)
        login, response = _outcome(desk, request, body, handler, failure)
        status = 0 if isinstance(response, CutResponse) else response.status_code
        desk.log.finish(entry, caller=login, status=status)
        return response

    return respond


def _outcome(
    desk: Desk,
    request: Request,
    body: str,
    handler: Callable[[Call], Answer],
    failure: Failure | None,
) -> tuple[str, Response]:
    if failure is not None and failure.cut == "before":
        return "", CutResponse("before")
    if failure is not None and failure.status is not None and failure.cut is None:
        return "", _failed(desk, failure)
    login = ""
    try:
        login, is_app = _signed_in(desk, request)
        call = Call(
            desk.site,
            login,
            {**request.path_params, "rest": _rest_of(request)},
            dict(request.query_params),
            json.loads(body or "{}"),
            is_app=is_app,
        )
        response = _shown(desk, request, handler(call))
    except GitHubRefused as refused:
        response = _json(desk, refused.status, refused.body, refused.headers)
    if request.method != "GET":
        desk.save()
    if failure is not None and failure.cut == "after":
        return login, CutResponse("after")
    return login, response


def _signed_in(desk: Desk, request: Request) -> tuple[str, bool]:
    """Whose sign-in it is, and whether it is the App's own.

    Raises: GitHubRefused.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    state, now = desk.site.state, desk.site.clock.now()
    if kind.lower() not in ("token", "bearer") or not token:
        raise GitHubRefused(401, "Requires authentication")
    if token.count(".") == 2:  # noqa: PLR2004 - the parts of a JWT.
        _check_jwt(token, now_s=(now - EPOCH).total_seconds())
        return "", True
    if token in state.personal_tokens:
        return state.personal_tokens[token], False
    for one in state.installation_tokens:
        if one.token == token and one.expires_at > now:
            return APP_LOGIN, False
    raise GitHubRefused(401, "Bad credentials")


def _check_jwt(token: str, *, now_s: float) -> None:
    try:
        claims = jwt.decode(
            token,
            key_pair()[1],
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "require": ["iat", "exp", "iss"]},
        )
    except jwt.InvalidTokenError as error:
        raise GitHubRefused(401, "A JSON web token could not be decoded") from error
    is_fresh = claims["iat"] <= now_s + 60 and now_s < claims["exp"]
    is_short = claims["exp"] - now_s <= _LONGEST_JWT.total_seconds()
    if not is_fresh or not is_short or str(claims["iss"]) != str(APP_ID):
        message = "'Expiration time' claim ('exp') is too far in the future"
        raise GitHubRefused(401, message)


def _rest_of(request: Request) -> str:
    """What follows the repository in a path."""
    parts = request.url.path.removeprefix(API).split("/")
    query = f"?{request.url.query}" if request.url.query else ""
    return "".join(f"/{part}" for part in parts[4:]) + query


def _shown(desk: Desk, request: Request, answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=_limits(desk))
    headers = {}
    if answer.links:
        base = desk.site.shapes.api + request.url.path.removeprefix(API)
        query = dict(request.query_params)
        headers["link"] = ", ".join(
            f'<{base}?{urlencode({**query, "page": str(number)})}>; rel="{name}"'
            for name, number in answer.links.items()
        )
    response = _json(desk, answer.status, answer.body, headers)
    if request.method == "GET":
        tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == tag:
            desk.remaining += 1
            return Response(status_code=_NOT_MODIFIED, headers={"etag": tag, **_limits(desk)})
        response.headers["etag"] = tag
    return response


def _failed(desk: Desk, failure: Failure) -> Response:
    status = failure.status or 500
    is_limit = status == _BUSY or failure.retry_after is not None
    message = {
        _FORBIDDEN: "Resource not accessible by personal access token",
        _NOT_FOUND: "Not Found",
    }.get(status, "Server Error")
    if is_limit:
        message = "You have exceeded a secondary rate limit. Please wait a few minutes."
    headers = {} if failure.retry_after is None else {"retry-after": str(failure.retry_after)}
    return _json(desk, status, GitHubRefused(status, message).body, headers)


def _json(desk: Desk, status: int, content: object, headers: dict[str, str]) -> Response:
    desk.remaining = max(0, desk.remaining - 1)
    scopes = desk.site.state.scopes
    shown = {**headers, **_limits(desk)}
    if scopes is not None:
        shown["x-oauth-scopes"] = scopes
    body = msgspec.json.encode(content)
    return Response(body, status, headers=shown, media_type="application/json; charset=utf-8")


def _limits(desk: Desk) -> dict[str, str]:
    now_s = int((desk.site.clock.now() - EPOCH).total_seconds())
    return {
        "date": desk.site.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "x-ratelimit-limit": str(LIMIT),
        "x-ratelimit-remaining": str(desk.remaining),
        "x-ratelimit-used": str(LIMIT - desk.remaining),
        "x-ratelimit-reset": str(now_s + 3_600),
        "x-ratelimit-resource": "core",
        "x-github-request-id": "FAKE:1",
    }
