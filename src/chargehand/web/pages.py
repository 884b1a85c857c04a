"""`/`: what a person, or a program, sees first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.ids import ConnectionId
from chargehand.inbox.group_commit import GroupCommit
from chargehand.kit.clock import Clock
from chargehand.web.health import ReadyCheck, check_inbox
from chargehand.web.page import moment, page, table, worded

_LINKS = (
    ("/session", "sign in, and see where you are signed in"),
    ("/docs", "API reference"),
    ("/health", "whether this process lives"),
    ("/ready", "whether it can do its work"),
    ("/metrics", "counters for Prometheus"),
)


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """A connection as last observed; `found` is one sentence for people."""

    id: ConnectionId
    connector: str
    is_ok: bool
    found: str
    last_delivery_at: datetime | None


@dataclass(frozen=True, slots=True)
class FrontStatus:
    """What the first page tells: the connections, and what the operator should do next."""

    connections: tuple[ConnectionStatus, ...] = ()
    next_steps: tuple[str, ...] = ()


StatusProbe: TypeAlias = Callable[[], Awaitable[FrontStatus]]


def front_page_route(
    *, inbox: GroupCommit, status: StatusProbe, clock: Clock, version: str
) -> Route:
    """`/`, as a page where the caller prefers one, as JSON otherwise."""

    async def front_page(request: Request) -> Response:
        found = await status()
        inbox_check = check_inbox(inbox, clock)
        if prefers_html(request.headers.get("accept", "")):
            return _as_page(found, inbox_check, version)
        return _as_json(found, inbox_check, version)

    return Route("/", front_page, methods=["GET"])


def prefers_html(accept: str) -> bool:
    """Whether an Accept header asks for HTML at least as much as for JSON.

    Source: RFC 9110 section 12.5.1. A wildcard alone asks for neither, so programs get JSON.
    """
    weights = {"text/html": 0.0, "application/json": 0.0}
    for entry in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        if media_type in weights:
            weights[media_type] = max(weights[media_type], _weight_in(parameters))
    return 0 < weights["text/html"] >= weights["application/json"]


def _weight_in(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _as_json(found: FrontStatus, inbox_check: ReadyCheck, version: str) -> Response:
    body = {
        "name": "chargehand",
        "version": version,
        "inbox": {"ok": inbox_check.is_ok, "found": inbox_check.found},
        "connections": [
            {
                "id": one.id,
                "connector": one.connector,
                "ok": one.is_ok,
                "found": one.found,
                "last_delivery_at": _iso(one.last_delivery_at),
            }
            for one in found.connections
        ],
        "last_delivery_at": _iso(_last_delivery_at(found)),
        "next_steps": found.next_steps,
        "links": [path for path, _ in _LINKS],
    }
    content = msgspec.json.encode(body)
    headers = {"cache-control": "no-store", "vary": "accept"}
    return Response(content, media_type="application/json", headers=headers)


def _as_page(found: FrontStatus, inbox_check: ReadyCheck, version: str) -> Response:
    last = _when(_last_delivery_at(found))
    parts = [
        "<h1>chargehand</h1>",
        f'<p class="soft">Version {escape(version)}. Last delivery: {last}.</p>',
        f"<h2>Inbox</h2><p>{_mark(is_ok=inbox_check.is_ok)} {escape(inbox_check.found)}</p>",
        "<h2>Connections</h2>",
        _connections(found),
    ]
    if found.next_steps:
        steps = "".join(f"<li>{worded(step)}</li>" for step in found.next_steps)
        parts.append(f"<h2>What to do next</h2><ol>{steps}</ol>")
    links = "".join(
        # Without its first stroke it also leads on below a path that a proxy puts before it.
        f'<li><a href="{path[1:]}">{path}</a> <span class="soft">{escape(text)}</span></li>'
        for path, text in _LINKS
    )
    parts.append(f"<h2>More</h2><ul>{links}</ul>")
    response = page("chargehand", "".join(parts))
    response.headers["vary"] = "accept"
    return response


def _connections(found: FrontStatus) -> str:
    if not found.connections:
        return "<p>None yet. Run <code>chargehand init</code> to make the first.</p>"
    rows = [
        (
            f"<code>{escape(one.id)}</code>",
            escape(one.connector),
            f"{_mark(is_ok=one.is_ok)} {escape(one.found)}",
            _when(one.last_delivery_at),
        )
        for one in found.connections
    ]
    return table(("Connection", "Connector", "State", "Last delivery"), rows)


def _mark(*, is_ok: bool) -> str:
    return '<span class="good">Working.</span>' if is_ok else '<span class="bad">Failing.</span>'


def _when(at: datetime | None) -> str:
    return "none yet" if at is None else moment(at, "%H:%M:%S")


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _last_delivery_at(found: FrontStatus) -> datetime | None:
    known = (one.last_delivery_at for one in found.connections)
    return max((at for at in known if at is not None), default=None)
