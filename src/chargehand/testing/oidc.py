"""A small OpenID provider for tests: discovery, keys, the authorization page, codes and tokens.

It is handed to a client as its wire, so nothing leaves the process. `visit` is what a person does
at the provider: it takes the address the browser was sent to, and gives the one it is sent back to.

Source: OpenID Connect Core 1.0, RFC 7636, 2026-11-27
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

from chargehand.kit.clock import Clock

ISSUER: Final = "https://login.example.com/realms/acme"
_LASTS_S: Final = 300


@dataclass(slots=True)
class _Grant:
    """What a code stands for, once."""

    redirect_uri: str
    nonce: str
    challenge: str


@dataclass(slots=True)
class FakeOIDC(httpx.AsyncBaseTransport):
    """One provider with one client, and whoever signs in there next.

    Shape: `person` are the claims of whoever signs in; `overrides` are put over every claim of the
    token, None takes one away; `signs_with` is another way to sign, for tokens nobody should take;
    `asked` are the paths that were called, in order; `failing` answers everything with a status.
    """

    clock: Clock
    issuer: str = ISSUER
    client_id: str = "chargehand"
    client_secret: str = "s3cr3t & more"  # noqa: S105 - it opens nothing.
    person: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    signs_with: tuple[str, Any] | None = None
    failing: int | None = None
    asked: list[str] = field(default_factory=list)
    _keys: dict[str, EllipticCurvePrivateKey] = field(default_factory=dict)
    _codes: dict[str, _Grant] = field(default_factory=dict)
    _issued: int = 0

    def __post_init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """Sign by a fresh key from now on, and show no other."""
        self._keys = {f"key-{len(self.asked)}-{id(self)}-{self._issued}": _fresh_key()}
        self._issued += 1

    def visit(self, address: str, **answer: str) -> str:
        """Sign in at the provider; the address the browser is sent back to.

        Raises: ValueError for a request a provider would not serve.
        """
        split = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        wanted = {
            "response_type": "code",
            "client_id": self.client_id,
            "code_challenge_method": "S256",
        }
        wrong = {name for name, value in wanted.items() if query.get(name) != value}
        missing = {"state", "nonce", "code_challenge", "redirect_uri"} - query.keys()
        if wrong or missing or "openid" not in query.get("scope", "").split():
            message = f"not served: {sorted(wrong | missing)}"
            raise ValueError(message)
        code = f"code-{self._issued}"
        self._issued += 1
        self._codes[code] = _Grant(query["redirect_uri"], query["nonce"], query["code_challenge"])
        back = {"code": code, "state": query["state"], "iss": self.issuer, **answer}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request of the client."""
        await request.aread()
        path = request.url.path
        self.asked.append(path)
        if self.failing is not None:
            return httpx.Response(self.failing, text="<html>down</html>")
        if path.endswith("/.well-known/openid-configuration"):
            return httpx.Response(200, json={**self._described(), **self.discovery})
        if path.endswith("/keys"):
            return httpx.Response(200, json={"keys": [_shown(k, v) for k, v in self._keys.items()]})
        if path.endswith("/token") and request.method == "POST":
            return self._token(request)
        return httpx.Response(404, json={"error": "not_found"})

    def _described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if not self._is_client(request.headers):
            return httpx.Response(401, json={"error": "invalid_client"})
        grant = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = (
            grant is not None
            and form.get("grant_type") == "authorization_code"
            and grant.redirect_uri == form.get("redirect_uri")
            and grant.challenge == challenge
        )
        if grant is None or not is_right:
            return httpx.Response(400, json={"error": "invalid_grant"})
        token = self._signed(grant.nonce)
        return httpx.Response(200, json={"token_type": "Bearer", "id_token": token})

    def _is_client(self, headers: Mapping[str, str]) -> bool:
        kind, _, pair = headers.get("authorization", "").partition(" ")
        if kind != "Basic":
            return False
        name, _, secret = base64.b64decode(pair).decode().partition(":")
        return (unquote(name), unquote(secret)) == (self.client_id, self.client_secret)

    def _signed(self, nonce: str) -> str:
        now = int(self.clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + _LASTS_S,
            "nonce": nonce,
            "sub": "248289761001",
            **self.person,
            **self.overrides,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        kid, key = next(iter(self._keys.items()))
        algorithm, signing = self.signs_with or ("ES256", key)
        return jwt.encode(kept, signing, algorithm=algorithm, headers={"kid": kid})


def _fresh_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def _shown(kid: str, key: EllipticCurvePrivateKey) -> dict[str, Any]:
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return {**public, "kid": kid, "use": "sig", "alg": "ES256"}
