"""The only place that speaks HTTP to Slack: reads are retried, writes are sent once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from chargehand import __version__
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import (
    VENDOR,
    SlackConfigWrong,
    error_from_answer,
    error_from_status,
    unreadable,
)
from chargehand.connectors.slack.limits import limit_of_method
from chargehand.domain.json import JSONObject
from chargehand.kit.masked import MaskedText
from chargehand.kit.redact import redact_text
from chargehand.plugins.errors import VendorBusy
from chargehand.plugins.vendor_http import Access
from chargehand.plugins.vendor_line import Address, Surroundings, Vendor, VendorLine

T = TypeVar("T")
ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_READ_ATTEMPTS: Final = 4
_SLACK: Final = Vendor(
    VENDOR,
    SlackConfigWrong,
    MAX_READ_ATTEMPTS,
    passing=None,
    answer_limit_bytes=ANSWER_LIMIT_BYTES,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method of the Web API: `operation` says in words what it is for.

    Shape: a read sends `arguments` as a query, a write as JSON; `with_app_token` signs in as the
    app instead of its bot.
    """

    method: str
    operation: str
    arguments: JSONObject = field(default_factory=dict)
    with_app_token: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A consent of Slack: its body, and the scopes the token has."""

    body: bytes
    scopes: frozenset[str]


class _Verdict(msgspec.Struct, gc=False):
    """Whether Slack did what it was asked."""

    ok: bool = False
    error: str = ""
    needed: str = ""


def decode(body: bytes, answer: type[T], *, operation: str) -> T:
    """A JSON answer as `answer`.

    Raises: VendorAnswerUnreadable, naming the place but never the content.
    """
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        raise unreadable(operation, redact_text(str(error))) from error


class SlackTransport:
    """Sends requests of one connection, a few at a time, each within the time-out."""

    def __init__(self, config: SlackConfig, around: Surroundings) -> None:
        self._config = config
        address = Address(config.api_url, config.request_timeout_s, config.ca_file)
        self._line = VendorLine(_SLACK, address, around)

    @property
    def clock_offset_s(self) -> float | None:
        """How far Slack's clock is ahead of ours; None before its first answer."""
        return self._line.clock_offset_s

    async def read(self, call: Call, answer: type[T]) -> T:
        """What Slack tells, asked again after passing failures while the time-out lasts.

        Raises: the errors of plugins/errors.py.
        """
        found = await self.ask(call)
        return decode(found.body, answer, operation=call.operation)

    async def ask(self, call: Call) -> Answer:
        """The same with what the answer says of the token.

        Raises: the errors of plugins/errors.py.
        """

        async def attempt(_scope: asyncio.Timeout) -> Answer:
            async with self._line.slots:
                return await self._send(call, Access.READ)

        limit = limit_of_method(call.method)
        return await self._line.read(attempt, wait_s=lambda: self._line.limits.read_wait_s(limit))

    async def write(self, call: Call) -> bytes:
        """The body of Slack's consent, the request having been sent exactly once.

        Raises: the errors of plugins/errors.py; VendorUnreachable says whether it may have landed,
        LimitReached that it was not sent.
        """
        self._line.refuse_while_stopped(call.method)
        return (await self._line.write(lambda: self._send(call, Access.WRITE))).body

    async def aclose(self) -> None:
        """Close the connections; safe to call twice, and whoever calls again opens new ones."""
        await self._line.aclose()

    async def _send(self, call: Call, access: Access) -> Answer:
        found = await self._line.exchange(self._request(call, access), access, call.operation)
        try:
            return _judged(call, found.status, found.headers, found.body)
        except VendorBusy as error:
            self._line.limits.stop(call.method, after_s=error.retry_after_s or 0.0)
            raise

    def _request(self, call: Call, access: Access) -> httpx.Request:
        url = f"{self._config.api_url}/{call.method}"
        headers = self._headers_for(call)
        if access is Access.READ:
            query = urlencode({k: _in_query(v) for k, v in call.arguments.items()})
            url = f"{url}?{query}" if query else url
            return httpx.Request(
                "GET", url, headers=headers, extensions=self._line.extensions[access]
            )
        headers.append(("Content-Type", "application/json; charset=utf-8"))
        content = msgspec.json.encode(call.arguments)
        return httpx.Request(
            "POST", url, headers=headers, content=content, extensions=self._line.extensions[access]
        )

    def _headers_for(self, call: Call) -> list[tuple[str, str]]:
        token: MaskedText | None = self._config.bot_token
        if call.with_app_token:
            token = self._config.app_token
        if token is None:
            raise SlackConfigWrong(field="app_token", problem="is needed for Socket Mode")
        return [
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Authorization", f"Bearer {token.reveal()}"),
            ("User-Agent", f"chargehand/{__version__}"),
        ]


def _judged(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    failure = error_from_status(status, headers)
    if failure is not None:
        raise failure
    # Slack says no with a good status; whatever is no verdict of Slack comes from somebody else.
    verdict = decode(body, _Verdict, operation=call.operation)
    if not verdict.ok:
        raise error_from_answer(
            verdict.error, operation=call.operation, needed=verdict.needed, headers=headers
        )
    scopes = (one.strip() for one in headers.get("x-oauth-scopes", "").split(","))
    return Answer(body, frozenset(filter(None, scopes)))


def _in_query(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
