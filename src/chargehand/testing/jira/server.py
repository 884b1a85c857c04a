"""Serves the fake on a loopback port, with connections that can really be cut."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable
from types import FrameType
from typing import Final, Literal, Protocol, TypeAlias

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chargehand.testing.jira.app import CUT_EXTENSION

HOST: Final = "127.0.0.1"
_POLL_S: Final = 0.01

Wires = dict[tuple[str, int], asyncio.Transport]
WebSockets: TypeAlias = Literal["none", "websockets-sansio"]


class Fake(Protocol):
    """Any of the fakes, as far as serving it needs to know."""

    site_url: str

    @property
    def app(self) -> ASGIApp:
        """The ASGI application."""
        ...

    async def aclose(self) -> None:
        """Stop what it does by itself."""
        ...


def listen(port: int) -> socket.socket:
    """A loopback socket bound to `port`, 0 for any free one.

    Raises: OSError when the port is taken.
    """
    # Only of a socket that says TCP asyncio switches Nagle's delay off: 45 ms an answer otherwise.
    wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        wire.bind((HOST, port))
    except OSError:
        wire.close()
        raise
    return wire


def listen_for_stop() -> asyncio.Event:
    """An event that is set by SIGTERM and by Ctrl-C; call it before anything is served.

    The server takes both signals for itself while it serves, ends, and raises them once more in the
    middle of its own task, where a handler must not raise anything.
    """
    is_told, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(is_told.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    return is_told


def build_server(fake: Fake, *, ws: WebSockets = "none") -> uvicorn.Server:
    """A server for the fake that lets injected failures abort connections."""
    return build_cutting_server(fake.app, ws=ws)


def build_cutting_server(app: ASGIApp, *, ws: WebSockets) -> uvicorn.Server:
    """A server for a fake that lets its injected failures abort connections."""
    wires: Wires = {}
    config = uvicorn.Config(
        _with_cuts(app, wires),
        http=_protocol(wires),
        ws=ws,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


@contextlib.asynccontextmanager
async def serving(fake: Fake, port: int = 0, *, ws: WebSockets = "none") -> AsyncIterator[str]:
    """Serve the fake in this event loop; yields its address, which becomes its site URL."""
    wire = listen(port)
    url = f"http://{HOST}:{wire.getsockname()[1]}"
    fake.site_url = url
    server = build_server(fake, ws=ws)
    running = asyncio.create_task(server.serve(sockets=[wire]))
    try:
        await wait_until_started(server, running)
        yield url
    finally:
        server.should_exit = True
        await running
        await fake.aclose()


async def wait_until_started(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    """Return when the server listens, or has already failed."""
    # Uvicorn tells only by a flag, so the flag is looked at.
    while not server.started and not running.done():  # noqa: ASYNC110 - as above.
        await asyncio.sleep(_POLL_S)


def _protocol(wires: Wires) -> type[asyncio.Protocol]:
    class WatchedProtocol(HttpToolsProtocol):
        """Remembers the transport of each connection, since ASGI does not hand it over."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client is not None:
                wires[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                wires.pop(self.client, None)
            super().connection_lost(exc)

    return WatchedProtocol


def _with_cuts(app: ASGIApp, wires: Wires) -> ASGIApp:
    async def with_cuts(scope: Scope, receive: Receive, send: Send) -> None:
        transport = wires.get(tuple(scope.get("client") or ()))
        if scope["type"] == "http" and transport is not None:
            cut: Callable[[], None] = transport.abort
            scope.setdefault("extensions", {})[CUT_EXTENSION] = cut
        await app(scope, receive, send)

    return with_cuts
