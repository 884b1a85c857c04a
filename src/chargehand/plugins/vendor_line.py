"""The line to one vendor: its wires, whose turn it is, and how often it is asked again.

Reads are asked again after passing failures while their time-out lasts; writes are sent once.
"""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

import httpx

from chargehand.domain.errors import Retryable
from chargehand.kit.clock import Clock
from chargehand.kit.http_date import header_date
from chargehand.kit.trust import shared_certificates
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
    Exchanged,
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
PASSING_STATUSES: Final = frozenset({408, 502, 503, 504})
_MIB: Final = 1024 * 1024
_TOO_MANY: Final = 429


class ConfigWrong(Protocol):
    """What a vendor's connector raises for a setting that can not be used."""

    def __call__(self, *, field: str, problem: str) -> Exception:
        """The error of one setting."""
        ...


@dataclass(frozen=True, slots=True)
class Vendor:
    """What lines to different vendors differ in.

    Shape: `passing` are the statuses of a failing vendor after which a read is asked again, None
    for all of them; at most `connections` requests are under way.
    """

    name: str
    config_wrong: ConfigWrong
    most_attempts: int
    passing: Collection[int] | None = PASSING_STATUSES
    connections: int = 8
    answer_limit_bytes: int = 16 * _MIB


@dataclass(frozen=True, slots=True)
class Address:
    """Where a vendor is, how long it is waited for, and who vouches for it."""

    url: str
    timeout_s: float
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a line takes from whoever opens it; tests put their own in.

    Shape: `transport` stands for every wire where it is given.
    """

    clock: Clock
    transport: VendorTransport | None = None
    sleep: Sleep = asyncio.sleep
    chance: Callable[[], float] = random.random
    observer: RequestObserver = ignore_request
    limits: LimitBoard | None = None


async def _at_once() -> None:
    """The turn of a write that waits for none."""


def _nothing_to_note(headers: Mapping[str, str]) -> None:
    """What a line notes of an answer beside the vendor's clock."""


