"""The only place that speaks HTTP to Jira: reads are retried, writes are sent once."""

import asyncio
import json
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from chargehand import __version__
from chargehand.connectors.jira.config import PLATFORM_ROOT, Deployment, JiraConfig
from chargehand.connectors.jira.errors import (
    VENDOR,
    JiraConfigWrong,
    error_from_answer,
    is_success,
    needed_scope,
)
from chargehand.connectors.jira.limits import EVERYTHING, buckets_of_write, stopped_bucket
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONValue
from chargehand.kit.clock import Clock
from chargehand.kit.http_date import header_date
from chargehand.kit.redact import redact_text
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

T = TypeVar("T")
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024
MAX_READ_ATTEMPTS = 5
_CONCURRENT_REQUESTS = 8
_PASSING_STATUSES = frozenset({408, 502, 503, 504})
_JSON_CONTENT = ("Content-Type", "application/json")


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
        limits: LimitBoard | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits or LimitBoard(clock)
        self._sleep = sleep
        self._chance = chance
        self._observer = observer
        self._timeout_s = config.request_timeout_s
        self._slots = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self.clock_offset_s: float | None = None
        self._config = config
        self._given_transport = transport
        self._headers = _headers_of(config)
        connect_s = min(CONNECT_TIMEOUT_S, self._timeout_s / 2)
        self._extensions = extensions_of(self._timeout_s, connect_s=connect_s)
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
                await self._wait_for_limits(scope)
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        async with self._slots:
                            body = await self._send(call, Access.READ)
                        return decode(body, answer, operation=call.operation)
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
        """The body of Jira's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        if (wait_s := self._limits.stopped_s(*buckets_of_write(call.path))) > 0:
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
        for wire in self._wires:
            await wire.aclose()

    async def _send(self, call: Call, access: Access) -> bytes:
        """The body of one answer; whoever calls holds a slot, so there are as many wires."""
        wire = self._free.pop() if self._free else self._open_wire()
        try:
            return await self._send_through(wire, call, access)
        finally:
            self._free.append(wire)

    async def _wait_for_limits(self, scope: asyncio.Timeout) -> None:
        """Wait until Jira takes requests again.

        Raises: LimitReached when that takes longer than the time-out.
        """
        while (wait_s := self._limits.stopped_s(EVERYTHING)) > 0:
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
            raise JiraConfigWrong(field="network.ca_file", problem=problem) from error

    async def _send_through(self, wire: VendorTransport, call: Call, access: Access) -> bytes:
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
            scope=needed_scope(call.method, call.path),
        )
        if isinstance(failure, VendorBusy):
            bucket = stopped_bucket(call.path, found.headers)
            self._limits.stop(bucket, after_s=failure.retry_after_s or 0.0)
        raise failure

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
            extensions=self._extensions[access],
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
