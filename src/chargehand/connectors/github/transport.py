"""The only place that speaks HTTP to GitHub: reads are retried, writes are sent once."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx
import msgspec
from gidgethub import HTTPException
from gidgethub.sansio import create_headers, decipher_response

from chargehand import __version__
from chargehand.connectors.github.config import GitHubConfig
from chargehand.connectors.github.errors import (
    VENDOR,
    GitHubConfigWrong,
    RepositoryMoved,
    error_of,
    unreadable,
)
from chargehand.connectors.github.limits import CORE
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import Clock
from chargehand.kit.http_date import header_date
from chargehand.kit.redact import redact_text
from chargehand.kit.trust import trusted_certificates
from chargehand.plugins.errors import LimitReached, VendorBusy, VendorFailing, VendorUnreachable
from chargehand.plugins.limits import Limit, LimitBoard
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
_MOST_REDIRECTS: Final = 3
_MOVED: Final = frozenset({301, 302, 307, 308})
_NOT_MODIFIED: Final = 304
_VERSION: Final = "2022-11-28"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` says in words what it is for, `target` what it is about.

    Shape: `etag` is that of an answer we have; GitHub then may answer that nothing is new.
    """

    method: str
    path: str
    operation: str
    target: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: JSONObject | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A consent of GitHub: its JSON, and where a list goes on.

    Shape: `is_new` is false when GitHub says that nothing changed since the etag; `scopes` is None
    where the token has none, as those of Apps.
    """

    data: Any = None
    next_url: str | None = None
    etag: str = ""
    is_new: bool = True
    status: int = 200
    scopes: frozenset[str] | None = None


# The Authorization header of the next request.
Authorize = Callable[[], Awaitable[str]]


def path_of(*parts: str | int) -> str:
    """A path of the REST API, everything escaped but the slash in a repository's name."""
    escaped = [quote(str(part), safe="") for part in parts]
    if escaped[0] == "repos":
        escaped[1] = quote(str(parts[1]), safe="/")
    return "".join(f"/{part}" for part in escaped)


def convert(data: object, answer: type[T], *, operation: str) -> T:
    """A JSON answer as `answer`.

    Raises: VendorAnswerUnreadable, naming the place but never the content.
    """
    try:
        return msgspec.convert(data, answer, strict=False)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise unreadable(operation, redact_text(str(error))) from error


