"""The only place that speaks HTTP to Confluence: reads are retried, writes are sent once."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

import httpx
import msgspec

from chargehand import __version__
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.errors import (
    VENDOR,
    ConfluenceConfigWrong,
    error_from_answer,
    is_success,
)
from chargehand.connectors.confluence.limits import EVERYTHING
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONValue
from chargehand.kit.clock import Clock
from chargehand.kit.http_date import header_date
from chargehand.kit.tolerant import Fields, decode_json
from chargehand.kit.trust import trusted_certificates
from chargehand.plugins.errors import (
    LimitReached,
    TargetMissing,
    VendorAnswerUnreadable,
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
MAX_READ_ATTEMPTS: Final = 5
V1: Final = "/rest/api"
V2: Final = "/api/v2"
_CONNECTIONS: Final = 4
_PASSING_STATUSES: Final = frozenset({408, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` says in words what it is for, `target` what it is about.

    Shape: `path` is below the site's Confluence, or below `base_url` where one is named.
    """

    method: str
    path: str
    operation: str
    target: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: JSONValue = None
    base_url: str = ""


def path_of(root: str, *segments: str) -> str:
    """A path below `root`, each segment quoted.

    Raises: TargetMissing for a segment that would climb out of its place.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise TargetMissing(vendor=VENDOR, target=f"{segment!r}")
    return "/".join((root, *(quote(segment, safe="") for segment in segments)))


def decode(body: bytes, *, operation: str) -> Fields:
    """A JSON answer's fields.

    Raises: VendorAnswerUnreadable.
    """
    try:
        answer = decode_json(body)
    except ValueError as error:
        detail = "it is no JSON"
        raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail) from error
    if not isinstance(answer, Mapping):
        detail = "it is no JSON object"
        raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)
    return answer


class ConfluenceTransport:
    """Sends requests of one connection, each within the time-out."""

    def __init__(
        self,
        config: ConfluenceConfig,
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
        self._sleep = sleep
        self._chance = chance
        self._observer = observer
        self._timeout_s = config.request_timeout_s
        self._slots = asyncio.Semaphore(_CONNECTIONS)
        self._wire = transport
        connect_s = min(CONNECT_TIMEOUT_S, self._timeout_s / 2)
        self._extensions = extensions_of(self._timeout_s, connect_s=connect_s)
        self.clock_offset_s: float | None = None

    async def read(self, call: Call) -> Fields:
        """What Confluence tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._timeout_s) as scope:
                await self._wait_for_limits(scope)
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        async with self._slots:
                            body = await self._send(call, Access.READ)
                        return decode(body, operation=call.operation)
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
        """The body of Confluence's consent, the request having been sent exactly once.

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
                return await self._send(call, Access.WRITE)
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=True) from error
        finally:
            self._slots.release()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        if self._wire is not None:
            await self._wire.aclose()

    async def _wait_for_limits(self, scope: asyncio.Timeout) -> None:
        while (wait_s := self._limits.stopped_s(EVERYTHING)) > 0:
            if wait_s >= remaining_s(scope):
                raise _limit_reached(wait_s)
            await self._sleep(wait_s)

    def _open(self) -> VendorTransport:
        if self._wire is None:
            try:
                certificates = trusted_certificates(self._config.ca_file)
            except OSError as error:
                problem = f"can not be read: {error.strerror or error}"
                raise ConfluenceConfigWrong(field="network.ca_file", problem=problem) from error
            self._wire = open_wire(certificates, self._config.api_url, connections=_CONNECTIONS)
        return self._wire

    async def _send(self, call: Call, access: Access) -> bytes:
        wire = self._open()
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
            return found.body
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
        headers = [
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Authorization", self._config.authorization()),
            ("User-Agent", f"chargehand/{__version__}"),
        ]
        content = None
        if call.body is not None:
            headers.append(("Content-Type", "application/json"))
            content = msgspec.json.encode(call.body)
        return httpx.Request(
            call.method,
            f"{call.base_url or self._config.api_url}{call.path}{query}",
            headers=headers,
            content=content,
            extensions=self._extensions[access],
        )

    def _wait_before_next(self, error: Retryable, attempt: int) -> float | None:
        """Seconds to wait before asking again; None when asking again is useless."""
        if attempt == MAX_READ_ATTEMPTS:
            return None
        if isinstance(error, VendorFailing) and error.fields.get("status") not in _PASSING_STATUSES:
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
