"""HTTP to this machine, without proxies and with JSON.

Fault
└── CallFailed  a request got no answer, or an answer that is none
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx

from chargehand.domain.errors import Fault

_TIMEOUT_S: Final = 15.0
_MOST_SHOWN: Final = 300


class CallFailed(Fault):
    """A request got no answer, or an answer that is none."""

    code = "call_failed"
    template = "{method} {url}: {detail}"


class Loopback:
    """One address on this machine, without proxies; answers are JSON."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        sign_in: tuple[str, str] | None = None,
    ) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url, headers=headers, auth=sign_in, trust_env=False, timeout=_TIMEOUT_S
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> object:
        """What GET answers.

        Raises: CallFailed.
        """
        return self._call("GET", path, query=query)

    def send(self, method: str, path: str, body: object) -> object:
        """What a request with a JSON body answers.

        Raises: CallFailed.
        """
        return self._call(method, path, body=body)

    def is_up(self, path: str) -> bool:
        """Whether GET answers 200 now."""
        try:
            return self._http.get(path).status_code == HTTPStatus.OK
        except httpx.TransportError:
            return False

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> object:
        try:
            response = self._http.request(method, path, params=query, json=body)
            found: object = response.json() if response.content else {}
        except (httpx.HTTPError, ValueError) as error:
            detail = f"{type(error).__name__}: {error}"
            raise CallFailed(method=method, url=f"{self.url}{path}", detail=detail) from error
        if response.is_success:
            return found
        detail = f"{response.status_code} {response.text[:_MOST_SHOWN]}"
        raise CallFailed(method=method, url=f"{self.url}{path}", detail=detail)
