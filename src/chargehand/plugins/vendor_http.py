"""What every connector's transport does alike: connect, read within bounds, tell what went wrong.

A transport adds to it how its vendor is signed in to, asked, and understood.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import quote

import httpx

from chargehand.kit.proxies import proxy_for
from chargehand.kit.redact import redact_known
from chargehand.kit.trust import explained
from chargehand.plugins.errors import TargetMissing, VendorAnswerUnreadable, VendorUnreachable
from chargehand.plugins.sending import may_still_leave

# Nothing was sent when one of these is raised; after every other failure it may have been.
NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
CONNECT_TIMEOUT_S: Final = 5.0
_FIRST_WAIT_S: Final = 0.25
_LONGEST_BACKOFF_S: Final = 8.0
# Bytes leave right after one of these, whichever version of HTTP is spoken.
_BEFORE_BYTES: Final = ("send_request_headers.started", "send_request_body.started")


class Access(StrEnum):
    """Whether a request changes something at the vendor."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request as metrics see it.

    Shape: `status` is None when no whole answer came.
    Units: `took_s` is seconds from sending it to the end of its answer.
    """

    access: Access
    method: str
    operation: str
    status: int | None
    took_s: float


RequestObserver: TypeAlias = Callable[[SentRequest], None]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
VendorTransport: TypeAlias = httpx.AsyncBaseTransport


def ignore_request(request: SentRequest) -> None:
    """Count nothing: the observer of those who measure nothing."""


def open_wire(certificates: ssl.SSLContext, address: str, *, connections: int) -> VendorTransport:
    """Connections to an address, without the client around them.

    That would add redirects, cookies and sign-in ways nobody wants here, and doubles what a
    request costs.
    """
    proxy = proxy_for(address)
    return httpx.AsyncHTTPTransport(
        verify=certificates,
        limits=httpx.Limits(max_connections=connections),
        proxy=httpx.Proxy(proxy) if proxy else None,
    )


def extensions_of(timeout_s: float, *, connect_s: float) -> dict[Access, dict[str, object]]:
    """What a request of each access carries for the wire: its time-outs, and for a write its end.

    Source: https://www.encode.io/httpcore/extensions/, `timeout` and `trace`
    """
    timeout = httpx.Timeout(timeout_s, connect=connect_s)
    of_reads: dict[str, object] = {"timeout": timeout.as_dict()}
    return {Access.READ: of_reads, Access.WRITE: {**of_reads, "trace": _stop_when_late}}


def path_below(root: str, *segments: str, vendor: str, safe: str = "") -> str:
    """A path below `root`, each segment quoted but for the signs in `safe`.

    Raises: TargetMissing for a segment that would climb out of its place.
    """
    for segment in segments:
        # Whoever reads a URL takes dots for steps, quoted or not, and what is above is another
        # request: below one label, GitHub has all of them.
        if segment in {"", ".", ".."}:
            raise TargetMissing(vendor=vendor, target=f"{segment!r}")
    return "/".join((root, *(quote(segment, safe=safe) for segment in segments)))


async def bounded_body(
    response: httpx.Response, *, limit_bytes: int, vendor: str, operation: str
) -> bytes:
    """The whole body of an answer.

    Raises: VendorAnswerUnreadable when it is larger than the limit.
    """
    # Counted after decompression, so that a small compressed answer can not fill the memory.
    chunks, size_bytes = [], 0
    async for chunk in response.aiter_bytes():
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            detail = f"it is larger than {limit_bytes // 1024 // 1024} MiB"
            raise VendorAnswerUnreadable(vendor=vendor, operation=operation, detail=detail)
        chunks.append(chunk)
    return b"".join(chunks)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a vendor answered to one request, whatever it means."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it goes out, and who is told of its answer.

    Shape: `note` sees the headers as soon as they are there; `secrets` are words of the request
    that no error may repeat.
    """

    access: Access
    operation: str
    vendor: str
    limit_bytes: int
    observer: RequestObserver
    note: Callable[[Mapping[str, str]], None]
    secrets: Collection[str] = ()

    async def through(self, wire: VendorTransport, request: httpx.Request) -> Exchanged:
        """Send the request once, and read the whole answer.

        Raises: VendorUnreachable, which says whether it may have landed; VendorAnswerUnreadable.
        """
        status: int | None = None
        time = asyncio.get_running_loop().time
        began_s = time()
        try:
            response = await wire.handle_async_request(request)
            try:
                self.note(response.headers)
                body = await bounded_body(
                    response,
                    limit_bytes=self.limit_bytes,
                    vendor=self.vendor,
                    operation=self.operation,
                )
                status = response.status_code
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise unreachable(
                error,
                vendor=self.vendor,
                may_have_landed=not isinstance(error, NEVER_SENT),
                secrets=self.secrets,
            ) from error
        except httpx.DecodingError as error:
            raise VendorAnswerUnreadable(
                vendor=self.vendor, operation=self.operation, detail="its compression is broken"
            ) from error
        finally:
            sent = SentRequest(
                self.access, request.method, self.operation, status, time() - began_s
            )
            self.observer(sent)
        return Exchanged(response.status_code, response.headers, body)


def unreachable(
    error: httpx.TransportError,
    *,
    vendor: str,
    may_have_landed: bool,
    secrets: Collection[str] = (),
) -> VendorUnreachable:
    """What a failure of the wire means, without what nobody may see in its words."""
    words = explained(redact_known(str(error), secrets))
    detail = f"{type(error).__name__}, {words or 'no further reason'}"
    return VendorUnreachable(vendor=vendor, detail=detail, may_have_landed=may_have_landed)


def backoff_s(attempt: int, *, chance: float) -> float:
    """Seconds to wait after this many attempts, spread by chance between half of it and all."""
    longest: float = min(_FIRST_WAIT_S * 2.0 ** (attempt - 1), _LONGEST_BACKOFF_S)
    return longest * (0.5 + chance / 2)


def remaining_s(scope: asyncio.Timeout) -> float:
    """Seconds until a time-out ends."""
    until = scope.when()
    return 0.0 if until is None else until - asyncio.get_running_loop().time()


async def _stop_when_late(event: str, _info: Mapping[str, object]) -> None:
    """Keep a write from leaving after its time: this process may have been stopped until now."""
    if event.endswith(_BEFORE_BYTES) and not may_still_leave():
        message = "it was too late to send it"
        raise httpx.WriteTimeout(message)
