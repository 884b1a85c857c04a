"""The fake's front for Python: its ASGI application and clients that speak to it in process."""

from functools import cached_property

import httpx
from starlette.applications import Starlette

from chargehand.testing.jira.app import build_app
from chargehand.testing.jira.records import Person
from chargehand.testing.jira.refusals import ConnectionCut
from chargehand.testing.jira.workplace import Workplace


class FakeJira(Workplace):
    """A stateful Jira Cloud site; see the package's docstring."""

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self)

    def transport(self) -> httpx.AsyncBaseTransport:
        """An httpx transport into the fake; cut connections look as they do on a wire."""
        return _InProcess(self.app)

    def client(self, person: Person) -> httpx.AsyncClient:
        """A client signed in as this account, which needs a token."""
        return httpx.AsyncClient(
            transport=self.transport(),
            base_url=self.site_url,
            auth=(person.email, person.token),
        )


class _InProcess(httpx.AsyncBaseTransport):
    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionCut as cut:
            text = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(text, request=request) from cut
