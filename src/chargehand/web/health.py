"""Whether this front lives, whether it can do its own work, and what it counted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.inbox.group_commit import GroupCommit, InboxState
from chargehand.kit.clock import Clock

# The writer commits at least every few seconds, if only to show that it can.
_STALE_COMMIT_S = 30.0
_REASONS_OF_FILES = frozenset(
    {
        "attempt to write a readonly database",
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
    }
)
_NO_STORE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class ReadyCheck:
    """One thing this role needs for its own work; `found` says what is, in a few words."""

    name: str
    is_ok: bool
    found: str


ReadyProbe: TypeAlias = Callable[[], Awaitable[Sequence[ReadyCheck]]]
Refresh: TypeAlias = Callable[[], Awaitable[None]]


def health_routes(
    *,
    inbox: GroupCommit,
    probe: ReadyProbe,
    clock: Clock,
    version: str,
    registry: CollectorRegistry,
    refresh: Refresh,
) -> list[Route]:
    """`/health`, `/ready` and `/metrics`, before which `refresh` is awaited."""

    async def health(_request: Request) -> Response:
        return _json(
            HTTPStatus.OK,
            {"status": "healthy", "timestamp": clock.now().isoformat(), "version": version},
        )

    async def ready(_request: Request) -> Response:
        checks = [check_inbox(inbox, clock), *await probe()]
        is_ready = all(check.is_ok for check in checks)
        return _json(
            HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
            {
                "status": "ready" if is_ready else "not_ready",
                "timestamp": clock.now().isoformat(),
                "version": version,
                "checks": {
                    check.name: {"ok": check.is_ok, "found": check.found} for check in checks
                },
            },
        )

    async def metrics(request: Request) -> Response:
        await refresh()
        encode, content_type = _encoder_for(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type, **_NO_STORE})

    return [
        Route("/health", health, methods=["GET"]),
        Route("/ready", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def check_inbox(inbox: GroupCommit, clock: Clock) -> ReadyCheck:
    """Whether deliveries can be stored now."""
    health = inbox.health(clock.now())
    if health.state is not InboxState.RUNNING:
        # What a server says of itself names its place and who signs in there; a file says these.
        is_told = health.reason in _REASONS_OF_FILES
        reason = health.reason if is_told else "`chargehand doctor` says why"
        found = f"{health.state.value}: {reason}"
        return ReadyCheck("inbox", is_ok=False, found=found)
    if health.commit_age_s is None:
        return ReadyCheck("inbox", is_ok=False, found="no commit yet")
    found = f"last commit {health.commit_age_s:.0f} s ago, {health.waiting} waiting"
    return ReadyCheck("inbox", is_ok=health.commit_age_s <= _STALE_COMMIT_S, found=found)


def _encoder_for(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        # A version that is no number; whoever asks so gets the form everybody reads.
        return choose_encoder("")


def _json(status: int, body: object) -> Response:
    content = msgspec.json.encode(body)
    return Response(content, status_code=status, media_type="application/json", headers=_NO_STORE)
