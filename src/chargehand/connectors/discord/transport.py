"""The only place that speaks HTTP to Discord: reads are retried, writes are sent once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TypeVar
from urllib.parse import urlencode

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
from chargehand.domain.json import JSONValue
from chargehand.kit.tolerant import decode_json
from chargehand.plugins.errors import VendorAnswerUnreadable, VendorBusy
from chargehand.plugins.vendor_http import Access, path_below, remaining_s
from chargehand.plugins.vendor_line import (
    PASSING_STATUSES,
    Address,
    Surroundings,
    Vendor,
    VendorLine,
)

T = TypeVar("T")
ANSWER_LIMIT_BYTES: Final = 8 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 5
# A write waits this long for its turn; longer waits are the engine's, which survives them.
_PATIENCE_S: Final = 2.0
_DISCORD: Final = Vendor(
    VENDOR,
    DiscordConfigWrong,
    MAX_READ_ATTEMPTS,
    passing=frozenset({*PASSING_STATUSES, 500}),
    answer_limit_bytes=ANSWER_LIMIT_BYTES,
)


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
    return path_below("", *segments, vendor=VENDOR, safe="@")


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
        around: Surroundings,
        *,
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        self._config = config
        self._now_s = now_s
        self._buckets = Buckets()
        address = Address(config.api_url, config.request_timeout_s, config.ca_file)
        self._line = VendorLine(_DISCORD, address, around)

    @property
    def clock_offset_s(self) -> float | None:
        """How far Discord's clock is ahead of ours; None before its first answer."""
        return self._line.clock_offset_s

    async def read(self, call: Call, answer: type[T]) -> T:
        """What Discord tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py and of errors.py.
        """

        async def attempt(scope: asyncio.Timeout) -> T:
            async with self._line.slots:
                await self._take_turn(call, patience_s=remaining_s(scope))
                body = await self._send(call, Access.READ)
            return decode(body, answer, operation=call.operation)

        return await self._line.read(attempt, wait_s=lambda: self._stopped_s(call))

    async def write(self, call: Call) -> bytes:
        """The body of Discord's consent, the request having been sent exactly once.

        Raises: as `read`; VendorUnreachable says whether it may have landed, and VendorBusy with
        the status 429 that it did not.
        """
        await self._line.wait_while(lambda: self._stopped_s(call), patience_s=_PATIENCE_S)
        return await self._line.write(
            lambda: self._send(call, Access.WRITE),
            turn=lambda: self._take_turn(call, patience_s=_PATIENCE_S),
        )

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        await self._line.aclose()

    def _stopped_s(self, call: Call) -> float:
        """Seconds until what stops every worker is over."""
        # What an interaction's token proves does not count against what the bot may do as a whole.
        buckets = (call.route,) if call.secret else (EVERYTHING, call.route)
        return self._line.limits.stopped_s(*buckets)

    async def _take_turn(self, call: Call, *, patience_s: float) -> None:
        """Wait until the limits let a request leave.

        Raises: LimitReached when that takes longer than there is patience.
        """
        await self._line.wait_while(lambda: self._wait_for_turn_s(call), patience_s=patience_s)
        self._buckets.leave(call.route, now_s=self._now_s())

    def _wait_for_turn_s(self, call: Call) -> float:
        now_s, callers = self._now_s(), self._line.limits.callers
        if call.secret:
            return self._buckets.route_wait_s(call.route, now_s=now_s)
        return self._buckets.wait_s(call.route, now_s=now_s, callers=callers)

    async def _send(self, call: Call, access: Access) -> bytes:
        found = await self._line.exchange(
            self._request(call, access),
            access,
            call.operation,
            note=lambda headers: self._note(headers, call),
            secrets=[call.secret],
        )
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
            self._line.limits.stop(EVERYTHING if is_global else call.route, after_s=after_s)
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
            extensions=self._line.extensions[access],
        )

    def _note(self, headers: Mapping[str, str], call: Call) -> None:
        used_up_s = self._buckets.note(call.route, headers, now_s=self._now_s())
        if used_up_s > 0:
            self._line.limits.stop(call.route, after_s=used_up_s)
