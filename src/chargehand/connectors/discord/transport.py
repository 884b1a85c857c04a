"""The only place that speaks HTTP to Discord: reads are retried, writes are sent once."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from chargehand import __version__
from chargehand.connectors.discord.buckets import Buckets
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.errors import (
    VENDOR,
    DiscordConfigWrong,
    error_from_answer,
    header_date,
    is_global_limit,
    is_success,
)
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONValue
from chargehand.kit.clock import Clock
from chargehand.kit.proxies import proxy_for
from chargehand.kit.redact import redact_known
from chargehand.kit.tolerant import decode_json
from chargehand.kit.trust import explained, trusted_certificates
from chargehand.plugins.errors import (
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)
from chargehand.plugins.sending import may_still_leave

T = TypeVar("T")
ANSWER_LIMIT_BYTES: Final = 8 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 5
_CONCURRENT_REQUESTS: Final = 8
_CONNECT_TIMEOUT_S: Final = 5.0
_FIRST_WAIT_S: Final = 0.25
_LONGEST_BACKOFF_S: Final = 8.0
# A write waits this long for its turn; longer waits are the engine's, which survives them.
_PATIENCE_S: Final = 2.0
_TOO_MANY: Final = 429
_PASSING_STATUSES: Final = frozenset({408, 500, 502, 503, 504})
# Bytes leave right after one of these, whichever version of HTTP is spoken.
_BEFORE_BYTES: Final = ("send_request_headers.started", "send_request_body.started")
# Nothing was sent when one of these is raised; after every other failure it may have been.
_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class Access(StrEnum):
    """Whether a request changes something at the vendor."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` says in words what it is for, `target` what it is about.

    Shape: `route` names the limit it counts against: its method, and its path without the ids that
    make no difference. `secret` is the part of the path that nobody may read; such a request needs
    no sign-in and carries none.
    """

    method: str
    path: str
    operation: str
    target: str
    route: str = ""
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: JSONValue = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request as metrics see it; `status` is None when no answer came."""

    access: Access
    method: str
    operation: str
    status: int | None


RequestObserver: TypeAlias = Callable[[SentRequest], None]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
VendorTransport: TypeAlias = httpx.AsyncBaseTransport


def ignore_request(request: SentRequest) -> None:
    """Count nothing: the observer of those who measure nothing."""


