"""The only place that speaks HTTP to Bitbucket: reads are retried, writes are sent once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

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
from chargehand.domain.json import JSONValue
from chargehand.kit.tolerant import Fields, decode_json, list_in
from chargehand.plugins.errors import VendorBusy
from chargehand.plugins.urls import same_host
from chargehand.plugins.vendor_http import Access, path_below
from chargehand.plugins.vendor_line import Address, Surroundings, Vendor, VendorLine

ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 4
MOST_PAGES: Final = 500
_LED_ON: Final = 302
_JSON_CONTENT: Final = ("Content-Type", "application/json")
_BITBUCKET: Final = Vendor(
    VENDOR, BitbucketConfigWrong, MAX_READ_ATTEMPTS, answer_limit_bytes=ANSWER_LIMIT_BYTES
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` says in words what it is for, `target` what it is about.

    Shape: `path` is below the connection's API and already quoted (`path_of`); `is_led_on` says
    that Bitbucket answers it with the address of what is asked for, which is followed once.
    """

    method: str
    path: str
    operation: str
    target: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: JSONValue = None
    is_led_on: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A consent of Bitbucket: its body, and the headers in lower case."""

    body: bytes
    headers: Mapping[str, str]


def path_of(*segments: str) -> str:
    """A path, each segment quoted.

    Raises: TargetMissing for a segment that would climb out of its place.
    """
    return path_below("", *segments, vendor=VENDOR, safe="{}")


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

    def __init__(self, config: BitbucketConfig, around: Surroundings) -> None:
        self._config = config
        address = Address(config.api_url, config.request_timeout_s, config.ca_file)
        self._line = VendorLine(_BITBUCKET, address, around)

    @property
    def clock_offset_s(self) -> float | None:
        """How far Bitbucket's clock is ahead of ours; None before its first answer."""
        return self._line.clock_offset_s

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

        async def attempt(_scope: asyncio.Timeout) -> Answer:
            async with self._line.slots:
                return await self._send(call, Access.READ)

        return await self._line.read(
            attempt, wait_s=lambda: self._line.limits.stopped_s(EVERYTHING)
        )

    async def write(self, call: Call) -> bytes:
        """The body of Bitbucket's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        self._line.refuse_while_stopped(EVERYTHING)
        return (await self._line.write(lambda: self._send(call, Access.WRITE))).body

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        await self._line.aclose()

    def _next_of(self, call: Call, found: Fields) -> Call | None:
        if not self._config.is_cloud:
            start = found.get("nextPageStart")
            if found.get("isLastPage") is not False or not isinstance(start, int):
                return None
            return replace(call, query={**call.query, "start": start})
        address = found.get("next")
        if not isinstance(address, str) or not address:
            return None
        return self._at(call, address)

    def _at(self, call: Call, address: str) -> Call:
        # The sign-in goes with it, so it must lead to where the first answer came from.
        where, has_query, query = address.partition("#")[0].partition("?")
        root = urlsplit(self._config.api_url).path
        path = urlsplit(where).path
        if not same_host(where, self._config.api_url) or not path.startswith(f"{root}/"):
            raise unreadable(call.operation, "it goes on at another address")
        return replace(call, path=f"{path[len(root) :]}{has_query}{query}", query={})

    async def _send(self, call: Call, access: Access) -> Answer:
        found = await self._line.exchange(self._request(call, access), access, call.operation)
        if is_success(found.status):
            return Answer(found.body, found.headers)
        if call.is_led_on and found.status == _LED_ON:
            address = urljoin(f"{self._config.api_url}/", found.headers.get("location", ""))
            following = replace(self._at(call, address), is_led_on=False)
            return await self._send(following, access)
        failure = error_from_answer(
            found.status,
            found.headers,
            body=found.body,
            operation=call.operation,
            target=call.target,
        )
        if isinstance(failure, VendorBusy):
            self._line.limits.stop(EVERYTHING, after_s=failure.retry_after_s or 0.0)
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
            extensions=self._line.extensions[access],
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
