"""The only place that speaks HTTP to Confluence: reads are retried, writes are sent once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

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
from chargehand.connectors.confluence.scopes import scope_of
from chargehand.domain.json import JSONValue
from chargehand.kit.tolerant import Fields, decode_json
from chargehand.plugins.errors import VendorAnswerUnreadable, VendorBusy
from chargehand.plugins.vendor_http import Access, path_below
from chargehand.plugins.vendor_line import Address, Surroundings, Vendor, VendorLine

ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 5
V1: Final = "/rest/api"
V2: Final = "/api/v2"
_CONFLUENCE: Final = Vendor(
    VENDOR,
    ConfluenceConfigWrong,
    MAX_READ_ATTEMPTS,
    connections=4,
    answer_limit_bytes=ANSWER_LIMIT_BYTES,
)


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
    return path_below(root, *segments, vendor=VENDOR)


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

    def __init__(self, config: ConfluenceConfig, around: Surroundings) -> None:
        self._config = config
        address = Address(config.api_url, config.request_timeout_s, config.ca_file)
        self._line = VendorLine(_CONFLUENCE, address, around)

    @property
    def clock_offset_s(self) -> float | None:
        """How far Confluence's clock is ahead of ours; None before its first answer."""
        return self._line.clock_offset_s

    async def read(self, call: Call) -> Fields:
        """What Confluence tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py.
        """

        async def attempt(_scope: asyncio.Timeout) -> Fields:
            async with self._line.slots:
                body = await self._send(call, Access.READ)
            return decode(body, operation=call.operation)

        return await self._line.read(
            attempt, wait_s=lambda: self._line.limits.stopped_s(EVERYTHING)
        )

    async def write(self, call: Call) -> bytes:
        """The body of Confluence's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        self._line.refuse_while_stopped(EVERYTHING)
        return await self._line.write(lambda: self._send(call, Access.WRITE))

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        await self._line.aclose()

    async def _send(self, call: Call, access: Access) -> bytes:
        found = await self._line.exchange(self._request(call, access), access, call.operation)
        if is_success(found.status):
            return found.body
        failure = error_from_answer(
            found.status,
            found.headers,
            body=found.body,
            operation=call.operation,
            target=call.target,
            scope=scope_of(call.method, call.path),
        )
        if isinstance(failure, VendorBusy):
            self._line.limits.stop(EVERYTHING, after_s=failure.retry_after_s or 0.0)
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
            extensions=self._line.extensions[access],
        )
