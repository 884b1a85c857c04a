"""Serves a script on a loopback port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn

from chargehand.testing.jira.server import HOST, listen, wait_until_started
from chargehand.testing.models.app import build_app
from chargehand.testing.models.script import ModelScript


def build_server(script: ModelScript) -> uvicorn.Server:
    """A server for the script."""
    return uvicorn.Server(
        uvicorn.Config(
            build_app(script),
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )


@contextlib.asynccontextmanager
async def serving(script: ModelScript, port: int = 0) -> AsyncIterator[str]:
    """Serve the script in this event loop; yields its address."""
    wire: socket.socket = listen(port)
    url = f"http://{HOST}:{wire.getsockname()[1]}"
    server = build_server(script)
    running = asyncio.create_task(server.serve(sockets=[wire]))
    try:
        await wait_until_started(server, running)
        yield url
    finally:
        server.should_exit = True
        await running
