"""The fake's ASGI application: sign-in, scopes, injected failures, the record, Socket Mode."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from chargehand.testing.jira.app import CutResponse
from chargehand.testing.jira.failures import Failure, FailureQueue
from chargehand.testing.jira.received import RequestLog
from chargehand.testing.slack.control import control_routes
from chargehand.testing.slack.refusals import SlackRefused
from chargehand.testing.slack.web_api import METHODS, Endpoint
from chargehand.testing.slack.workspace import Workspace
from chargehand.testing.slack.workspace_ids import APP_TOKEN, BOT, BOT_TOKEN

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
_BEARER: Final = "Bearer "
_READING: Final = ("auth.test", "conversations.", "users.")


class Desk:
    """What the application needs besides the workspace."""

    def __init__(self, workspace: Workspace, *, scopes: set[str], sleep: Sleep) -> None:
        self.workspace = workspace
        self.scopes = scopes
        self.sleep = sleep
        self.log = RequestLog(None)
        self.failures = FailureQueue()
        self.tickets: set[str] = set()
        self.is_revoked = False
        self.bot_token = BOT_TOKEN
        self.base_url = ""

    def writes(self) -> list[dict[str, Any]]:
        """The calls that asked for a change, oldest first: method and arguments."""
        return [call for call in self.calls() if not call["method"].startswith(_READING)]

    def calls(self) -> list[dict[str, Any]]:
        """Every call of a method, oldest first."""
        return [
            {
                "method": entry.path.removeprefix("/api/"),
                "arguments": json.loads(entry.body or "{}"),
                "status": entry.status,
                "at": entry.at,
            }
            for entry in self.log.entries
        ]


def build_app(desk: Desk) -> Starlette:
    """The Web API under /api/, sockets under /socket/, the control API under /__fake__/."""
    return Starlette(
        routes=[
            Route("/api/{method}", _answering(desk), methods=["GET", "POST"]),
            WebSocketRoute("/socket/{ticket}", _socket(desk)),
            *control_routes(desk),
        ]
    )


def _answering(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        arguments = await _arguments_of(request)
        entry = desk.log.arrive(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            body=json.dumps(arguments),
            at=desk.workspace.clock.now(),
        )
        failure = desk.failures.take(request.method, request.url.path)
        if failure is not None and failure.delay_s > 0:
            await desk.sleep(failure.delay_s)
        response = _outcome(desk, request, arguments, failure)
        status = 0 if isinstance(response, CutResponse) else response.status_code
        desk.log.finish(entry, caller=BOT, status=status)
        return response

    return respond


def _outcome(
    desk: Desk, request: Request, arguments: dict[str, Any], failure: Failure | None
) -> Response:
    if failure is not None and failure.cut == "before":
        return CutResponse("before")
    if failure is not None and failure.status is not None and failure.cut is None:
        return _failed(failure)
    response = _answer(desk, request, arguments)
    return CutResponse("after") if failure is not None and failure.cut == "after" else response


def _answer(desk: Desk, request: Request, arguments: dict[str, Any]) -> Response:
    headers = {"x-oauth-scopes": ",".join(sorted(desk.scopes))}
    try:
        return _json({"ok": True, **_consent(desk, request, arguments)}, headers)
    except SlackRefused as refusal:
        return _json({"ok": False, "error": refusal.error, **refusal.more}, headers)


def _consent(desk: Desk, request: Request, arguments: dict[str, Any]) -> dict[str, Any]:
    name, token = request.path_params["method"], _token_of(request, arguments)
    if name == "apps.connections.open":
        return {"url": _socket_url(desk, token)}
    if desk.is_revoked:
        raise SlackRefused("token_revoked")
    if token != desk.bot_token:
        raise SlackRefused("invalid_auth" if token else "not_authed")
    endpoint = METHODS.get(name)
    if endpoint is None:
        raise SlackRefused("unknown_method", req_method=name)
    _require_scope(desk, endpoint)
    return endpoint.method(desk.workspace, arguments)


def _require_scope(desk: Desk, endpoint: Endpoint) -> None:
    if endpoint.scopes and not desk.scopes & set(endpoint.scopes):
        provided = ",".join(sorted(desk.scopes))
        raise SlackRefused("missing_scope", needed=endpoint.scopes[0], provided=provided)


def _socket_url(desk: Desk, token: str) -> str:
    if token != APP_TOKEN:
        raise SlackRefused("not_allowed_token_type" if token == desk.bot_token else "invalid_auth")
    if not desk.workspace.sender.is_socket_mode:
        raise SlackRefused("socket_mode_not_enabled")
    ticket = desk.workspace.next_id("S")
    desk.tickets.add(ticket)
    return f"{desk.base_url.replace('http', 'ws', 1)}/socket/{ticket}"


def _socket(desk: Desk) -> Callable[[WebSocket], Awaitable[None]]:
    async def serve(socket: WebSocket) -> None:
        ticket = socket.path_params["ticket"]
        if ticket not in desk.tickets:
            await socket.close(4401)
            return
        # A ticket is good for one socket.
        desk.tickets.remove(ticket)
        await desk.workspace.sender.serve_socket(socket)

    return serve


def _token_of(request: Request, arguments: dict[str, Any]) -> str:
    header = request.headers.get("authorization", "")
    if header.startswith(_BEARER):
        return header.removeprefix(_BEARER)
    return str(arguments.pop("token", ""))


async def _arguments_of(request: Request) -> dict[str, Any]:
    """The arguments of a call: a query, a form, or JSON; structures in a form are JSON texts."""
    arguments: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        found = json.loads(await request.body() or b"{}")
        return {**arguments, **found}
    arguments.update(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    for name in ("blocks", "metadata", "view", "attachments"):
        if isinstance(arguments.get(name), str):
            arguments[name] = json.loads(arguments[name])
    return arguments


def _failed(failure: Failure) -> Response:
    error = "ratelimited" if failure.status == 429 else "internal_error"  # noqa: PLR2004 - HTTP's.
    response = _json({"ok": False, "error": error}, {}, status=failure.status or 200)
    if failure.retry_after is not None:
        response.headers["retry-after"] = str(failure.retry_after)
    return response


def _json(content: dict[str, Any], headers: dict[str, str], *, status: int = 200) -> Response:
    body = msgspec.json.encode(content)
    media_type = "application/json; charset=utf-8"
    return Response(body, status, headers=headers, media_type=media_type)
