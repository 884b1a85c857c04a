"""A wire whose other end answers as told: for what a healthy Jira never does."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from chargehand.connectors.jira.client import JiraClient
from chargehand.connectors.jira.config import ApiToken, JiraConfig
from chargehand.connectors.jira.transport import JiraTransport
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.plugins.vendor_http import SentRequest
from chargehand.plugins.vendor_line import Surroundings

TOKEN = "ATATT3xFfGF0-a-token-nobody-may-see"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HANG = object()


@dataclass
class FixedClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class Wire:
    """Gives out the answers in order, the last one for ever; keeps every request."""

    answers: list[Any]
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is HANG:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def writes(self) -> list[httpx.Request]:
        reading = ("/search/jql", "/issue/bulkfetch", "/comment/list", "/permissions/check")
        return [
            request
            for request in self.requests
            if request.method != "GET" and not request.url.path.endswith(reading)
        ]


@dataclass
class Rig:
    """A client or transport on a wire, with the waits and the counts it caused."""

    wire: Callable[[httpx.Request], Any]
    timeout_s: float = 20.0
    waits: list[float] = field(default_factory=list)
    seen: list[SentRequest] = field(default_factory=list)
    clock: FixedClock = field(default_factory=FixedClock)

    @property
    def config(self) -> JiraConfig:
        return make_config(request_timeout_s=self.timeout_s)

    def transport(self) -> JiraTransport:
        return JiraTransport(self.config, self._around())

    def client(self) -> JiraClient:
        return JiraClient(self.config, self._around())

    def _around(self) -> Surroundings:
        transport = httpx.MockTransport(self.wire)
        return Surroundings(self.clock, transport, self._sleep, lambda: 1.0, self.seen.append)

    async def _sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)


def make_config(**changes: Any) -> JiraConfig:
    settings = {
        "connection_id": ConnectionId("acme"),
        "site": "https://acme.atlassian.net",
        "email": "foreman@example.com",
        "api_token": ApiToken(TOKEN),
        "projects": (ProjectKey("PAY"),),
    }
    return JiraConfig(**{**settings, **changes})


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers=named)
