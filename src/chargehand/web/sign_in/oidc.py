"""`/sign-in/oidc`: to the provider and back, in one browser and once."""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chargehand.domain.sign_in import SignInMethod
from chargehand.kit.tolerant import decode_json
from chargehand.pipeline.provider_sign_in import NobodyVouchedFor, member_vouched_for
from chargehand.web.sign_in.provider import Provider, ProviderAway, ProviderRefused
from chargehand.web.sign_in.routes import SignInDoor, Work, guarded

_SEE_OTHER: Final = 303
_NAME: Final = "chargehand-oidc"
_LASTS_S: Final = 600
_BYTES: Final = 32
_LONGEST: Final = 4096
_CALLBACK: Final = "/sign-in/oidc/callback"
_PARTS: Final = 3
_NOT_BEGUN: Final = "this browser did not begin it, or too long ago"


@dataclass(frozen=True, slots=True)
class OIDCDoor:
    """The way by a provider; `public_url` is where browsers reach this server, empty if unsaid."""

    door: SignInDoor
    provider: Provider
    public_url: str = ""

    async def leave(self, request: Request) -> Response:
        """Send the browser to the provider, with what it has to bring back."""
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        address = await self.provider.address(
            redirect_uri=self._callback(request), state=state, nonce=nonce, verifier=verifier
        )
        response = RedirectResponse(address, status_code=_SEE_OTHER)
        kept = json.dumps([state, nonce, verifier]).encode()
        response.set_cookie(
            self._cookie,
            base64.urlsafe_b64encode(kept).decode(),
            max_age=_LASTS_S,
            path="/",
            secure=self.door.cookie.is_secure,
            httponly=True,
            # The way back is a link from another site, which `strict` would keep the cookie from.
            samesite="lax",
        )
        response.headers["cache-control"] = "no-store"
        return response

    async def come_back(self, request: Request) -> Response:
        """Let in whom the provider vouches for, if this browser went there."""
        response = await self._outcome(request)
        response.delete_cookie(
            self._cookie,
            path="/",
            secure=self.door.cookie.is_secure,
            httponly=True,
            samesite="lax",
        )
        return response

    async def _outcome(self, request: Request) -> Response:
        door, now = self.door, self.door.clock.now()
        try:
            door.passwords.count_address(request, now)
            state, nonce, verifier = self._kept(request)
            code = _code_in(request, state)
            found = await self.provider.signed_in(
                code,
                redirect_uri=self._callback(request),
                nonce=nonce,
                verifier=verifier,
                issuer=request.query_params.get("iss"),
            )
            member = await door.database.awrite(
                lambda tx: member_vouched_for(
                    tx,
                    found.issuer,
                    found.subject,
                    email=found.email,
                    roles=found.roles,
                    now=now,
                )
            )
        except REFUSED as error:
            return door.refused(request, error)
        return await door.let_in(request, member.id, SignInMethod.OIDC)

    def _kept(self, request: Request) -> tuple[str, str, str]:
        found = request.cookies.get(self._cookie, "")[:_LONGEST]
        try:
            kept = decode_json(base64.urlsafe_b64decode(found.encode()))
        except ValueError as error:
            raise ProviderRefused(reason=_NOT_BEGUN) from error
        if not isinstance(kept, list) or len(kept) != _PARTS:
            raise ProviderRefused(reason=_NOT_BEGUN)
        state, nonce, verifier = kept
        if not all(isinstance(one, str) and len(one) >= _BYTES for one in (state, nonce, verifier)):
            raise ProviderRefused(reason="this browser did not begin it")
        return state, nonce, verifier

    @property
    def _cookie(self) -> str:
        return f"__Host-{_NAME}" if self.door.cookie.is_secure else _NAME

    def _callback(self, request: Request) -> str:
        here = self.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
        return here + _CALLBACK


REFUSED: Final = (ProviderAway, ProviderRefused, NobodyVouchedFor)


def oidc_routes(way: OIDCDoor) -> list[Route]:
    """The addresses of signing in by a provider."""

    async def leave(request: Request) -> Response:
        try:
            return await way.leave(request)
        except REFUSED as error:
            return way.door.refused(request, error)

    works: tuple[tuple[str, Work], ...] = (
        ("/sign-in/oidc", leave),
        (_CALLBACK, way.come_back),
    )
    return [Route(path, guarded(way.door, work), methods=["GET"]) for path, work in works]


def _code_in(request: Request, state: str) -> str:
    """The code of an answer that belongs to this try."""
    query = request.query_params
    shown = query.get("state", "")
    if not hmac.compare_digest(shown.encode("utf-8", "replace"), state.encode("utf-8", "replace")):
        raise ProviderRefused(reason="the answer belongs to another try")
    if "error" in query:
        # What the provider says may be written by whoever made the link, so it is not repeated.
        raise ProviderRefused(reason="the provider did not let you in")
    code = query.get("code", "")
    if not 0 < len(code) <= _LONGEST:
        raise ProviderRefused(reason="the answer holds no code")
    return code
