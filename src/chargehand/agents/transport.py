"""The wire to a model's server: nothing leaves unpaid, and nothing endless comes back."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2

from chargehand.agents.config import ProviderConfig, RunLimits
from chargehand.agents.purse import PURSE, Fate, Purse, UnpaidRequest
from chargehand.kit.trust import trusted_certificates

_CONNECT_S: Final = 10.0
_IDENTITY: Final = "identity"


def open_http_client(config: ProviderConfig, limits: RunLimits) -> "PaidClient":
    """A client for one server.

    For a server nearby the environment's proxies count for nothing; for others companies need them.
    """
    return PaidClient(
        answer_bytes=limits.answer_bytes,
        timeout=httpx2.Timeout(config.idle_s, connect=min(_CONNECT_S, config.idle_s)),
        trust_env=not config.is_local,
        verify=trusted_certificates(config.ca_file),
        # What is packed could be small on the wire and endless in memory.
        headers={"accept-encoding": _IDENTITY},
    )


class PaidClient(httpx2.AsyncClient):
    """Sends a request only with a purse, follows no redirect, and reads no endless answer.

    A redirect could lead texts to a place nobody consented to.
    """

    def __init__(self, *, answer_bytes: int, **how: Any) -> None:
        super().__init__(follow_redirects=False, **how)
        self._answer_bytes = answer_bytes

    async def send(
        self, request: httpx2.Request, *, stream: bool = False, **how: Any
    ) -> httpx2.Response:
        """Pay for one request, send it, and hand its bounded answer back.

        Raises: UnpaidRequest and what the budget raises, before anything left; httpx2's errors.
        """
        purse = PURSE.get()
        if purse is None:
            raise UnpaidRequest(why="nobody reserved money for it")
        await purse.pay(await request.aread())
        try:
            response = await super().send(
                request, stream=True, **{**how, "follow_redirects": False}
            )
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            purse.fate = Fate.NOT_SENT
            raise
        purse.status = response.status_code
        purse.retry_after_s = _seconds(response.headers.get("retry-after", ""))
        if response.headers.get("content-encoding", _IDENTITY) != _IDENTITY:
            await response.aclose()
            message = "the answer is packed, which was not asked for"
            raise httpx2.DecodingError(message, request=request)
        response.stream = _Bounded(response.stream, purse, self._answer_bytes)
        if not stream:
            await response.aread()
        return response


class _Bounded(httpx2.AsyncByteStream):
    """Passes a body on until it is larger than any honest one."""

    def __init__(self, inner: Any, purse: Purse, limit_bytes: int) -> None:
        self._inner = inner
        self._purse = purse
        self._left_bytes = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left_bytes -= len(chunk)
            if self._left_bytes < 0:
                self._purse.is_too_large = True
                message = "the answer does not end"
                raise httpx2.ReadError(message)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def _seconds(text: str) -> float | None:
    return float(text) if text.isdigit() else None
