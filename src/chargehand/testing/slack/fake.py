"""The fake's front for Python: its workspace, its application, and clients of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from chargehand.kit.clock import Clock, SystemClock
from chargehand.testing.jira.refusals import ConnectionCut
from chargehand.testing.jira.server import (
    HOST,
    build_cutting_server,
    listen,
    wait_until_started,
)
from chargehand.testing.slack.app import Desk, build_app
from chargehand.testing.slack.sending import RETRY_DELAYS_S, EventSender, Target
from chargehand.testing.slack.workspace import Workspace
from chargehand.testing.slack.workspace_ids import BOT

SCOPES: Final = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "users:read",
        "users:read.email",
    }
)


class FakeSlack:
    """A stateful Slack workspace with one app; see the package's docstring."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        targets: Sequence[Target] = (),
        scopes: Iterable[str] = SCOPES,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        clock = clock or SystemClock()
        self.sender = EventSender(
            clock=clock, targets=targets, retry_delays_s=retry_delays_s, sleep=sleep
        )
        self.workspace = Workspace(clock=clock, sender=self.sender)
        self.desk = Desk(self.workspace, scopes=set(scopes), sleep=sleep)

    @property
    def url(self) -> str:
        """The address of the Web API."""
        return f"{self.desk.base_url}/api"

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self.desk)

    def transport(self) -> httpx.AsyncBaseTransport:
        """An httpx transport into the fake; cut connections look as they do on a wire."""
        return _InProcess(self.app)

    def writes(self) -> list[dict[str, Any]]:
        """The calls that asked for a change, oldest first."""
        return self.desk.writes()

    async def aclose(self) -> None:
        """Stop sending."""
        await self.sender.close()


def seed_demo(fake: FakeSlack) -> None:
    """Three people, and the channels #pay and #random, the bot in the first."""
    place = fake.workspace
    for name, email in (
        ("Mei Tanaka", "mei@example.com"),
        ("Tom Berg", "tom@example.com"),
        ("Ana Ruiz", "ana@example.com"),
    ):
        place.add_person(name, email=email)
    everybody = ("Mei Tanaka", "Tom Berg", "Ana Ruiz")
    place.add_channel("pay", channel_id="C0PAY0001", members=(BOT, *everybody))
    place.add_channel("random", channel_id="C0RANDOM1", members=everybody)


@contextlib.asynccontextmanager
async def serving(fake: FakeSlack, port: int = 0) -> AsyncIterator[str]:
    """Serve the fake in this event loop; yields its address."""
    wire = listen(port)
    fake.desk.base_url = f"http://{HOST}:{wire.getsockname()[1]}"
    server = build_cutting_server(fake.app, ws="websockets-sansio")
    running = asyncio.create_task(server.serve(sockets=[wire]))
    try:
        await wait_until_started(server, running)
        yield fake.desk.base_url
    finally:
        server.should_exit = True
        await running
        await fake.aclose()


class _InProcess(httpx.AsyncBaseTransport):
    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionCut as cut:
            text = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(text, request=request) from cut
