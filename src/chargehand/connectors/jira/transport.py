"""The only place that speaks HTTP to Jira: reads are retried, writes are sent once."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

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
from chargehand.domain.json import JSONValue
from chargehand.kit.redact import redact_text
from chargehand.plugins.errors import VendorAnswerUnreadable, VendorBusy
from chargehand.plugins.vendor_http import Access, path_below
from chargehand.plugins.vendor_line import Address, Surroundings, Vendor, VendorLine

T = TypeVar("T")
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024
MAX_READ_ATTEMPTS = 5
_JSON_CONTENT = ("Content-Type", "application/json")
_JIRA = Vendor(VENDOR, JiraConfigWrong, MAX_READ_ATTEMPTS, answer_limit_bytes=ANSWER_LIMIT_BYTES)


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
    return path_below(root, *segments, vendor=VENDOR)


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

    def __init__(self, config: JiraConfig, around: Surroundings) -> None:
        self._config = config
        self._headers = _headers_of(config)
        address = Address(config.api_url, config.request_timeout_s, config.ca_file)
        self._line = VendorLine(_JIRA, address, around)

    @property
    def clock_offset_s(self) -> float | None:
        """How far Jira's clock is ahead of ours; None before its first answer."""
        return self._line.clock_offset_s

    async def read(self, call: Call, answer: type[T]) -> T:
        """What Jira tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py.
        """

        async def attempt(_scope: asyncio.Timeout) -> T:
            async with self._line.slots:
                body = await self._send(call, Access.READ)
            return decode(body, answer, operation=call.operation)

        return await self._line.read(
            attempt, wait_s=lambda: self._line.limits.stopped_s(EVERYTHING)
        )

    async def write(self, call: Call) -> bytes:
        """The body of Jira's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        self._line.refuse_while_stopped(*buckets_of_write(call.path))
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
            scope=needed_scope(call.method, call.path),
        )
        if isinstance(failure, VendorBusy):
            bucket = stopped_bucket(call.path, found.headers)
            self._line.limits.stop(bucket, after_s=failure.retry_after_s or 0.0)
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
            extensions=self._line.extensions[access],
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