class VendorLine:
    """Wires to one vendor, a few requests at a time, each within the time-out.

    Shape: whoever exchanges holds one of `slots`; `clock_offset_s` is how far the vendor's clock
    is ahead of ours, None before its first answer.
    """

    def __init__(self, vendor: Vendor, address: Address, around: Surroundings) -> None:
        self.limits = around.limits or LimitBoard(around.clock)
        self.slots = asyncio.Semaphore(vendor.connections)
        self.clock_offset_s: float | None = None
        connect_s = min(CONNECT_TIMEOUT_S, address.timeout_s / 2)
        self.extensions = extensions_of(address.timeout_s, connect_s=connect_s)
        self._vendor = vendor
        self._address = address
        self._around = around
        # Looked up once: a file may be on a slow disk.
        self._certificates: ssl.SSLContext | None = None
        # One connection each: a pool asks all that lie idle at every request whether they still
        # live, which for eight of them cost more than the request.
        self._wires: list[VendorTransport] = []
        self._free: list[VendorTransport] = []

    async def read(
        self, attempt: Callable[[asyncio.Timeout], Awaitable[T]], *, wait_s: Callable[[], float]
    ) -> T:
        """What one attempt returns, made again after passing failures while the time-out lasts.

        Shape: `wait_s` says how long the limits keep a request waiting, 0 for not at all.
        Raises: what an attempt does, VendorUnreachable, and LimitReached.
        """
        last: Retryable | None = None
        try:
            async with asyncio.timeout(self._address.timeout_s) as scope:
                await self.wait_while(wait_s, patience_s=remaining_s(scope))
                for number in range(1, self._vendor.most_attempts + 1):
                    try:
                        return await attempt(scope)
                    except (VendorUnreachable, VendorFailing, VendorBusy) as error:
                        last = error
                    pause_s = self._pause_s(last, number)
                    if pause_s is None or pause_s >= remaining_s(scope):
                        raise last
                    await self._around.sleep(pause_s)
        except TimeoutError as error:
            raise last or self._timed_out(may_have_landed=True) from error
        raise AssertionError  # pragma: no cover - the last attempt returns or raises.

    async def write(
        self, send: Callable[[], Awaitable[T]], *, turn: Callable[[], Awaitable[None]] = _at_once
    ) -> T:
        """What sending returns, done exactly once, in a slot and after `turn`.

        Raises: what sending does, and VendorUnreachable, which says whether it may have landed.
        """
        try:
            async with asyncio.timeout(self._address.timeout_s):
                await self.slots.acquire()
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=False) from error
        try:
            await turn()
            async with asyncio.timeout(self._address.timeout_s):
                return await send()
        except TimeoutError as error:
            raise self._timed_out(may_have_landed=True) from error
        finally:
            self.slots.release()

    async def exchange(
        self,
        request: httpx.Request,
        access: Access,
        operation: str,
        *,
        note: Callable[[Mapping[str, str]], None] = _nothing_to_note,
        secrets: Collection[str] = (),
    ) -> Exchanged:
        """Send one request and read its answer; whoever calls holds a slot.

        Shape: `note` sees the headers as soon as they are there; `secrets` are words of the
        request that no error may repeat.
        Raises: VendorUnreachable, VendorAnswerUnreadable, and what a wrong setting raises.
        """

        def note_all(headers: Mapping[str, str]) -> None:
            self._note_clock(headers)
            note(headers)

        exchange = Exchange(
            access=access,
            operation=operation,
            vendor=self._vendor.name,
            limit_bytes=self._vendor.answer_limit_bytes,
            observer=self._around.observer,
            note=note_all,
            secrets=secrets,
        )
        # Whoever calls holds a slot, so there are as many wires.
        wire = self._free.pop() if self._free else self._open_wire()
        try:
            return await exchange.through(wire, request)
        finally:
            self._free.append(wire)

    async def wait_while(self, wait_s: Callable[[], float], *, patience_s: float) -> None:
        """Wait until the limits let a request leave.

        Raises: LimitReached when that takes longer than there is patience.
        """
        while (needed_s := wait_s()) > 0:
            if needed_s > patience_s:
                raise self.limit_reached(needed_s)
            patience_s -= needed_s
            await self._around.sleep(needed_s)

    def refuse_while_stopped(self, *buckets: str) -> None:
        """Let nothing leave that the vendor takes nothing of.

        Raises: LimitReached.
        """
        if (wait_s := self.limits.stopped_s(*buckets)) > 0:
            raise self.limit_reached(wait_s)

    def limit_reached(self, wait_s: float) -> LimitReached:
        """What says that nothing was sent, and when to try again."""
        retry_after_s = round(wait_s, 3)
        return LimitReached(vendor=self._vendor.name, status=_TOO_MANY, retry_after_s=retry_after_s)

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        wires, self._wires, self._free = self._wires, [], []
        for wire in wires:
            await wire.aclose()

    def _open_wire(self) -> VendorTransport:
        wire = self._around.transport or self._connection()
        self._wires.append(wire)
        return wire

    def _connection(self) -> VendorTransport:
        if self._certificates is None:
            self._certificates = self._trusted()
        return open_wire(self._certificates, self._address.url, connections=1)

    def _trusted(self) -> ssl.SSLContext:
        try:
            return shared_certificates(self._address.ca_file)
        except OSError as error:
            problem = f"can not be read: {error.strerror or error}"
            raise self._vendor.config_wrong(field="network.ca_file", problem=problem) from error

    def _pause_s(self, error: Retryable, attempts: int) -> float | None:
        """Seconds to wait before asking again; None when asking again is useless."""
        passing = self._vendor.passing
        if attempts == self._vendor.most_attempts:
            return None
        is_failing = isinstance(error, VendorFailing) and passing is not None
        if is_failing and error.fields.get("status") not in (passing or ()):
            return None
        return backoff_s(attempts, chance=self._around.chance()) + (error.retry_after_s or 0.0)

    def _note_clock(self, headers: Mapping[str, str]) -> None:
        told = header_date(headers.get("date", ""))
        if told is not None:
            self.clock_offset_s = (told - self._around.clock.now()).total_seconds()

    def _timed_out(self, *, may_have_landed: bool) -> VendorUnreachable:
        detail = f"no answer within {self._address.timeout_s:g} s"
        return VendorUnreachable(
            vendor=self._vendor.name, detail=detail, may_have_landed=may_have_landed
        )
