"""The outermost layer of the front: safe headers on every answer, and no failure leaks out."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chargehand.web.errors import internal_problem, log_failure

_POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_NAMES = frozenset(name for name, _ in _HEADERS)


class Edge:
    """Wraps an application; a header the application set itself is left as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_safely(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"] = _complete(message.get("headers", ()))
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except Exception as error:  # noqa: BLE001 - the HTTP edge: logged, answered, not spread.
            log_failure(scope["method"], error)
            if not has_started:
                await internal_problem()(scope, receive, send_safely)


def _complete(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    own = _NAMES.intersection(name for name, _ in headers)
    if not own:
        return [*headers, *_HEADERS]
    return [*headers, *(header for header in _HEADERS if header[0] not in own)]
