"""The only place that speaks HTTP to Slack: reads are retried, writes are sent once."""

import asyncio
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
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
from chargehand.connectors.slack.limits import limit_of_method
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import Clock
from chargehand.kit.http_date import header_date
from chargehand.kit.masked import MaskedText
from chargehand.kit.redact import redact_text
from chargehand.kit.trust import trusted_certificates
from chargehand.plugins.errors import (
    LimitReached,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)
from chargehand.plugins.limits import LimitBoard
from chargehand.plugins.vendor_http import (
    CONNECT_TIMEOUT_S,
    Access,
    Exchange,
    RequestObserver,
    Sleep,
    VendorTransport,
    backoff_s,
    extensions_of,
    ignore_request,
    open_wire,
    remaining_s,
)

T = TypeVar("T")
ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 4
_CONCURRENT_REQUESTS: Final = 8


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
class Answer:
    """A consent of Slack: its body, and the scopes the token has."""

    body: bytes
    scopes: frozenset[str]


class _Verdict(msgspec.Struct, gc=False):
    """Whether Slack did what it was asked."""

    ok: bool = False
    error: str = ""
    needed: str = ""


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
        limits: LimitBoard | None = None,
    ) -> None:
        self._config = config
        self._limits = limits or LimitBoard(clock)
        self._clock = clock
        self._given_transport = transport
        self._sleep = sleep
        self._chance = chance
        self._observer = observer
        self._timeout_s = config.request_timeout_s
        self._slots = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self.clock_offset_s: float | None = None
        connect_s = min(CONNECT_TIMEOUT_S, self._timeout_s / 2)
        self._extensions = extensions_of(self._timeout_s, connect_s=connect_s)
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
                await self._wait_for_turn(call, scope)
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        async with self._slots:
                            return await self._send(call, Access.READ)
                    except (VendorUnreachable, VendorFailing, VendorBusy) as error:
                        last = error
                    wait_s = self._wait_before_next(last, attempt)
                    if wait_s is None or wait_s >= remaining_s(scope):
                        raise last
                    await self._sleep(wait_s)
        except TimeoutError as error:
            raise last or self._timed_out(may_have_landed=True) from error
        raise AssertionError  # pragma: no cover - the last attempt returns or raises.

    async def write(self, call: Call) -> bytes:
        """The body of Slack's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        if (wait_s := self._limits.stopped_s(call.method)) > 0:
            raise _limit_reached(wait_s)
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
        except VendorBusy as error:
            self._limits.stop(call.method, after_s=error.retry_after_s or 0.0)
            raise
        finally:
            self._free.append(wire)

    async def _wait_for_turn(self, call: Call, scope: asyncio.Timeout) -> None:
        """Wait until the limits leave room for a read.

        Raises: LimitReached when that takes longer than the time-out.
        """
        limit = limit_of_method(call.method)
        while (wait_s := self._limits.read_wait_s(limit)) > 0:
            if wait_s >= remaining_s(scope):
                raise _limit_reached(wait_s)
            await self._sleep(wait_s)

    def _open_wire(self) -> VendorTransport:
        wire = self._given_transport or self._connection()
        self._wires.append(wire)
        return wire

    def _connection(self) -> VendorTransport:
        if self._certificates is None:
            self._certificates = self._trusted()
        return open_wire(self._certificates, self._config.api_url, connections=1)

    def _trusted(self) -> ssl.SSLContext:
        try:
            return trusted_certificates(self._config.ca_file)
        except OSError as error:
            problem = f"can not be read: {error.strerror or error}"
            raise SlackConfigWrong(field="network.ca_file", problem=problem) from error

    async def _send_through(self, wire: VendorTransport, call: Call, access: Access) -> Answer:
        exchange = Exchange(
            access=access,
            operation=call.operation,
            vendor=VENDOR,
            limit_bytes=ANSWER_LIMIT_BYTES,
            observer=self._observer,
            note=self._note_clock,
        )
        found = await exchange.through(wire, self._request(call, access))
        return _judged(call, found.status, found.headers, found.body)

    def _request(self, call: Call, access: Access) -> httpx.Request:
        url = f"{self._config.api_url}/{call.method}"
        headers = self._headers_for(call)
        if access is Access.READ:
            query = urlencode({k: _in_query(v) for k, v in call.arguments.items()})
            url = f"{url}?{query}" if query else url
            return httpx.Request("GET", url, headers=headers, extensions=self._extensions[access])
        headers.append(("Content-Type", "application/json; charset=utf-8"))
        content = msgspec.json.encode(call.arguments)
        return httpx.Request(
            "POST", url, headers=headers, content=content, extensions=self._extensions[access]
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
        return backoff_s(attempt, chance=self._chance()) + (error.retry_after_s or 0.0)

    def _note_clock(self, headers: Mapping[str, str]) -> None:
        told = header_date(headers.get("date", ""))
        if told is not None:
            self.clock_offset_s = (told - self._clock.now()).total_seconds()

    def _timed_out(self, *, may_have_landed: bool) -> VendorUnreachable:
        detail = f"no answer within {self._timeout_s:g} s"
        return VendorUnreachable(vendor=VENDOR, detail=detail, may_have_landed=may_have_landed)


def _limit_reached(wait_s: float) -> LimitReached:
    return LimitReached(vendor=VENDOR, status=429, retry_after_s=round(wait_s, 3))


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
