"""The only place that speaks HTTP to GitHub: reads are retried, writes are sent once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urljoin

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
from chargehand.domain.json import JSONObject
from chargehand.kit.redact import redact_text
from chargehand.plugins.errors import VendorBusy, VendorFailing
from chargehand.plugins.limits import Limit
from chargehand.plugins.urls import same_host
from chargehand.plugins.vendor_http import Access, path_below
from chargehand.plugins.vendor_line import Address, Surroundings, Vendor, VendorLine

T = TypeVar("T")
ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 4
_GITHUB: Final = Vendor(
    VENDOR,
    GitHubConfigWrong,
    MAX_READ_ATTEMPTS,
    passing=None,
    answer_limit_bytes=ANSWER_LIMIT_BYTES,
)
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
    """A path of the REST API, everything quoted but the slash in a repository's name.

    Raises: TargetMissing for a part that would climb out of its place.
    """
    segments = [str(part) for part in parts]
    if segments[0] == "repos":
        segments[1:2] = segments[1].split("/")
    return path_below("", *segments, vendor=VENDOR)


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

    def __init__(self, config: GitHubConfig, around: Surroundings) -> None:
        self._config = config
        self._clock = around.clock
        address = Address(config.api_url, config.request_timeout_s, config.ca_file)
        self._line = VendorLine(_GITHUB, address, around)

    @property
    def clock_offset_s(self) -> float | None:
        """How far GitHub's clock is ahead of ours; None before its first answer."""
        return self._line.clock_offset_s

    async def read(self, call: Call, authorize: Authorize) -> Answer:
        """What GitHub tells, asked again after passing failures while the time-out lasts.

        A name that moved is followed, on the same host alone.
        Raises: the errors of plugins/errors.py.
        """

        async def attempt(_scope: asyncio.Timeout) -> Answer:
            # Signing in may be a read of its own, which needs a slot.
            header = await authorize()
            async with self._line.slots:
                return await self._follow(call, header)

        return await self._line.read(
            attempt, wait_s=lambda: self._line.limits.read_wait_s(Limit(CORE))
        )

    async def write(self, call: Call, authorize: Authorize) -> Answer:
        """GitHub's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        self._line.refuse_while_stopped(CORE)
        header, url = await authorize(), self._url_of(call)
        answer = await self._line.write(lambda: self._send(call, url, header, Access.WRITE))
        if isinstance(answer, str):
            # A redirect does nothing; to send the write elsewhere would be another one.
            raise RepositoryMoved(repository=call.target)
        return answer

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        await self._line.aclose()

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
        if not same_host(target, self._config.api_url):
            raise unreadable(call.operation, "it redirects to another host")
        return target

    async def _send(self, call: Call, url: str, header: str, access: Access) -> Answer | str:
        request = self._request(call, url, header, access)
        found = await self._line.exchange(request, access, call.operation)
        try:
            return self._judged(call, found.status, found.headers, found.body)
        except VendorBusy as error:
            self._line.limits.stop(CORE, after_s=error.retry_after_s or 0.0)
            raise

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
            call.method,
            url,
            headers=headers,
            content=content,
            extensions=self._line.extensions[access],
        )

    def _url_of(self, call: Call) -> str:
        if call.path.startswith(self._config.api_url + "/"):
            return call.path
        query = f"?{urlencode(call.query)}" if call.query else ""
        return f"{self._config.api_url}{call.path}{query}"


def _names(text: str) -> frozenset[str]:
    return frozenset(filter(None, (one.strip() for one in text.split(","))))
