"""The fake's ASGI application: sign-in, limits, injected failures, the record."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.testing.discord import rest_app, rest_messages
from chargehand.testing.discord.calls import Answer, Call, Endpoint
from chargehand.testing.discord.limits import Allowed
from chargehand.testing.discord.refusals import DiscordRefused, unauthorized, unknown
from chargehand.testing.discord.server_parts import Parts
from chargehand.testing.discord.state import APPLICATION_ID
from chargehand.testing.jira.app import CutResponse
from chargehand.testing.jira.failures import Failure

ROOT: Final = "/api/v10"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (*rest_messages.ENDPOINTS, *rest_app.ENDPOINTS)
_METHODS: Final = ["GET", "POST", "PUT", "DELETE", "PATCH"]
_BUSY: Final = 429


def api_routes(parts: Parts) -> list[Route]:
    """The paths of the REST API."""
    door = Door(parts)
    routes = [
        Route(ROOT + point.path, door.through(point), methods=[point.method]) for point in ENDPOINTS
    ]
    nothing = Endpoint("*", "/{rest:path}", _no_such_path)
    return [*routes, Route(f"{ROOT}/{{rest:path}}", door.through(nothing), methods=_METHODS)]


def build_app(parts: Parts, control: list[Route]) -> Starlette:
    """The application: Discord's REST paths, and the control API under /__fake__/."""
    return Starlette(routes=[*api_routes(parts), parts.gateway.route, *control])


class Door:
    """What every request to the REST API passes through."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def through(self, point: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """An operation behind this door."""

        async def respond(request: Request) -> Response:
            return await self._respond(request, point)

        return respond

    async def _respond(self, request: Request, point: Endpoint) -> Response:
        parts = self._parts
        body = await request.body()
        entry = parts.log.arrive(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            body=body.decode("utf-8", "replace"),
            at=parts.state.clock.now(),
        )
        failure = parts.failures.take(request.method, request.url.path)
        if failure is not None and failure.delay_s > 0:
            await parts.sleep(failure.delay_s)
        response = self._outcome(request, point, failure=failure, body=body)
        status = 0 if isinstance(response, CutResponse) else response.status_code
        signed_in = request.headers.get("authorization") == f"Bot {parts.state.bot_token}"
        parts.log.finish(entry, caller=APPLICATION_ID if signed_in else "", status=status)
        return response

    def _outcome(
        self, request: Request, point: Endpoint, *, failure: Failure | None, body: bytes
    ) -> Response:
        if failure is not None and failure.cut == "before":
            return CutResponse("before")
        if failure is not None and failure.status is not None and failure.cut is None:
            return _failed(failure)
        path = {name: str(value) for name, value in request.path_params.items()}
        allowed = self._parts.limits.take(point.route, next(iter(path.values()), ""))
        if allowed.wait_s is not None:
            return _json(Answer(_BUSY, _busy(allowed)), allowed)
        answer = self._answer(request, point, path=path, body=body)
        if failure is not None and failure.cut == "after":
            return CutResponse("after")
        return _json(answer, allowed)

    def _answer(
        self, request: Request, point: Endpoint, *, path: dict[str, str], body: bytes
    ) -> Answer:
        state = self._parts.state
        try:
            signed_in = request.headers.get("authorization") == f"Bot {state.bot_token}"
            if not signed_in and not point.is_open:
                raise unauthorized()
            gateway = self._parts.gateway
            return point.handler(Call(state, path, request.query_params, body, gateway))
        except DiscordRefused as refusal:
            return Answer(refusal.status, refusal.body)


def _no_such_path(_call: Call) -> Answer:
    raise unknown("path: the fake has no such method and path", 0)


def _busy(allowed: Allowed) -> dict[str, object]:
    return {
        "message": "You are being rate limited.",
        "retry_after": allowed.wait_s,
        "global": allowed.is_global,
        "code": 0,
    }


def _failed(failure: Failure) -> Response:
    body: dict[str, object] = {"code": 0, "message": f"Injected failure: HTTP {failure.status}."}
    headers = {}
    if failure.retry_after is not None:
        body |= {"retry_after": float(failure.retry_after), "global": False}
        headers["retry-after"] = str(failure.retry_after)
    content = msgspec.json.encode(body)
    return Response(content, failure.status or 500, headers, "application/json")


def _json(answer: Answer, allowed: Allowed) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=allowed.headers())
    content = msgspec.json.encode(answer.body)
    return Response(content, answer.status, allowed.headers(), "application/json")
