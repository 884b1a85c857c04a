"""The only place that speaks HTTP to Discord: reads are retried, writes are sent once."""

import asyncio
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TypeVar
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
    is_global_limit,
    is_success,
)
from chargehand.connectors.discord.limits import EVERYTHING
from chargehand.domain.errors import Retryable
from chargehand.domain.json import JSONValue
from chargehand.kit.clock import Clock
from chargehand.kit.http_date import header_date
from chargehand.kit.tolerant import decode_json
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
ANSWER_LIMIT_BYTES: Final = 8 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 5
_CONCURRENT_REQUESTS: Final = 8
# A write waits this long for its turn; longer waits are the engine's, which survives them.
_PATIENCE_S: Final = 2.0
_TOO_MANY: Final = 429
_PASSING_STATUSES: Final = frozenset({408, 500, 502, 503, 504})


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
        limits: LimitBoard | None = None,
    ) -> None:
        self._config = config
        self._limits = limits or LimitBoard(clock)
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
        timeout_s = config.request_timeout_s
        connect_s = min(CONNECT_TIMEOUT_S, timeout_s)
        self._extensions = extensions_of(timeout_s, connect_s=connect_s)

    async def read(self, call: Call, answer: type[T]) -> T:
        """What Discord tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py and of errors.py.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._config.request_timeout_s) as scope:
                await self._wait_for_others(call, patience_s=remaining_s(scope))
                for attempt in range(1, MAX_READ_ATTEMPTS + 1):
                    try:
                        async with self._slots:
                            await self._take_turn(call, patience_s=remaining_s(scope))
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
        """The body of Discord's consent, the request having been sent exactly once.

        Raises: as `read`; VendorUnreachable says whether it may have landed, and VendorBusy with
        the status 429 that it did not.
        """
        await self._wait_for_others(call, patience_s=_PATIENCE_S)
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

    async def _wait_for_others(self, call: Call, *, patience_s: float) -> None:
        """Wait until what stops every worker is over.

        Raises: LimitReached when that takes longer than there is patience.
        """
        # What an interaction's token proves does not count against what the bot may do as a whole.
        buckets = (call.route,) if call.secret else (EVERYTHING, call.route)
        while (wait_s := self._limits.stopped_s(*buckets)) > 0:
            if wait_s > patience_s:
                raise _limit_reached(wait_s)
            patience_s -= wait_s
            await self._sleep(wait_s)

    async def _take_turn(self, call: Call, *, patience_s: float) -> None:
        """Wait until the limits let a request leave.

        Raises: LimitReached when that takes longer than there is patience.
        """
        while (wait_s := self._wait_for_turn_s(call)) > 0:
            if wait_s > patience_s:
                raise _limit_reached(wait_s)
            patience_s -= wait_s
            await self._sleep(wait_s)
        self._buckets.leave(call.route, now_s=self._now_s())

    def _wait_for_turn_s(self, call: Call) -> float:
        now_s, workers = self._now_s(), self._limits.workers
        if call.secret:
            return self._buckets.route_wait_s(call.route, now_s=now_s)
        return self._buckets.wait_s(call.route, now_s=now_s, workers=workers)

    async def _send(self, call: Call, access: Access) -> bytes:
        if self._wire is None:
            self._wire = self._given_transport or self._connection()
        exchange = Exchange(
            access=access,
            operation=call.operation,
            vendor=VENDOR,
            limit_bytes=ANSWER_LIMIT_BYTES,
            observer=self._observer,
            note=lambda headers: self._note(headers, call),
            secrets=[call.secret],
        )
        found = await exchange.through(self._wire, self._request(call, access))
        if is_success(found.status):
            return found.body
        raise self._failure(found.status, found.headers, found.body, call)

    def _failure(
        self, status: int, headers: Mapping[str, str], body: bytes, call: Call
    ) -> Exception:
        error = error_from_answer(
            status, headers, body=body, operation=call.operation, target=call.target
        )
        if isinstance(error, VendorBusy):
            after_s, is_global = error.retry_after_s or 0.0, is_global_limit(headers, body)
            self._buckets.refused(
                call.route, after_s=after_s, now_s=self._now_s(), is_global=is_global
            )
            self._limits.stop(EVERYTHING if is_global else call.route, after_s=after_s)
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
        return httpx.Request(
            call.method,
            f"{self._config.api_url}{call.path}{query}",
            headers=headers,
            content=content,
            extensions=self._extensions[access],
        )

    def _connection(self) -> VendorTransport:
        return open_wire(self._trusted(), self._config.api_url, connections=_CONCURRENT_REQUESTS)

    def _trusted(self) -> ssl.SSLContext:
        try:
            return trusted_certificates(self._config.ca_file)
        except OSError as error:
            problem = f"can not be read: {error.strerror or error}"
            raise DiscordConfigWrong(field="network.ca_file", problem=problem) from error

    def _note(self, headers: Mapping[str, str], call: Call) -> None:
        used_up_s = self._buckets.note(call.route, headers, now_s=self._now_s())
        if used_up_s > 0:
            self._limits.stop(call.route, after_s=used_up_s)
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
        return backoff_s(attempt, chance=self._chance()) + (error.retry_after_s or 0.0)

    def _timed_out(self, *, may_have_landed: bool) -> VendorUnreachable:
        detail = f"no answer within {self._config.request_timeout_s:g} s"
        return VendorUnreachable(vendor=VENDOR, detail=detail, may_have_landed=may_have_landed)


def _limit_reached(wait_s: float) -> LimitReached:
    return LimitReached(vendor=VENDOR, status=_TOO_MANY, retry_after_s=wait_s)
