"""What the connector asks GitHub through: the transport with the sign-in, list after list."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from chargehand.connectors.github.answers import TokenAnswer, github_time
from chargehand.connectors.github.config import GitHubConfig
from chargehand.connectors.github.errors import GitHubConfigWrong, GitHubSignInRefused, unreadable
from chargehand.connectors.github.transport import (
    Answer,
    Call,
    GitHubTransport,
    convert,
    path_of,
)
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import Clock
from chargehand.plugins.errors import TargetMissing

MOST_PAGES: Final = 200
PER_PAGE: Final = 100
# GitHub's clock may be behind ours, and takes no longer time than ten minutes.
_BEFORE: Final = timedelta(minutes=1)
_LASTS: Final = timedelta(minutes=8)
# A token that has less left is not begun with.
_SPARE: Final = timedelta(minutes=5)
_SIGNING: Final = "sign in as the App"


class GitHubAPI:
    """One signed-in connection; every method raises the errors of plugins/errors.py."""

    def __init__(self, config: GitHubConfig, transport: GitHubTransport, clock: Clock) -> None:
        self.config = config
        self.transport = transport
        self.clock = clock
        self._token = ""
        self._good_until: datetime | None = None
        self._fetching = asyncio.Lock()

    async def get(self, call: Call) -> Answer:
        """One answer; a token that was taken back is replaced once."""
        try:
            return await self.transport.read(call, self._authorization)
        except GitHubSignInRefused:
            if self.config.app is None or not self._token:
                raise
            self._token = ""
            return await self.transport.read(call, self._authorization)

    async def get_as_app(self, call: Call) -> Answer:
        """One answer to the App itself, which no installation's token gets."""
        return await self.transport.read(call, self._app_authorization)

    async def send(self, call: Call) -> Answer:
        """The consent to one write."""
        return await self.transport.write(call, self._authorization)

    async def pages(self, call: Call, *, most: int = MOST_PAGES) -> AsyncIterator[Answer]:
        """The pages of a list, one after the other, to its end or the most that are wanted.

        Shape: one answer that is not new, where GitHub says that nothing changed.
        """
        query = {**call.query, "per_page": call.query.get("per_page", str(PER_PAGE))}
        next_call: Call | None = replace(call, query=query)
        for _ in range(most):
            if next_call is None:
                return
            answer = await self.get(next_call)
            yield answer
            if answer.next_url is None:
                return
            self._require_ours(answer.next_url, call)
            next_call = replace(call, path=answer.next_url, query={}, etag="")

    async def items(self, call: Call, *, most: int = MOST_PAGES, inside: str = "") -> list[Any]:
        """Everything in a list; `inside` is the field that holds it."""
        found: list[Any] = []
        async for page in self.pages(call, most=most):
            data = page.data
            if inside:
                data = data.get(inside) if isinstance(data, Mapping) else None
            if not isinstance(data, list):
                raise unreadable(call.operation, "it is no list")
            found.extend(data)
        return found

    def _require_ours(self, url: str, call: Call) -> None:
        if not url.startswith(self.config.api_url + "/"):
            raise unreadable(call.operation, "its next page is on another host")

    async def _authorization(self) -> str:
        if self.config.token is not None:
            return f"Bearer {self.config.token.reveal()}"
        async with self._fetching:
            now = self.clock.now()
            if not self._token or self._good_until is None or now >= self._good_until:
                await self._fetch_token()
        return f"Bearer {self._token}"

    async def _app_authorization(self) -> str:
        app = self.config.app
        if app is None:
            raise GitHubConfigWrong(field="app_id", problem="is needed to sign in as the App")
        offset = timedelta(seconds=self.transport.clock_offset_s or 0.0)
        now = self.clock.now() + offset
        claims = {
            "iat": int((now - _BEFORE).timestamp()),
            "exp": int((now + _LASTS).timestamp()),
            "iss": app.app_id,
        }
        try:
            signed = jwt.encode(claims, app.private_key.reveal(), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            problem = "can not be read as a private key"
            raise GitHubConfigWrong(field="private_key", problem=problem) from error
        return f"Bearer {signed}"

    async def _fetch_token(self) -> None:
        """Have GitHub make a token of the installation; it lasts an hour, and changes nothing."""
        app = self.config.app
        if app is None:
            raise AssertionError
        path = path_of("app", "installations", app.installation_id, "access_tokens")
        call = Call("POST", path, _SIGNING, "the App's installation", body=_NO_WISHES)
        try:
            answer = await self.transport.read(call, self._app_authorization)
        except TargetMissing as error:
            detail = "the App is not installed there any more (HTTP 404)"
            raise GitHubSignInRefused(detail=detail) from error
        told = convert(answer.data, TokenAnswer, operation=_SIGNING)
        self._token = told.token
        self._good_until = github_time(told.expires_at, operation=_SIGNING) - _SPARE


_NO_WISHES: Final[JSONObject] = {}
