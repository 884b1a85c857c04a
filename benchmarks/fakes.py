"""The fakes of vendors as processes of their own, and what they post, kept until it is sent on."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import uvicorn
from busy_day_sending import Message
from procfs import shipped_environment
from starlette.types import Receive, Scope, Send

from chargehand.testing.families import die_with_parent
from chargehand.testing.jira.server import HOST, listen, wait_until_started

_TIMEOUT_S: Final = 60.0
# What belongs to the connection and not to what is told.
_OF_THE_WIRE: Final = frozenset(
    {"host", "connection", "content-length", "accept", "accept-encoding", "transfer-encoding"}
)


@dataclass(frozen=True, slots=True)
class Fake:
    """One fake; `ready` is the line it printed, `client` speaks to it.

    Shape: `order` has people do something by its control API, `ask` reads there.
    """

    ready: Mapping[str, Any]
    client: httpx.Client

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.ready["url"])

    def ask(self, path: str) -> Any:
        """The answer of the control API."""
        return self._answer(self.client.get(f"/__fake__/{path}"))

    def order(self, path: str, body: Mapping[str, Any], *, method: str = "POST") -> Any:
        """Have the control API do something."""
        return self._answer(self.client.request(method, f"/__fake__/{path}", json=body))

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_error:
            said = f"{response.request.method} {response.request.url}: {response.text}"
            raise SystemExit(f"a fake refused what people do there: {said}")
        return response.json()


@contextmanager
def running(module: str, *arguments: str) -> Iterator[Fake]:
    """A fake in a process of its own, forgotten at the end.

    Raises: SystemExit when it does not start.
    """
    command = [sys.executable, "-m", f"chargehand.testing.{module}", "--port", "0", *arguments]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=shipped_environment(),
        preexec_fn=die_with_parent,  # noqa: PLW1509 - it asks the system one thing.
    )
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            raise SystemExit(f"the fake {module} did not start")
        ready = json.loads(line)
        with httpx.Client(base_url=ready["url"], timeout=_TIMEOUT_S, trust_env=False) as client:
            yield Fake(ready, client)
    finally:
        # It holds nothing that anybody needs afterwards.
        process.kill()
        process.wait(10)


@dataclass(slots=True)
class Relay:
    """Takes what fakes post, signed as they sign it, and keeps it for whoever sends it on.

    Shape: `url` is where it listens, `target` the service's front; the paths of both are alike.
    """

    target: str
    url: str = ""
    kept: list[Message] = field(default_factory=list)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep one message."""
        kept = dict(headers)
        name = f"{path} {len(self.kept)}"
        self.kept.append(Message(name, f"{self.target}{path}", body, lambda _retry: kept))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        body, is_whole = b"", False
        while not is_whole:
            part = await receive()
            body += part.get("body", b"")
            is_whole = not part.get("more_body")
        told = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        headers = {name: value for name, value in told if name not in _OF_THE_WIRE}
        self.take(scope["path"], headers, body)
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def relaying(target: str) -> AsyncIterator[Relay]:
    """A relay in this event loop."""
    wire = listen(0)
    relay = Relay(target, f"http://{HOST}:{wire.getsockname()[1]}")
    config = uvicorn.Config(
        relay, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    running_server = asyncio.create_task(server.serve(sockets=[wire]))
    try:
        await wait_until_started(server, running_server)
        yield relay
    finally:
        server.should_exit = True
        await running_server