def path_of(*segments: str) -> str:
    """A path, each segment quoted.

    Raises: TargetMissing for a segment that would climb out of its place.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise TargetMissing(vendor=VENDOR, target=f"{segment!r}")
    return "".join(f"/{quote(segment, safe='@')}" for segment in segments)


def decode(body: bytes, answer: type[T], *, operation: str) -> T:
    """A JSON answer as `answer`.

    Raises: VendorAnswerUnreadable, naming the place but never the content.
    """
    try:
        return msgspec.convert(decode_json(body), answer)
    except msgspec.ValidationError as error:
        raise VendorAnswerUnreadable(
            vendor=VENDOR, operation=operation, detail=str(error)
        ) from error
    except ValueError as error:
        raise VendorAnswerUnreadable(
            vendor=VENDOR, operation=operation, detail="it is no JSON"
        ) from error


class DiscordTransport:
    """HTTP connections to Discord's API, and what is known of its limits."""

    def __init__(
        self,
        config: DiscordConfig,
        clock: Clock,
        *,
        transport: VendorTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        observer: RequestObserver = ignore_request,
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        self._config = config
        self._clock = clock
        self._given_transport = transport
        self._sleep = sleep
        self._chance = chance
        self._observer = observer
        self._now_s = now_s
        self._wire: VendorTransport | None = None
        self._buckets = Buckets()
        self._slots = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self.clock_offset_s: float | None = None

    async def read(self, call: Call, answer: type[T]) -> T:
        """What Discord tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py and of errors.py.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._config.request_timeout_s) as scope:
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        async with self._slots:
                            await self._take_turn(call, patience_s=_remaining_s(scope))
                            body = await self._send(call, Access.READ)
                        return decode(body, answer, operation=call.operation)
                    except (VendorUnreachable, VendorFailing, VendorBusy) as error:
                        last = error
                    wait_s = self._wait_before_next(last, attempt)
                    if wait_s is None or wait_s >= _remaining_s(scope):
                        raise last
                    await self._sleep(wait_s)
        except TimeoutError as error:
            raise last or self._timed_out(may_have_landed=True) from error
        raise AssertionError  # pragma: no cover - the last attempt returns or raises.

    async def write(self, call: Call) -> bytes:
        """The body of Discord's consent, the request having been sent exactly once.

        Raises: as `read`; VendorUnreachable says whether it may have landed, and VendorBusy with
        the status 429 that it did not.
        """
        try:
            async with asyncio.timeout(self._config.request_timeout_s):
                await self._slots.acquire()
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=False) from error
        try:
            await self._take_turn(call, patience_s=_PATIENCE_S)
            async with asyncio.timeout(self._config.request_timeout_s):
                return await self._send(call, Access.WRITE)
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=True) from error
        finally:
            self._slots.release()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        if self._wire is not None:
            await self._wire.aclose()

    async def _take_turn(self, call: Call, *, patience_s: float) -> None:
        """Wait until the limits let a request leave.

        Raises: VendorBusy when that takes longer than there is patience.
        """
        while (wait_s := self._buckets.wait_s(call.route, now_s=self._now_s())) > 0:
            if wait_s > patience_s:
                raise VendorBusy(vendor=VENDOR, status=_TOO_MANY, retry_after_s=wait_s)
            patience_s -= wait_s
            await self._sleep(wait_s)
        self._buckets.leave(call.route, now_s=self._now_s())

    async def _send(self, call: Call, access: Access) -> bytes:
        status: int | None = None
        if self._wire is None:
            self._wire = self._given_transport or self._connection()
        try:
            response = await self._wire.handle_async_request(self._request(call, access))
            try:
                status = response.status_code
                self._note(response.headers, call)
                body = await _bounded_body(response, call)
            finally:
                await response.aclose()
        except _NEVER_SENT as error:
            raise _unreachable(error, call, may_have_landed=False) from error
        except httpx.TransportError as error:
            raise _unreachable(error, call, may_have_landed=True) from error
        except httpx.DecodingError as error:
            raise VendorAnswerUnreadable(
                vendor=VENDOR, operation=call.operation, detail="its compression is broken"
            ) from error
        finally:
            self._observer(SentRequest(access, call.method, call.operation, status))
        if is_success(status):
            return body
        raise self._failure(status, response.headers, body, call)

    def _failure(
        self, status: int, headers: Mapping[str, str], body: bytes, call: Call
    ) -> Exception:
        error = error_from_answer(
            status, headers, body=body, operation=call.operation, target=call.target
        )
        if isinstance(error, VendorBusy):
            self._buckets.refused(
                call.route,
                after_s=error.retry_after_s or 0.0,
                now_s=self._now_s(),
                is_global=is_global_limit(headers, body),
            )
        return error

    def _request(self, call: Call, access: Access) -> httpx.Request:
        query = f"?{urlencode(call.query)}" if call.query else ""
        headers = [
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate"),
            # Discord refuses clients that do not say in this form who they are.
            ("User-Agent", f"DiscordBot (https://chargehand.example, {__version__})"),
        ]
        if not call.secret:
            headers.append(("Authorization", self._config.authorization()))
        content = None
        if call.body is not None:
            headers.append(("Content-Type", "application/json"))
            content = msgspec.json.encode(call.body)
        timeout_s = self._config.request_timeout_s
        timeouts = {
            "connect": min(_CONNECT_TIMEOUT_S, timeout_s),
            "read": timeout_s,
            "write": timeout_s,
            "pool": timeout_s,
        }
        extensions: dict[str, object] = {"timeout": timeouts}
        if access is Access.WRITE:
            extensions["trace"] = _stop_when_late
        return httpx.Request(
            call.method,
            f"{self._config.api_url}{call.path}{query}",
            headers=headers,
            content=content,
            extensions=extensions,
        )

    def _connection(self) -> VendorTransport:
        """Connections without the client around them, which would add redirects and cookies."""
        proxy = proxy_for(self._config.api_url)
        return httpx.AsyncHTTPTransport(
            verify=self._trusted(),
            limits=httpx.Limits(max_connections=_CONCURRENT_REQUESTS),
            proxy=httpx.Proxy(proxy) if proxy else None,
        )

    def _trusted(self) -> ssl.SSLContext:
        try:
            return trusted_certificates(self._config.ca_file)
        except OSError as error:
            problem = f"can not be read: {error.strerror or error}"
            raise DiscordConfigWrong(field="network.ca_file", problem=problem) from error

    def _note(self, headers: Mapping[str, str], call: Call) -> None:
        self._buckets.note(call.route, headers, now_s=self._now_s())
        told = header_date(headers.get("date", ""))
        if told is not None:
            self.clock_offset_s = (told - self._clock.now()).total_seconds()

    def _wait_before_next(self, error: Retryable, attempt: int) -> float | None:
        """Seconds to wait before asking again; None when asking again is useless."""
        status = error.fields.get("status")
        if attempt == MAX_READ_ATTEMPTS:
            return None
        if isinstance(error, VendorFailing) and status not in _PASSING_STATUSES:
            return None
        backoff_s: float = min(_FIRST_WAIT_S * 2.0 ** (attempt - 1), _LONGEST_BACKOFF_S)
        jittered_s = backoff_s * (0.5 + self._chance() / 2)
        return jittered_s + (error.retry_after_s or 0.0)

    def _timed_out(self, *, may_have_landed: bool) -> VendorUnreachable:
        detail = f"no answer within {self._config.request_timeout_s:g} s"
        return VendorUnreachable(vendor=VENDOR, detail=detail, may_have_landed=may_have_landed)


async def _bounded_body(response: httpx.Response, call: Call) -> bytes:
    # Counted after decompression, so that a small compressed answer can not fill the memory.
    chunks, size_bytes = [], 0
    async for chunk in response.aiter_bytes():
        size_bytes += len(chunk)
        if size_bytes > ANSWER_LIMIT_BYTES:
            detail = f"it is larger than {ANSWER_LIMIT_BYTES // 1024 // 1024} MiB"
            raise VendorAnswerUnreadable(vendor=VENDOR, operation=call.operation, detail=detail)
        chunks.append(chunk)
    return b"".join(chunks)


def _unreachable(
    error: httpx.TransportError, call: Call, *, may_have_landed: bool
) -> VendorUnreachable:
    words = explained(redact_known(str(error), [call.secret])) or "no further reason"
    detail = f"{type(error).__name__}, {words}"
    return VendorUnreachable(vendor=VENDOR, detail=detail, may_have_landed=may_have_landed)


async def _stop_when_late(event: str, _info: Mapping[str, object]) -> None:
    """Keep a write from leaving after its time: this process may have been stopped until now.

    Source: https://www.encode.io/httpcore/extensions/, `trace`
    """
    if event.endswith(_BEFORE_BYTES) and not may_still_leave():
        message = "it was too late to send it"
        raise httpx.WriteTimeout(message)


def _remaining_s(scope: asyncio.Timeout) -> float:
    until = scope.when()
    return 0.0 if until is None else until - asyncio.get_running_loop().time()
