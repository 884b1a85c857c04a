"""The fake's front for Python: its site, its application, and clients of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from chargehand.kit.clock import Clock, SystemClock
from chargehand.testing.github import people
from chargehand.testing.github.app import Desk, build_app
from chargehand.testing.github.app_key import key_pair
from chargehand.testing.github.sending import EventSender, Target
from chargehand.testing.github.site import Site
from chargehand.testing.github.state import (
    APP_LOGIN,
    BOT_LOGIN,
    BOT_TOKEN,
    Account,
    State,
    Workflow,
    read_state,
)
from chargehand.testing.jira.refusals import ConnectionCut
from chargehand.testing.jira.server import (
    HOST,
    build_cutting_server,
    listen,
    wait_until_started,
)


class FakeGitHub:
    """A stateful GitHub with one bot and one App; see the package's docstring."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        targets: Sequence[Target] = (),
        state_file: Path | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        kept = read_state(state_file) if state_file is not None else None
        self.is_continued = kept is not None
        state = kept or State(personal_tokens={BOT_TOKEN: BOT_LOGIN})
        self.sender = EventSender(targets)
        self.site = Site(state, clock or SystemClock(), self.sender)
        self.desk = Desk(self.site, sleep, state_file)

    @property
    def url(self) -> str:
        """The address of the REST API."""
        return self.site.shapes.api

    @property
    def private_key(self) -> str:
        """What signs as the App, as PEM."""
        return key_pair()[0]

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self.desk)

    def transport(self) -> httpx.AsyncBaseTransport:
        """An httpx transport into the fake; cut connections look as they do on a wire."""
        return _InProcess(self.app)

    def writes(self) -> list[dict[str, Any]]:
        """The requests that asked for a change, oldest first."""
        return self.desk.writes()

    async def aclose(self) -> None:
        """Stop sending."""
        await self.sender.close()


def seed_demo(fake: FakeGitHub) -> None:
    """Three people, the private acme/payments with an issue and a pull request, the open sdk."""
    site = fake.site
    site.state.accounts["acme"] = Account("acme", 300, "Organization")
    for login in ("Mei-Tanaka", "tom-berg", "ana-ruiz", BOT_LOGIN, APP_LOGIN):
        site.account(login)
    writers = dict.fromkeys(("mei-tanaka", "tom-berg"), "write")
    ours = {BOT_LOGIN: "admin", APP_LOGIN: "admin"}
    payments = site.add_repository("acme/payments")
    payments.permissions = {**writers, **ours}
    payments.labels = ["bug", "waiting"]
    payments.workflows.append(
        Workflow(
            site.next_id(),
            ".github/workflows/deploy.yml",
            "Deploy",
            ["environment", "correlation_id"],
            "Deploy to ${{ inputs.environment }} [${{ inputs.correlation_id }}]",
        )
    )
    payments.workflows.append(
        Workflow(site.next_id(), ".github/workflows/nightly.yml", "Nightly", [])
    )
    sdk = site.add_repository("acme/sdk", is_private=False)
    sdk.permissions = {**writers, **ours}
    people.open_issue(
        site, payments, author="Mei-Tanaka", title="Cards are declined", body="Since Monday."
    )
    people.open_pull(
        site,
        payments,
        author="Mei-Tanaka",
        title="PAY-7 Retry declined cards",
        branch="PAY-7-retry",
        body="Retries once.",
        reviewers=("tom-berg",),
    )


@contextlib.asynccontextmanager
async def serving(fake: FakeGitHub, port: int = 0) -> AsyncIterator[str]:
    """Serve the fake in this event loop; yields its address."""
    wire = listen(port)
    fake.site.base_url = f"http://{HOST}:{wire.getsockname()[1]}"
    server = build_cutting_server(fake.app, ws="none")
    running = asyncio.create_task(server.serve(sockets=[wire]))
    try:
        await wait_until_started(server, running)
        yield fake.site.base_url
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
