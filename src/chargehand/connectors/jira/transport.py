"""The only place that speaks HTTP to Jira: reads are retried, writes are sent once."""

import asyncio
import json
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from chargehand import __version__
from chargehand.connectors.jira.config import PLATFORM_ROOT, Deployment, JiraConfig
from chargehand.connectors.jira.errors import (
    VENDOR,
    JiraConfigWrong,
    error_from_answer,
    header_date,
    is_success,
    needed_scope,
)
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONValue
from chargehand.kit.clock import Clock
from chargehand.kit.proxies import proxy_for
from chargehand.kit.redact import redact_text
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
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024
MAX_READ_ATTEMPTS = 5
_CONCURRENT_REQUESTS = 8
_CONNECT_TIMEOUT_S = 5.0
_FIRST_WAIT_S = 0.25
_LONGEST_BACKOFF_S = 8.0
_PASSING_STATUSES = frozenset({408, 502, 503, 504})
_JSON_CONTENT = ("Content-Type", "application/json")
# Bytes leave right after one of these, whichever version of HTTP is spoken.
_BEFORE_BYTES = ("send_request_headers.started", "send_request_body.started")
# Nothing was sent when one of these is raised; after every other failure it may have been.
_NEVER_SENT = (
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

    Shape: it goes to the connection's API unless `base_url` names another address of Jira's, and
    carries the sign-in unless anybody may ask it.
    """

    method: str
    path: str
    operation: str
    target: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: JSONValue = None
    base_url: str = ""
    needs_sign_in: bool = True


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


def path_of(*segments: str, root: str = PLATFORM_ROOT) -> str:
    """A path below `root`, each segment quoted.

    Raises: TargetMissing for a segment that would climb out of its place.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise TargetMissing(vendor=VENDOR, target=f"{segment!r}")
    return "/".join((root, *(quote(segment, safe="") for segment in segments)))


def decode(body: bytes, answer: type[T], *, operation: str) -> T:
    """A JSON answer as `answer`.

    Raises: VendorAnswerUnreadable, naming the place but never the content.
    """
    try:
        return _decode(body, answer)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        detail = redact_text(str(error))
        raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail) from error


def _decode(body: bytes, answer: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=answer)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Jira cuts texts within a surrogate pair. The half that is left is no Unicode; with it
        # replaced the rest can be read.
        mended = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
        return msgspec.json.decode(mended, type=answer)


