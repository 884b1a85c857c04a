"""The fake's front for Python: the host, the application, and clients of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request

from chargehand.kit.clock import Clock, SystemClock
from chargehand.testing.bitbucket import rest, rest_diffs
from chargehand.testing.bitbucket.app import API, Desk, build_app
from chargehand.testing.bitbucket.host import Host, Voice
from chargehand.testing.bitbucket.records import Person, Webhook
from chargehand.testing.bitbucket.refusals import BitbucketRefused
from chargehand.testing.bitbucket.sending import RETRY_DELAYS_S, HookSender
from chargehand.testing.bitbucket.shapes import CloudShapes
from chargehand.testing.jira.refusals import ConnectionCut
from chargehand.testing.jira.server import HOST, build_cutting_server, listen, wait_until_started

ACCESS_TOKEN: Final = "fake-access-token-of-chargehand"  # noqa: S105 - of the fake; opens nothing.
API_TOKEN: Final = "fake-api-token-of-chargehand"  # noqa: S105 - as above.
BOT_EMAIL: Final = "chargehand@example.com"
REPOSITORY: Final = "acme/payments"
_SITE: Final = "https://bitbucket.org"


class CloudAPI:
    """Keeps `app.API` for Bitbucket Cloud."""

    routes = (*rest.ENDPOINTS, *rest_diffs.ENDPOINTS)

    def __init__(self, host: Host, shapes: CloudShapes) -> None:
        self._host = host
        self._shapes = shapes

    def answer(
        self, handler: Any, request: Request, caller: Person | None, body: bytes
    ) -> tuple[int, Any]:
        """What an endpoint answers.

        Raises: BitbucketRefused.
        """
        if caller is None:
            raise BitbucketRefused(401, "Token is invalid, expired, or not supported.")
        url = str(request.url.replace(query=""))
        call = rest.Call(
            host=self._host,
            shapes=self._shapes,
            caller=caller,
            path={name: str(value) for name, value in request.path_params.items()},
            query=dict(request.query_params),
            body=body,
            url=url,
        )
        found: tuple[int, Any] = handler(call)
        return found

    def refusal(self, refusal: BitbucketRefused) -> object:
        """The body of a refusal."""
        error: dict[str, Any] = {"message": refusal.message}
        if refusal.required:
            error["data"] = {}
        return {"type": "error", "error": error}

    def headers(self, caller: Person | None) -> Mapping[str, str]:
        """Nothing beyond HTTP's own."""
        _ = caller
        return {}


class FakeBitbucket:
    """A stateful Bitbucket Cloud; see the package's docstring."""

    id_header = "X-Request-UUID"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        state_path: Path | None = None,
        webhooks: Sequence[Webhook] = (),
        hook_transport: httpx.AsyncBaseTransport | None = None,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.host = Host(clock or SystemClock(), state_path=state_path)
        voice, api = self._vendor()
        self.sender = HookSender(
            voice,
            id_header=self.id_header,
            transport=hook_transport,
            retry_delays_s=retry_delays_s,
            sleep=sleep,
        )
        self.sender.further = list(webhooks)
        self.host.tell = self.sender.tell
        self.desk = Desk(self.host, api, self.sender, sleep=sleep)

    def _vendor(self) -> tuple[Voice, API]:
        shapes = CloudShapes(self.host, api="", site=_SITE)
        return shapes, CloudAPI(self.host, shapes)

    @property
    def api_url(self) -> str:
        """The root of the API."""
        return f"{self.desk.base_url}/2.0"

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self.desk)

    def transport(self) -> httpx.AsyncBaseTransport:
        """An httpx transport into the fake; cut connections look as they do on a wire."""
        return _InProcess(self.app)

    def writes(self) -> list[tuple[str, str]]:
        """Method and path of every change that was asked for, oldest first."""
        return [(one.method, one.path) for one in self.desk.log.entries if one.method != "GET"]

    async def aclose(self) -> None:
        """Stop sending."""
        await self.sender.close()


def seed_demo(fake: FakeBitbucket, *, repository: str = REPOSITORY) -> None:
    """Three people and the bot, by an API token and by an access token, and one repository."""
    host = fake.host
    for name in ("Mei Tanaka", "Tom Berg", "Ana Ruiz"):
        host.add_person(name, email=f"{name.split(maxsplit=1)[0].lower()}@example.com")
    bot = host.add_person("Chargehand Bot", email=BOT_EMAIL, token=API_TOKEN)
    host.add_person("Access Token", token=ACCESS_TOKEN, is_app=True)
    host.state.bot = bot.slug
    host.add_repository(repository)
    host.save()


@contextlib.asynccontextmanager
async def serving(fake: FakeBitbucket, port: int = 0) -> AsyncIterator[str]:
    """Serve the fake in this event loop; yields its address."""
    wire = listen(port)
    fake.desk.base_url = f"http://{HOST}:{wire.getsockname()[1]}"
    server = build_cutting_server(fake.app, ws="none")
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
