"""The front: every address this process answers, put together from its parts."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from chargehand.domain.ids import ConnectionId
from chargehand.inbox.group_commit import GroupCommit
from chargehand.intake.addresses import TrustedProxies
from chargehand.intake.failure_limit import FailureLimit
from chargehand.intake.receive import ReceivingConnection
from chargehand.kit.clock import Clock
from chargehand.plugins.connector import FindForm
from chargehand.web.body import BodyReader
from chargehand.web.edge import Edge
from chargehand.web.errors import error_answers
from chargehand.web.figures import ReadSnapshot, ServiceFigures
from chargehand.web.heads import HeadLimited
from chargehand.web.health import ReadyProbe, Refresh, health_routes
from chargehand.web.metrics import FrontMetrics
from chargehand.web.pages import StatusProbe, front_page_route
from chargehand.web.reference import Description, reference_route
from chargehand.web.webhooks import ShortWay, WebhookDoor, webhook_routes

# Forwarded addresses are read by intake, which knows whom to believe; an access log would hold
# path tokens; a thousand connections stay below the usual limit of open files.
UVICORN_SETTINGS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "http": HeadLimited,
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "backlog": 2048,
        "limit_concurrency": 1000,
        "timeout_keep_alive": 30,
        "timeout_graceful_shutdown": 10,
    }
)


@dataclass(frozen=True, slots=True)
class FrontDeps:
    """What the front is made of; everything in it was made by `bootstrap`.

    Shape: `connections` may change while the front runs; `mounts` are further routes, such as the
    REST API; `probe` tells of what else this role needs for its own work; `describe` gives the
    OpenAPI document; `load_rest` loads what the mounts leave for later, once the front listens, and
    ends the process where it can not; `figures` reads what the databases tell of the whole service;
    `forms` finds the form that a delivery opens, None where no chat takes one as an answer.
    """

    connections: Mapping[ConnectionId, ReceivingConnection]
    inbox: GroupCommit
    clock: Clock
    version: str
    probe: ReadyProbe
    status: StatusProbe
    describe: Description
    load_rest: Callable[[], Awaitable[None]] | None = None
    figures: ReadSnapshot | None = None
    mounts: Sequence[BaseRoute] = ()
    trusted_proxies: TrustedProxies = field(default_factory=TrustedProxies)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    failures: FailureLimit = field(default_factory=FailureLimit)
    bodies: BodyReader = field(default_factory=BodyReader)
    forms: FindForm | None = None


class _Front(Starlette):
    """Webhooks go straight to their door, everything else the framework's way."""

    def __init__(self, door: WebhookDoor, **named: Any) -> None:
        super().__init__(**named)
        self._short_way = ShortWay(door)
        self._to_door = Edge(self._short_way)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the application."""
        params = self._short_way.params_of(scope)
        if params is None:
            await super().__call__(scope, receive, send)
            return
        scope["path_params"] = params
        await self._to_door(scope, receive, send)


def build_front(deps: FrontDeps) -> Starlette:
    """The whole application; its lifespan starts the inbox and stops it with everything written."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        deps.inbox.start()
        # What was imported stays for ever; looking through it for garbage would stop every request
        # for tens of milliseconds, several times a second under load.
        gc.collect()
        gc.freeze()
        rest = asyncio.ensure_future(_load(deps.load_rest))
        try:
            yield
        finally:
            rest.cancel()
            gc.unfreeze()
            await deps.inbox.stop()

    door = _door(deps)
    app = _Front(
        door,
        routes=_routes(deps, door),
        middleware=[Middleware(Edge)],
        exception_handlers=error_answers(),
        lifespan=lifespan,
    )
    # A redirect would make a vendor send its webhook twice, or never.
    app.router.redirect_slashes = False
    return app


async def _load(load_rest: Callable[[], Awaitable[None]] | None) -> None:
    try:
        if load_rest is not None:
            await load_rest()
            gc.freeze()
    finally:
        gc.enable()


def _door(deps: FrontDeps) -> WebhookDoor:
    return WebhookDoor(
        connections=deps.connections,
        inbox=deps.inbox,
        clock=deps.clock,
        metrics=FrontMetrics(deps.registry, deps.inbox, deps.clock),
        bodies=deps.bodies,
        failures=deps.failures,
        trusted_proxies=deps.trusted_proxies,
        forms=deps.forms,
    )


def _routes(deps: FrontDeps, door: WebhookDoor) -> list[BaseRoute]:
    return [
        *webhook_routes(door),
        *health_routes(
            inbox=deps.inbox,
            probe=deps.probe,
            clock=deps.clock,
            version=deps.version,
            registry=deps.registry,
            refresh=_refresh(deps),
        ),
        front_page_route(
            inbox=deps.inbox, status=deps.status, clock=deps.clock, version=deps.version
        ),
        reference_route(deps.describe),
        *deps.mounts,
    ]


def _refresh(deps: FrontDeps) -> Refresh:
    if deps.figures is None:
        return _nothing_to_refresh
    return ServiceFigures(deps.figures, deps.registry, deps.clock).refresh


async def _nothing_to_refresh() -> None:
    return
