"""Serves an application on this machine: with TLS, or by IPv6."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn

from chargehand.testing.jira.server import wait_until_started

QUIET: dict[str, Any] = {
    "ws": "none",
    "lifespan": "off",
    "log_level": "critical",
    "access_log": False,
    "timeout_graceful_shutdown": 1,
}


@asynccontextmanager
async def serving(
    app: Any, *, host: str = "127.0.0.1", certificate: Path | None = None
) -> AsyncIterator[str]:
    """Yields its address; `certificate` is a PEM file with the key and the chain."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wire = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    wire.bind((host, 0))
    server = uvicorn.Server(uvicorn.Config(app, ssl_certfile=certificate, **QUIET))
    running = asyncio.create_task(server.serve(sockets=[wire]))
    try:
        await wait_until_started(server, running)
        scheme = "https" if certificate is not None else "http"
        shown = f"[{host}]" if ":" in host else host
        yield f"{scheme}://{shown}:{wire.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
