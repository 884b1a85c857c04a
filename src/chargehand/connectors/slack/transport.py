"""The only place that speaks HTTP to Slack: reads are retried, writes are sent once."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from chargehand import __version__
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import (
    VENDOR,
    SlackConfigWrong,
    error_from_answer,
    error_from_status,
    unreadable,
)
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import Clock
from chargehand.kit.masked import MaskedText
from chargehand.kit.proxies import proxy_for
from chargehand.kit.redact import redact_text
from chargehand.kit.trust import explained, trusted_certificates
from chargehand.plugins.errors import VendorBusy, VendorFailing, VendorUnreachable
from chargehand.plugins.sending import may_still_leave

T = TypeVar("T")
ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 4
_CONCURRENT_REQUESTS: Final = 8
_CONNECT_TIMEOUT_S: Final = 5.0
_FIRST_WAIT_S: Final = 0.25
_LONGEST_BACKOFF_S: Final = 8.0
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
    """One call of a method of the Web API: `operation` says in words what it is for.

    Shape: a read sends `arguments` as a query, a write as JSON; `with_app_token` signs in as the
    app instead of its bot.
    """

    method: str
    operation: str
    arguments: JSONObject = field(default_factory=dict)
    with_app_token: bool = False


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request as metrics see it; `status` is None when no answer came."""

    access: Access
    method: str
    operation: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A consent of Slack: its body, and the scopes the token has."""

    body: bytes
    scopes: frozenset[str]


class _Verdict(msgspec.Struct, gc=False):
    """Whether Slack did what it was asked."""

    ok: bool = False
    error: str = ""
    needed: str = ""


RequestObserver: TypeAlias = Callable[[SentRequest], None]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
VendorTransport: TypeAlias = httpx.AsyncBaseTransport


def ignore_request(request: SentRequest) -> None:
    """Count nothing: the observer of those who measure nothing."""


def decode(body: bytes, answer: type[T], *, operation: str) -> T:
    """A JSON answer as `answer`.

    Raises: VendorAnswerUnreadable, naming the place but never the content.
    """
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        raise unreadable(operation, redact_text(str(error))) from error


class SlackTransport:
    """Sends requests of one connection, a few at a time, each within the time-out."""

    def __init__(
        self,
        config: SlackConfig,
        clock: Clock,
        *,
        transport: VendorTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        observer: RequestObserver = ignore_request,
    ) -> None:
        self._config = config
        self._clock = clock
        self._given_transport = transport
        self._sleep = sleep
        self._chance = chance
        self._observer = observer
        self._timeout_s = config.request_timeout_s
        self._slots = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self.clock_offset_s: float | None = None
        connect_s = min(_CONNECT_TIMEOUT_S, self._timeout_s / 2)
        timeout = httpx.Timeout(self._timeout_s, connect=connect_s)
        self._of_reads = {"timeout": timeout.as_dict()}
        self._of_writes = {**self._of_reads, "trace": _stop_when_late}
        # Reading the certificates takes longer than a request, so the connections share them.
        self._certificates: ssl.SSLContext | None = None
        # One connection each: a pool asks all that lie idle at every request whether they live.
        self._wires: list[VendorTransport] = []
        self._free: list[VendorTransport] = []

    async def read(self, call: Call, answer: type[T]) -> T:
        """What Slack tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py.
        """
        found = await self.ask(call)
        return decode(found.body, answer, operation=call.operation)

    async def ask(self, call: Call) -> Answer:
        """The same with what the answer says of the token.

        Raises: the errors of plugins/errors.py.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._timeout_s) as scope:
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        async with self._slots:
                            return await self._send(call, Access.READ)
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
        """The body of Slack's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._slots.acquire()
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=False) from error
        try:
            async with asyncio.timeout(self._timeout_s):
                return (await self._send(call, Access.WRITE)).body
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=True) from error
        finally:
            self._slots.release()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        wires, self._wires, self._free = self._wires, [], []
        for wire in wires:
            await wire.aclose()

    async def _send(self, call: Call, access: Access) -> Answer:
        """One answer; whoever calls holds a slot, so there are as many wires."""
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
            raise SlackConfigWrong(field="network.ca_file", problem=problem) from error

    async def _send_through(self, wire: VendorTransport, call: Call, access: Access) -> Answer:
        status: int | None = None
        try:
            response = await wire.handle_async_request(self._request(call, access))
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
            raise unreadable(call.operation, "its compression is broken") from error
        finally:
            self._observer(SentRequest(access, call.method, call.operation, status))
        return _judged(call, status, response.headers, body)

    def _request(self, call: Call, access: Access) -> httpx.Request:
        url = f"{self._config.api_url}/{call.method}"
        headers = self._headers_for(call)
        if access is Access.READ:
            query = urlencode({k: _in_query(v) for k, v in call.arguments.items()})
            url = f"{url}?{query}" if query else url
            return httpx.Request("GET", url, headers=headers, extensions=self._of_reads)
        headers.append(("Content-Type", "application/json; charset=utf-8"))
        content = msgspec.json.encode(call.arguments)
        return httpx.Request(
            "POST", url, headers=headers, content=content, extensions=self._of_writes
        )

    def _headers_for(self, call: Call) -> list[tuple[str, str]]:
        token: MaskedText | None = self._config.bot_token
        if call.with_app_token:
            token = self._config.app_token
        if token is None:
            raise SlackConfigWrong(field="app_token", problem="is needed for Socket Mode")
        return [
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Authorization", f"Bearer {token.reveal()}"),
            ("User-Agent", f"chargehand/{__version__}"),
        ]

    def _wait_before_next(self, error: Retryable, attempt: int) -> float | None:
        """Seconds to wait before asking again; None when asking again is useless."""
        if attempt == MAX_READ_ATTEMPTS:
            return None
        backoff_s: float = min(_FIRST_WAIT_S * 2.0 ** (attempt - 1), _LONGEST_BACKOFF_S)
        jittered_s = backoff_s * (0.5 + self._chance() / 2)
        return jittered_s + (error.retry_after_s or 0.0)

    def _note_clock(self, headers: Mapping[str, str]) -> None:
        told = _date_of(headers.get("date", ""))
        if told is not None:
            self.clock_offset_s = (told - self._clock.now()).total_seconds()

    def _timed_out(self, *, may_have_landed: bool) -> VendorUnreachable:
        detail = f"no answer within {self._timeout_s:g} s"
        return VendorUnreachable(vendor=VENDOR, detail=detail, may_have_landed=may_have_landed)


def _judged(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    failure = error_from_status(status, headers)
    if failure is not None:
        raise failure
    # Slack says no with a good status; whatever is no verdict of Slack comes from somebody else.
    verdict = decode(body, _Verdict, operation=call.operation)
    if not verdict.ok:
        raise error_from_answer(
            verdict.error, operation=call.operation, needed=verdict.needed, headers=headers
        )
    scopes = (one.strip() for one in headers.get("x-oauth-scopes", "").split(","))
    return Answer(body, frozenset(filter(None, scopes)))


def _in_query(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


async def _bounded_body(response: httpx.Response, call: Call) -> bytes:
    # Counted after decompression, so that a small compressed answer can not fill the memory.
    chunks, size_bytes = [], 0
    async for chunk in response.aiter_bytes():
        size_bytes += len(chunk)
        if size_bytes > ANSWER_LIMIT_BYTES:
            detail = f"it is larger than {ANSWER_LIMIT_BYTES // 1024 // 1024} MiB"
            raise unreadable(call.operation, detail)
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


def _date_of(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
