"""The only place that speaks HTTP to Bitbucket: reads are retried, writes are sent once."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec

from chargehand import __version__
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.errors import (
    VENDOR,
    BitbucketConfigWrong,
    error_from_answer,
    is_success,
    unreadable,
)
from chargehand.connectors.bitbucket.limits import EVERYTHING
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONValue
from chargehand.kit.clock import Clock
from chargehand.kit.http_date import header_date
from chargehand.kit.tolerant import Fields, decode_json, list_in
from chargehand.kit.trust import trusted_certificates
from chargehand.plugins.errors import (
    LimitReached,
    TargetMissing,
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

ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 4
MOST_PAGES: Final = 500
_CONCURRENT_REQUESTS: Final = 8
_PASSING_STATUSES: Final = frozenset({408, 502, 503, 504})
_JSON_CONTENT: Final = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` says in words what it is for, `target` what it is about.

    Shape: `path` is below the connection's API and already quoted (`path_of`).
    """

    method: str
    path: str
    operation: str
    target: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: JSONValue = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A consent of Bitbucket: its body, and the headers in lower case."""

    body: bytes
    headers: Mapping[str, str]


def path_of(*segments: str) -> str:
    """A path, each segment quoted.

    Raises: TargetMissing for a segment that would climb out of its place.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise TargetMissing(vendor=VENDOR, target=f"{segment!r}")
    return "".join(f"/{quote(segment, safe='{}')}" for segment in segments)


def decode_object(body: bytes, *, operation: str) -> Fields:
    """A JSON object.

    Raises: VendorAnswerUnreadable, which never repeats the content.
    """
    try:
        found = decode_json(body)
    except ValueError as error:
        raise unreadable(operation, "it is no JSON") from error
    if not isinstance(found, dict):
        raise unreadable(operation, "it is no JSON object")
    return found


class BitbucketTransport:
    """Sends requests of one connection, a few at a time, each within the time-out."""

    def __init__(
        self,
        config: BitbucketConfig,
        clock: Clock,
        *,
        transport: VendorTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        observer: RequestObserver = ignore_request,
        limits: LimitBoard | None = None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._limits = limits or LimitBoard(clock)
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

    async def read(self, call: Call) -> Fields:
        """The object Bitbucket answers, asked again after passing failures within the time-out.

        Raises: the errors of plugins/errors.py.
        """
        return decode_object((await self.ask(call)).body, operation=call.operation)

    async def pages(self, call: Call) -> AsyncIterator[tuple[Fields, ...]]:
        """Every page of a list, in Bitbucket's order.

        Shape: Cloud names the address of the next page, Data Center its first place.
        Raises: the errors of plugins/errors.py, while iterating.
        """
        here = call
        for _ in range(MOST_PAGES):
            found = await self.read(here)
            yield tuple(one for one in list_in(found, "values") if isinstance(one, dict))
            following = self._next_of(here, found)
            if following is None:
                return
            here = following
        raise unreadable(call.operation, f"it has more than {MOST_PAGES} pages")

    async def ask(self, call: Call) -> Answer:
        """The same with the headers of the answer.

        Raises: the errors of plugins/errors.py.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._timeout_s) as scope:
                await self._wait_for_limits(scope)
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
        """The body of Bitbucket's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        if (wait_s := self._limits.stopped_s(EVERYTHING)) > 0:
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
        """Close the connections; safe to call twice."""
        for wire in self._wires:
            await wire.aclose()

    def _next_of(self, call: Call, found: Fields) -> Call | None:
        if not self._config.is_cloud:
            start = found.get("nextPageStart")
            if found.get("isLastPage") is not False or not isinstance(start, int):
                return None
            return replace(call, query={**call.query, "start": start})
        address = found.get("next")
        if not isinstance(address, str) or not address:
            return None
        # The sign-in goes with it, so it must lead to where the first page came from.
        root = urlsplit(self._config.api_url)
        parts = urlsplit(address)
        if (parts.scheme, parts.netloc) != (root.scheme, root.netloc) or not parts.path.startswith(
            f"{root.path}/"
        ):
            raise unreadable(call.operation, "its next page is at another address")
        query = f"?{parts.query}" if parts.query else ""
        return replace(call, path=parts.path[len(root.path) :] + query, query={})

    async def _wait_for_limits(self, scope: asyncio.Timeout) -> None:
        """Wait until Bitbucket takes requests again.

        Raises: LimitReached when that takes longer than the time-out.
        """
        while (wait_s := self._limits.stopped_s(EVERYTHING)) > 0:
            if wait_s >= remaining_s(scope):
                raise _limit_reached(wait_s)
            await self._sleep(wait_s)

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
        return open_wire(self._certificates, self._config.api_url, connections=1)

    def _trusted(self) -> ssl.SSLContext:
        try:
            return trusted_certificates(self._config.ca_file)
        except OSError as error:
            problem = f"can not be read: {error.strerror or error}"
            raise BitbucketConfigWrong(field="network.ca_file", problem=problem) from error

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
        if is_success(found.status):
            return Answer(found.body, found.headers)
        failure = error_from_answer(
            found.status,
            found.headers,
            body=found.body,
            operation=call.operation,
            target=call.target,
        )
        if isinstance(failure, VendorBusy):
            self._limits.stop(EVERYTHING, after_s=failure.retry_after_s or 0.0)
        raise failure

    def _request(self, call: Call, access: Access) -> httpx.Request:
        query = f"?{urlencode(call.query)}" if call.query else ""
        headers, content = self._headers(), None
        if call.body is not None:
            headers, content = [*headers, _JSON_CONTENT], msgspec.json.encode(call.body)
        return httpx.Request(
            call.method,
            f"{self._config.api_url}{call.path}{query}",
            headers=headers,
            content=content,
            extensions=self._extensions[access],
        )

    def _headers(self) -> list[tuple[str, str]]:
        # Data Center refuses changes that might come from a browser, unless this says otherwise.
        guard = [] if self._config.is_cloud else [("X-Atlassian-Token", "no-check")]
        return [
            *guard,
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Authorization", self._config.authorization()),
            ("User-Agent", f"chargehand/{__version__}"),
        ]

    def _wait_before_next(self, error: Retryable, attempt: int) -> float | None:
        """Seconds to wait before asking again; None when asking again is useless."""
        status = error.fields.get("status")
        if attempt == MAX_READ_ATTEMPTS:
            return None
        if isinstance(error, VendorFailing) and status not in _PASSING_STATUSES:
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
