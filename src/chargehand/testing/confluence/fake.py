"""The fake's front for Python: its site, its application, and clients of it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from chargehand.kit.clock import Clock, SystemClock
from chargehand.testing.confluence.app import build_app
from chargehand.testing.confluence.site import Person, Site
from chargehand.testing.jira.failures import FailureQueue
from chargehand.testing.jira.received import RequestLog
from chargehand.testing.jira.refusals import ConnectionCut

BOT_EMAIL: Final = "bot@example.com"
BOT_TOKEN: Final = "fake-confluence-token"  # noqa: S105 - of a fake.
BOT_ACCOUNT: Final = "712020:chargehand"
CLOUD_ID: Final = "11111111-2222-3333-4444-555555555555"


class FakeConfluence:
    """A stateful Confluence site with the bot's account; see the package's docstring."""

    takes_tokens = False
    """Whether a token alone signs in everywhere, as on Data Center."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        site_url: str = "https://example.atlassian.net",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.site = Site(clock or SystemClock())
        self.site_url = site_url
        self.cloud_id = CLOUD_ID
        self.sleep = sleep
        self.log = RequestLog(None)
        self.failures = FailureQueue()
        # What a token with scopes was made without, as a part of the paths and the methods.
        self.unscoped: tuple[tuple[str, str], ...] = ()
        self.bot: Person = self.site.add_person(
            "Chargehand", account_id=BOT_ACCOUNT, email=BOT_EMAIL, token=BOT_TOKEN
        )

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self)

    def transport(self) -> httpx.AsyncBaseTransport:
        """An httpx transport into the fake; cut connections look as they do on a wire."""
        return _InProcess(self.app)

    def requests(self) -> list[dict[str, Any]]:
        """Every request, oldest first."""
        return [
            {
                "method": entry.method,
                "path": entry.path,
                "query": entry.query,
                "body": entry.body,
                "status": entry.status,
            }
            for entry in self.log.entries
        ]

    def writes(self) -> list[dict[str, Any]]:
        """The requests that asked for a change, oldest first."""
        return [one for one in self.requests() if one["method"] != "GET"]

    async def aclose(self) -> None:
        """Stop; the fake does nothing by itself."""


def seed_demo(fake: FakeConfluence) -> str:
    """Two people and the space ENG with a page of three parts; returns the page's id."""
    fake.site.add_person("Ana Ruiz", account_id="712020:ana")
    fake.site.add_person("Mei Tanaka", account_id="712020:mei")
    fake.site.add_space("ENG", name="Engineering", by="Ana Ruiz")
    storage = (
        "<h1>Plan</h1><p>We move the ledger&nbsp;(PAY-1).</p>"
        "<h1>Status</h1><p>Not begun.</p><h2>Risks</h2><p>None known.</p>"
        "<h1>People</h1><p>Ana</p>"
    )
    return fake.site.write_page("ENG", "Ledger", storage, by="Ana Ruiz").id


class _InProcess(httpx.AsyncBaseTransport):
    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionCut as cut:
            text = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(text, request=request) from cut
