"""A wire to the fake that holds every request and answer against GitHub's description."""

import httpx

from chargehand.testing.contracts import Contract, ContractTransport
from chargehand.testing.github import FakeGitHub
from chargehand.testing.github.app import API


class Described(httpx.AsyncBaseTransport):
    """Takes requests to api.github.com, whose paths the description has, to the fake."""

    def __init__(self, fake: FakeGitHub, contract: Contract | None) -> None:
        fake.site.base_url, fake.site.api_path = "https://api.github.com", ""
        moved: httpx.AsyncBaseTransport = _Moved(fake)
        self._inner = moved if contract is None else ContractTransport(moved, contract)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)


class _Moved(httpx.AsyncBaseTransport):
    """The fake has its API under a path, as GitHub has it on hosts of one's own."""

    def __init__(self, fake: FakeGitHub) -> None:
        self._inner = fake.transport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        url = request.url.copy_with(raw_path=(API + path).encode())
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                content=request.content,
                extensions=request.extensions,
            )
        )