class GitHubTransport:
    """Sends requests of one connection, a few at a time, each within the time-out."""

    def __init__(
        self,
        config: GitHubConfig,
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
        self._certificates: ssl.SSLContext | None = None
        # One connection each: a pool asks all that lie idle at every request whether they live.
        self._wires: list[VendorTransport] = []
        self._free: list[VendorTransport] = []

    async def read(self, call: Call, authorize: Authorize) -> Answer:
        """What GitHub tells, asked again after passing failures while the time-out lasts.

        A name that moved is followed, on the same host alone.
        Raises: the errors of plugins/errors.py.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._timeout_s) as scope:
                await self._wait_for_turn(scope)
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        header = await authorize()
                        async with self._slots:
                            return await self._follow(call, header)
                    except (VendorUnreachable, VendorFailing, VendorBusy) as error:
                        last = error
                    wait_s = self._wait_before_next(last, attempt)
                    if wait_s is None or wait_s >= remaining_s(scope):
                        raise last
                    await self._sleep(wait_s)
        except TimeoutError as error:
            raise last or self._timed_out(may_have_landed=True) from error
        raise AssertionError  # pragma: no cover - the last attempt returns or raises.

    async def write(self, call: Call, authorize: Authorize) -> Answer:
        """GitHub's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        if (wait_s := self._limits.stopped_s(CORE)) > 0:
            raise _limit_reached(wait_s)
        header = await authorize()
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._slots.acquire()
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=False) from error
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._send(call, self._url_of(call), header, Access.WRITE)
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=True) from error
        finally:
            self._slots.release()
        if isinstance(answer, str):
            # A redirect does nothing; to send the write elsewhere would be another one.
            raise RepositoryMoved(repository=call.target)
        return answer

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        wires, self._wires, self._free = self._wires, [], []
        for wire in wires:
            await wire.aclose()

    async def _follow(self, call: Call, header: str) -> Answer:
        url = self._url_of(call)
        for _ in range(_MOST_REDIRECTS + 1):
            found = await self._send(call, url, header, Access.READ)
            if isinstance(found, Answer):
                return found
            url = self._same_host(call, url, found)
        raise unreadable(call.operation, "it redirects in a circle")

    def _same_host(self, call: Call, url: str, location: str) -> str:
        """Where a redirect leads; the sign-in never goes to another host."""
        target = urljoin(url, location)
        ours, theirs = urlsplit(self._config.api_url), urlsplit(target)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise unreadable(call.operation, "it redirects to another host")
        return target

    async def _send(self, call: Call, url: str, header: str, access: Access) -> Answer | str:
        wire = self._free.pop() if self._free else self._open_wire()
        try:
            return await self._send_through(wire, call, url, header, access)
        except VendorBusy as error:
            self._limits.stop(CORE, after_s=error.retry_after_s or 0.0)
            raise
        finally:
            self._free.append(wire)

    async def _send_through(
        self, wire: VendorTransport, call: Call, url: str, header: str, access: Access
    ) -> Answer | str:
        exchange = Exchange(
            access=access,
            operation=call.operation,
            vendor=VENDOR,
            limit_bytes=ANSWER_LIMIT_BYTES,
            observer=self._observer,
            note=self._note_clock,
        )
        found = await exchange.through(wire, self._request(call, url, header, access))
        return self._judged(call, found.status, found.headers, found.body)

    def _judged(
        self, call: Call, status: int, headers: Mapping[str, str], body: bytes
    ) -> Answer | str:
        if status == _NOT_MODIFIED:
            return Answer(etag=call.etag, is_new=False, status=status)
        if status in _MOVED:
            return headers.get("location", "")
        try:
            data, _, next_url = decipher_response(status, headers, body)
        except HTTPException as error:
            now = self._clock.now()
            raise error_of(
                error, headers, operation=call.operation, target=call.target, now=now
            ) from error
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            if status >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise VendorFailing(vendor=VENDOR, status=status) from error
            raise unreadable(call.operation, f"HTTP {status}, and no JSON") from error
        scopes = headers.get("x-oauth-scopes")
        return Answer(
            data=data,
            next_url=next_url,
            etag=headers.get("etag", "")[:200],
            status=status,
            scopes=None if scopes is None else _names(scopes),
        )

    def _request(self, call: Call, url: str, header: str, access: Access) -> httpx.Request:
        headers = {
            **create_headers(f"chargehand/{__version__}"),
            "accept": "application/vnd.github+json",
            "accept-encoding": "gzip, deflate",
            "authorization": header,
            "x-github-api-version": _VERSION,
        }
        if call.etag:
            headers["if-none-match"] = call.etag
        content = None
        if call.body is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode(call.body)
        return httpx.Request(
            call.method, url, headers=headers, content=content, extensions=self._extensions[access]
        )

    def _url_of(self, call: Call) -> str:
        if call.path.startswith(self._config.api_url + "/"):
            return call.path
        query = f"?{urlencode(call.query)}" if call.query else ""
        return f"{self._config.api_url}{call.path}{query}"

    async def _wait_for_turn(self, scope: asyncio.Timeout) -> None:
        while (wait_s := self._limits.read_wait_s(Limit(CORE))) > 0:
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
            raise GitHubConfigWrong(field="network.ca_file", problem=problem) from error

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


def _names(text: str) -> frozenset[str]:
    return frozenset(filter(None, (one.strip() for one in text.split(","))))


def _limit_reached(wait_s: float) -> LimitReached:
    return LimitReached(vendor=VENDOR, status=429, retry_after_s=round(wait_s, 3))
