"""Calls an address somebody named, at the one address the guard resolved it to, and nowhere else.

The name is never resolved again on the way, no proxy and no sign-in of ours is used, and every
redirect is judged like the first address.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from chargehand.plugins.urls import GuardedURL, URLGuard
from chargehand.plugins.vendor_http import bounded_body, unreachable

TIMEOUT_S: Final = 10.0
LARGEST_ANSWER: Final = 1024 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_VENDOR: Final = "The named address"


@dataclass(frozen=True, slots=True)
class GuardedAnswer:
    """What an address answered; `url` is where it stood after redirects."""

    status: int
    body: bytes
    url: str


async def fetch_guarded(
    url: str,
    *,
    guard: URLGuard,
    certificates: ssl.SSLContext,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> GuardedAnswer:
    """Read what stands at an address, in one time-out for all of it.

    Raises: AddressRefused, VendorUnreachable, VendorAnswerUnreadable for one larger than 1 MiB.
    """
    try:
        async with asyncio.timeout(timeout_s):
            at, hops = await guard.admit(url), 0
            while True:
                found = await _get(at, certificates, headers or {})
                if isinstance(found, GuardedAnswer):
                    return found
                at, hops = await guard.follow(at, found, hops=hops), hops + 1
    except TimeoutError as error:
        failure = httpx.ReadTimeout(f"no whole answer within {timeout_s:g} s")
        raise unreachable(failure, vendor=_VENDOR, may_have_landed=True) from error


async def post_guarded(
    url: str,
    body: bytes,
    *,
    guard: URLGuard,
    certificates: ssl.SSLContext,
    headers: Mapping[str, str],
    timeout_s: float = TIMEOUT_S,
) -> int:
    """Post a body to an address, in one time-out for all of it; the status of the answer.

    A redirect is an answer and is not followed: the post would become a GET somewhere else.
    Raises: AddressRefused, VendorUnreachable.
    """
    try:
        async with asyncio.timeout(timeout_s):
            at = await guard.admit(url)
            return await _post(_request("POST", at, headers, body), certificates)
    except TimeoutError as error:
        failure = httpx.ReadTimeout(f"no answer within {timeout_s:g} s")
        raise unreachable(failure, vendor=_VENDOR, may_have_landed=True) from error


async def _post(request: httpx.Request, certificates: ssl.SSLContext) -> int:
    try:
        async with httpx.AsyncHTTPTransport(verify=certificates) as wire:
            response = await wire.handle_async_request(request)
            # What it says beside the status is for nobody, so it is not read.
            await response.aclose()
            return response.status_code
    except httpx.TransportError as error:
        raise unreachable(error, vendor=_VENDOR, may_have_landed=True) from error


def _request(
    method: str, at: GuardedURL, headers: Mapping[str, str], body: bytes | None = None
) -> httpx.Request:
    named = httpx.URL(at.url)
    return httpx.Request(
        method,
        named.copy_with(host=at.address),
        headers={**headers, "Host": named.netloc.decode("ascii")},
        content=body,
        # The certificate has to be of the name, though an address is what is connected to.
        extensions={"sni_hostname": at.host},
    )


async def _get(
    at: GuardedURL, certificates: ssl.SSLContext, headers: Mapping[str, str]
) -> GuardedAnswer | str:
    """The answer, or where it redirects to."""
    request = _request("GET", at, headers)
    try:
        async with httpx.AsyncHTTPTransport(verify=certificates) as wire:
            response = await wire.handle_async_request(request)
            try:
                location = response.headers.get("location", "")
                if response.status_code in _REDIRECTS and location:
                    return str(location)
                body = await bounded_body(
                    response, limit_bytes=LARGEST_ANSWER, vendor=_VENDOR, operation="read it"
                )
                return GuardedAnswer(response.status_code, body, at.url)
            finally:
                await response.aclose()
    except httpx.TransportError as error:
        raise unreachable(error, vendor=_VENDOR, may_have_landed=True) from error