class JiraTransport:
    """Sends requests of one connection, a few at a time, each within the time-out."""

    def __init__(
        self,
        config: JiraConfig,
        clock: Clock,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        observer: RequestObserver = ignore_request,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._observer = observer
        self._timeout_s = config.request_timeout_s
        self._slots = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self.clock_offset_s: float | None = None
        self._config = config
        self._given_transport = transport
        self._headers = _headers_of(config)
        self._timeouts = {
            "timeout": httpx.Timeout(
                self._timeout_s, connect=min(_CONNECT_TIMEOUT_S, self._timeout_s / 2)
            ).as_dict()
        }
        self._of_writes = {**self._timeouts, "trace": _stop_when_late}
        # Reading the certificates takes longer than a request, so the connections share them.
        self._certificates: ssl.SSLContext | None = None
        # One connection each: a pool asks all that lie idle at every request whether they still
        # live, which for eight of them cost more than the request.
        self._wires: list[VendorTransport] = []
        self._free: list[VendorTransport] = []

    async def read(self, call: Call, answer: type[T]) -> T:
        """What Jira tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._timeout_s) as scope:
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        async with self._slots:
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
        """The body of Jira's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._slots.acquire()
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=False) from error
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._send(call, Access.WRITE)
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=True) from error
        finally:
            self._slots.release()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        for wire in self._wires:
            await wire.aclose()

    async def _send(self, call: Call, access: Access) -> bytes:
        """The body of one answer; whoever calls holds a slot, so there are as many wires."""
        wire = self._free.pop() if self._free else self._open_wire()
        try:
            return await self._send_through(wire, call, access)
        finally:
            self._free.append(wire)

    def _open_wire(self) -> VendorTransport:
        wire = self._given_transport or self._connection()
        self._wires.append(wire)
        return wire

    def _connection(self) -> VendorTransport:
        """One connection, without the client around it: that would add redirects, cookies and
        sign-in ways nobody wants here, and doubles what a request costs.
        """
        if self._certificates is None:
            self._certificates = self._trusted()
        proxy = proxy_for(self._config.api_url)
        return httpx.AsyncHTTPTransport(
            verify=self._certificates,
            limits=httpx.Limits(max_connections=1),
            proxy=httpx.Proxy(proxy) if proxy else None,
        )

    def _trusted(self) -> ssl.SSLContext:
        try:
            return trusted_certificates(self._config.ca_file)
        except OSError as error:
            problem = f"can not be read: {error.strerror or error}"
            raise JiraConfigWrong(field="network.ca_file", problem=problem) from error

    async def _send_through(self, wire: VendorTransport, call: Call, access: Access) -> bytes:
        status: int | None = None
        request = self._request(call, access)
        try:
            response = await wire.handle_async_request(request)
            try:
                status = response.status_code
                self._note_clock(response.headers)
                body = await _bounded_body(response, call)
            finally:
                await response.aclose()
        except _NEVER_SENT as error:
            raise _unreachable(error, may_have_landed=False) from error
        except httpx.TransportError as error:
            raise _unreachable(error, may_have_landed=True) from error
        except httpx.DecodingError as error:
            raise VendorAnswerUnreadable(
                vendor=VENDOR, operation=call.operation, detail="its compression is broken"
            ) from error
        finally:
            self._observer(SentRequest(access, call.method, call.operation, status))
        if is_success(status):
            return body
        raise error_from_answer(
            status,
            response.headers,
            body=body,
            operation=call.operation,
            target=call.target,
            scope=needed_scope(call.method, call.path),
        )

    def _request(self, call: Call, access: Access) -> httpx.Request:
        query = f"?{urlencode(call.query)}" if call.query else ""
        headers, content = self._headers_for(call), None
        if call.body is not None:
            headers, content = [*headers, _JSON_CONTENT], msgspec.json.encode(call.body)
        return httpx.Request(
            call.method,
            f"{call.base_url or self._config.api_url}{self._path(call)}{query}",
            headers=headers,
            content=content,
            extensions=self._timeouts if access is Access.READ else self._of_writes,
        )

    def _path(self, call: Call) -> str:
        is_platform = call.path.startswith(f"{PLATFORM_ROOT}/")
        if not is_platform:
            return call.path
        return self._config.platform_root + call.path.removeprefix(PLATFORM_ROOT)

    def _headers_for(self, call: Call) -> list[tuple[str, str]]:
        if call.needs_sign_in:
            return self._headers
        return [header for header in self._headers if header[0] != "Authorization"]

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

    def _note_clock(self, headers: Mapping[str, str]) -> None:
        told = header_date(headers.get("date", ""))
        if told is not None:
            self.clock_offset_s = (told - self._clock.now()).total_seconds()

    def _timed_out(self, *, may_have_landed: bool) -> VendorUnreachable:
        detail = f"no answer within {self._timeout_s:g} s"
        return VendorUnreachable(vendor=VENDOR, detail=detail, may_have_landed=may_have_landed)


def _headers_of(config: JiraConfig) -> list[tuple[str, str]]:
    # Without it some releases of Data Center hide the service desk's comments.
    is_cloud = config.deployment is Deployment.CLOUD
    return [
        *([] if is_cloud else [("X-ExperimentalApi", "opt-in")]),
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Authorization", config.authorization()),
        ("User-Agent", f"chargehand/{__version__}"),
    ]


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


def _unreachable(error: httpx.TransportError, *, may_have_landed: bool) -> VendorUnreachable:
    words = explained(redact_text(str(error))) or "no further reason"
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
